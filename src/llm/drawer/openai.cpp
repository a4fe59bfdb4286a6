// OpenAI's Responses API, streamed.
#include "llm/failures.h"
#include "llm/provider_table.h"
#include "llm/traits.h"

namespace ka::llm_drawer {
namespace {

Usage usage_of(const Json& response) {
  Usage usage;
  const Json* said = find(response, "usage");
  if (said == nullptr || !said->is_object()) return usage;
  usage.reported = true;
  usage.input = int_or(*said, "input_tokens");
  usage.output = int_or(*said, "output_tokens");
  if (const Json* details = find(*said, "input_tokens_details")) usage.cached = int_or(*details, "cached_tokens");
  return usage;
}

class Reader : public ReplyReader {
 public:
  std::optional<CallResult> read_event(const ServerEvent& event) override {
    if (event.data == "[DONE]") return std::nullopt;
    auto json = parse_event(event);
    if (!json) return tl::unexpected(std::move(json.error()));
    const std::string type = string_or(*json, "type", event.name);
    if (type == "response.output_text.delta") reply_.text += string_or(*json, "delta");
    const Json* response = find(*json, "response");
    if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      if (response == nullptr) return tl::unexpected(transient("the service sent an event that makes no sense"));
      return read_document(*response);
    }
    if (type == "error") {
      const Json* error = find(*json, "error");
      return meaning_of_error(error != nullptr && error->is_object() ? *error : *json);
    }
    return std::nullopt;
  }

  std::optional<CallResult> read_document(const Json& response) override {
    reply_.usage = usage_of(response);
    reply_.model = string_or(response, "model");
    if (const Json* error = find(response, "error"); error != nullptr && error->is_object()) {
      CallResult meaning = meaning_of_error(*error);
      if (meaning) meaning->usage = reply_.usage;
      if (!meaning) meaning.error().usage = reply_.usage;
      return meaning;
    }
    const Json* output = find(response, "output");
    if (output == nullptr || !output->is_array()) return tl::unexpected(transient("the service sent a reply without output"));
    const bool refused = read_output(*output);
    reply_.finish = refused ? "refusal" : "stop";
    if (string_or(response, "status") == "incomplete") {
      const Json* details = find(response, "incomplete_details");
      const std::string reason = details != nullptr ? string_or(*details, "reason") : "";
      reply_.finish = reason == "content_filter" ? "refusal" : "length";
    }
    complete_ = true;
    return std::nullopt;
  }

 private:
  /// Takes the text of the finished output, which replaces the pieces; says whether the model refused.
  bool read_output(const Json& output) {
    std::string text, refusal;
    for (const Json& item : output) {
      const Json* content = find(item, "content");
      if (string_or(item, "type") != "message" || content == nullptr || !content->is_array()) continue;
      for (const Json& part : *content) {
        text += string_or(part, "text");
        refusal += string_or(part, "refusal");
      }
    }
    if (!text.empty()) reply_.text = text;
    if (!refusal.empty()) reply_.text = refusal;
    return !refusal.empty();
  }
};

class Responses : public Dialect {
 public:
  std::string path() const override { return "/responses"; }

  std::vector<std::string> headers(const Secret& key) const override {
    if (key.empty()) return {};
    return {"Authorization: Bearer " + key.reveal()};
  }

  Json body(const ModelRequest& request) const override {
    const ModelTraits traits = openai_traits(request.model);
    Json json;
    json["model"] = request.model;
    std::string instructions;
    Json input = Json::array();
    for (const Message& message : request.messages) {
      if (message.speaker == Speaker::kSystem) {
        instructions += (instructions.empty() ? "" : "\n\n") + message.text;
      } else {
        input.push_back({{"role", name(message.speaker)}, {"content", message.text}});
      }
    }
    if (!instructions.empty()) json["instructions"] = instructions;
    json["input"] = std::move(input);
    if (request.max_tokens > 0) json["max_output_tokens"] = output_limit_for(request, traits);
    if (const auto temperature = temperature_for(request, traits)) json["temperature"] = *temperature;
    if (traits.reasoning == ModelTraits::Reasoning::kEffort && !request.reasoning.empty())
      json["reasoning"] = {{"effort", request.reasoning}};
    json["stream"] = true;
    json["store"] = false;
    return json;
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }
};

}  // namespace

void openai(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "openai";
  row.meaning = "OpenAI's Responses API: openai/gpt-5";
  row.key_variable = "OPENAI_API_KEY";
  row.url_variable = "OPENAI_BASE_URL";
  row.url = "https://api.openai.com/v1";
  row.needs_key = true;
  row.plain_names = {"gpt-.*", "o[0-9].*"};
  row.dialect = std::make_shared<Responses>();
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
