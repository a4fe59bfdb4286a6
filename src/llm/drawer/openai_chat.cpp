// Chat Completions, OpenAI's older API, which nearly every other server speaks as well; streamed.
#include "llm/failures.h"
#include "llm/provider_table.h"
#include "llm/traits.h"

namespace ka::llm_drawer {
namespace {

class Reader : public ReplyReader {
 public:
  std::optional<CallResult> read_event(const ServerEvent& event) override {
    if (event.data == "[DONE]") {
      // Some servers never name a reason to finish.
      complete_ = complete_ || !reply_.text.empty();
      return std::nullopt;
    }
    auto json = parse_event(event);
    if (!json) return tl::unexpected(std::move(json.error()));
    if (const Json* error = find(*json, "error"); error != nullptr && !error->is_null()) return meaning_of_error(*error);
    read_usage(*json);
    if (const Json* choice = first_choice(*json)) read_choice(*choice, "delta");
    return std::nullopt;
  }

  std::optional<CallResult> read_document(const Json& document) override {
    read_usage(document);
    const Json* choice = first_choice(document);
    if (choice == nullptr) return tl::unexpected(transient("the service sent a reply without choices"));
    read_choice(*choice, "message");
    complete_ = true;
    return std::nullopt;
  }

 private:
  static const Json* first_choice(const Json& json) {
    const Json* choices = find(json, "choices");
    return choices != nullptr && choices->is_array() && !choices->empty() ? &choices->front() : nullptr;
  }

  void read_choice(const Json& choice, std::string_view key) {
    if (const Json* part = find(choice, key)) {
      reply_.text += string_or(*part, "content");
      refusal_ += string_or(*part, "refusal");
    }
    if (reply_.finish.empty()) reply_.finish = "stop";
    const std::string reason = string_or(choice, "finish_reason");
    if (reason.empty()) return;
    complete_ = true;
    if (reason == "length") reply_.finish = "length";
    if (reason == "content_filter") reply_.finish = "refusal";
    if (!refusal_.empty()) {
      reply_.finish = "refusal";
      reply_.text = refusal_;
    }
  }

  void read_usage(const Json& json) {
    if (reply_.model.empty()) reply_.model = string_or(json, "model");
    const Json* usage = find(json, "usage");
    if (usage == nullptr || !usage->is_object()) return;
    reply_.usage.reported = true;
    reply_.usage.input = int_or(*usage, "prompt_tokens");
    reply_.usage.output = int_or(*usage, "completion_tokens");
    if (const Json* details = find(*usage, "prompt_tokens_details")) reply_.usage.cached = int_or(*details, "cached_tokens");
  }

  std::string refusal_;
};

class ChatCompletions : public Dialect {
 public:
  std::string path() const override { return "/chat/completions"; }

  std::vector<std::string> headers(const Secret& key) const override {
    if (key.empty()) return {};
    return {"Authorization: Bearer " + key.reveal()};
  }

  Json body(const ModelRequest& request) const override {
    const ModelTraits traits = openai_traits(request.model);
    // Only OpenAI's own newer models want the new name of the limit; other servers know the old one.
    const bool new_limit = traits.reasoning == ModelTraits::Reasoning::kEffort || request.model.starts_with("gpt-");
    Json json;
    json["model"] = request.model;
    json["messages"] = Json::array();
    for (const Message& message : request.messages)
      json["messages"].push_back({{"role", name(message.speaker)}, {"content", message.text}});
    if (request.max_tokens > 0) json[new_limit ? "max_completion_tokens" : "max_tokens"] = output_limit_for(request, traits);
    if (const auto temperature = temperature_for(request, traits)) json["temperature"] = *temperature;
    if (traits.reasoning == ModelTraits::Reasoning::kEffort && !request.reasoning.empty())
      json["reasoning_effort"] = request.reasoning;
    json["stream"] = true;
    json["stream_options"] = {{"include_usage", true}};
    return json;
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }
};

}  // namespace

void openai_chat(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "openai-chat";
  row.meaning = "Chat Completions, at OpenAI or any compatible server: openai-chat/gpt-4.1";
  row.key_variable = "OPENAI_API_KEY";
  row.url_variable = "OPENAI_BASE_URL";
  row.url = "https://api.openai.com/v1";
  row.dialect = std::make_shared<ChatCompletions>();
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
