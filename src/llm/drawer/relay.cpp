// The predecessor's relay: one POST of a JSON object to the root, one JSON list of replies, no stream.
#include "llm/failures.h"
#include "llm/provider_table.h"
#include "llm/traits.h"

namespace ka::llm_drawer {
namespace {

class Reader : public ReplyReader {
 public:
  std::optional<CallResult> read_event(const ServerEvent&) override {
    return tl::unexpected(transient("the relay sent a stream, which it never does"));
  }

  std::optional<CallResult> read_document(const Json& document) override {
    const Json* first = document.is_array() && !document.empty() ? &document.front() : nullptr;
    const Json* output = first != nullptr ? find(*first, "output") : nullptr;
    if (output == nullptr || !output->is_string())
      return tl::unexpected(transient("the relay sent something else than a list of replies with an \"output\""));
    reply_.text = output->get<std::string>();
    reply_.finish = "stop";
    complete_ = true;
    return std::nullopt;
  }
};

class RelayDialect : public Dialect {
 public:
  std::string path() const override { return "/"; }
  std::string probe_path() const override { return "/"; }
  std::vector<std::string> headers(const Secret&) const override { return {}; }

  /// The relay's models are of several vendors: what a name tells of the limits is used, the rest is the relay's matter.
  Json body(const ModelRequest& request) const override {
    const ModelTraits traits =
        request.model.starts_with("claude") ? anthropic_traits(request.model) : openai_traits(request.model);
    Json json;
    json["messages"] = Json::array();
    for (const Message& message : request.messages)
      json["messages"].push_back({{"role", name(message.speaker)}, {"content", message.text}});
    json["model"] = request.model;
    if (const auto temperature = temperature_for(request, traits)) json["temperature"] = *temperature;
    if (const int64_t limit = output_limit_for(request, traits); limit > 0) json["max_tokens"] = limit;
    json["n"] = 1;
    if (!request.reasoning.empty()) json["reasoning"] = {{"effort", request.reasoning}};
    return json;
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }
};

}  // namespace

void relay(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "relay";
  row.meaning = "the relay at LLM_RELAY_URL, as KernelAgent's first version used it: relay/gpt-5";
  row.url_variable = "LLM_RELAY_URL";
  row.timeout_variable = "LLM_RELAY_TIMEOUT_S";
  row.needs_url = true;
  row.dialect = std::make_shared<RelayDialect>();
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
