// Anthropic's Messages API, streamed, with its prompt cache and thinking.
#include <algorithm>

#include "llm/failures.h"
#include "llm/provider_table.h"
#include "llm/traits.h"

namespace ka::llm_drawer {
namespace {

class Reader : public ReplyReader {
 public:
  std::optional<CallResult> read_event(const ServerEvent& event) override {
    auto json = parse_event(event);
    if (!json) return tl::unexpected(std::move(json.error()));
    const std::string type = string_or(*json, "type", event.name);
    if (type == "message_start") {
      if (const Json* message = find(*json, "message")) read_head(*message);
    } else if (type == "content_block_delta") {
      const Json* delta = find(*json, "delta");
      if (delta != nullptr && string_or(*delta, "type") == "text_delta") reply_.text += string_or(*delta, "text");
    } else if (type == "message_delta") {
      read_usage(*json);
      if (const Json* delta = find(*json, "delta")) read_stop(*delta);
    } else if (type == "message_stop") {
      complete_ = true;
    } else if (type == "error") {
      const Json* error = find(*json, "error");
      CallResult meaning = meaning_of_error(error != nullptr ? *error : *json);
      if (!meaning) meaning.error().usage = reply_.usage;
      return meaning;
    }
    return std::nullopt;
  }

  std::optional<CallResult> read_document(const Json& document) override {
    const Json* content = find(document, "content");
    if (content == nullptr || !content->is_array()) return tl::unexpected(transient("the service sent a reply without content"));
    read_head(document);
    for (const Json& block : *content)
      if (string_or(block, "type") == "text") reply_.text += string_or(block, "text");
    read_stop(document);
    complete_ = true;
    return std::nullopt;
  }

 private:
  void read_head(const Json& message) {
    reply_.model = string_or(message, "model");
    read_usage(message);
  }

  /// Counts are running totals; later events repeat only some of them.
  void read_usage(const Json& json) {
    const Json* usage = find(json, "usage");
    if (usage == nullptr || !usage->is_object()) return;
    reply_.usage.reported = true;
    fresh_ = int_or(*usage, "input_tokens", fresh_);
    reply_.usage.cached = int_or(*usage, "cache_read_input_tokens", reply_.usage.cached);
    reply_.usage.cache_write = int_or(*usage, "cache_creation_input_tokens", reply_.usage.cache_write);
    reply_.usage.output = int_or(*usage, "output_tokens", reply_.usage.output);
    reply_.usage.input = fresh_ + reply_.usage.cached + reply_.usage.cache_write;
  }

  void read_stop(const Json& json) {
    const std::string reason = string_or(json, "stop_reason");
    if (reason == "refusal") {
      reply_.finish = "refusal";
    } else if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
      reply_.finish = "length";
    } else {
      reply_.finish = "stop";
    }
  }

  int64_t fresh_ = 0;
};

Json text_block(const std::string& text, bool cache) {
  Json block = {{"type", "text"}, {"text", text}};
  if (cache) block["cache_control"] = {{"type", "ephemeral"}};
  return block;
}

void add_thinking(Json& json, const std::string& effort, ModelTraits::Reasoning kind, int64_t limit) {
  if (effort.empty() || kind == ModelTraits::Reasoning::kNone) return;
  if (kind == ModelTraits::Reasoning::kAdaptive) {
    json["thinking"] = {{"type", "adaptive"}};
    json["output_config"] = {{"effort", effort}};
    return;
  }
  const int64_t wish = effort == "low" ? 4'096 : effort == "medium" ? 16'384 : 32'768;
  const int64_t budget = std::min(wish, limit / 2);  // the other half is for the reply itself
  if (budget >= 1024) json["thinking"] = {{"type", "enabled"}, {"budget_tokens", budget}};  // the API's own minimum
}

class Messages : public Dialect {
 public:
  std::string path() const override { return "/v1/messages"; }
  std::string probe_path() const override { return "/v1/models"; }

  std::vector<std::string> headers(const Secret& key) const override {
    std::vector<std::string> lines = {"anthropic-version: 2023-06-01"};
    if (!key.empty()) lines.push_back("x-api-key: " + key.reveal());
    return lines;
  }

  /// The system prompt, the first question and the newest one end in cache marks: rounds and seeds share all that comes before them.
  Json body(const ModelRequest& request) const override {
    const ModelTraits traits = anthropic_traits(request.model);
    const int64_t limit = output_limit_for(request, traits);
    Json json;
    json["model"] = request.model;
    json["max_tokens"] = limit;
    Json system = Json::array(), messages = Json::array();
    std::size_t turns = 0, turn = 0;
    for (const Message& message : request.messages) turns += message.speaker == Speaker::kSystem ? 0 : 1;
    for (const Message& message : request.messages) {
      if (message.speaker == Speaker::kSystem) {
        system.push_back(text_block(message.text, false));
        continue;
      }
      const bool mark = message.speaker == Speaker::kUser && (turn == 0 || turn + 1 == turns);
      messages.push_back({{"role", name(message.speaker)}, {"content", Json::array({text_block(message.text, mark)})}});
      ++turn;
    }
    if (!system.empty()) {
      system.back()["cache_control"] = {{"type", "ephemeral"}};
      json["system"] = std::move(system);
    }
    json["messages"] = std::move(messages);
    add_thinking(json, request.reasoning, traits.reasoning, limit);
    const auto temperature = temperature_for(request, traits);
    if (temperature && !json.contains("thinking")) json["temperature"] = *temperature;  // thinking allows none
    json["stream"] = true;
    return json;
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }
};

}  // namespace

void anthropic(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "anthropic";
  row.meaning = "Anthropic's Messages API: anthropic/claude-opus-4-5";
  row.key_variable = "ANTHROPIC_API_KEY";
  row.url_variable = "ANTHROPIC_BASE_URL";
  row.url = "https://api.anthropic.com";
  row.needs_key = true;
  row.plain_names = {"claude-.*"};
  row.dialect = std::make_shared<Messages>();
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
