#include "llm/provider.h"

#include "base/digest.h"

namespace ka {

std::string_view name(Speaker speaker) {
  switch (speaker) {
    case Speaker::kSystem: return "system";
    case Speaker::kUser: return "user";
    case Speaker::kAssistant: return "assistant";
  }
  return "";
}

Usage& Usage::operator+=(const Usage& other) {
  input += other.input;
  cached += other.cached;
  cache_write += other.cache_write;
  output += other.output;
  reported = reported || other.reported;
  return *this;
}

std::string request_digest(const ModelRequest& request) {
  Json json;
  json["messages"] = Json::array();
  for (const Message& message : request.messages) json["messages"].push_back({name(message.speaker), message.text});
  json["max_tokens"] = request.max_tokens;
  json["temperature"] = request.temperature ? Json(*request.temperature) : Json();
  json["reasoning"] = request.reasoning;
  return sha256(compact(json));
}

Json to_json(const Usage& usage) {
  Json json;
  json["input"] = usage.input;
  json["cached"] = usage.cached;
  json["cache_write"] = usage.cache_write;
  json["output"] = usage.output;
  json["reported"] = usage.reported;
  return json;
}

Usage usage_from_json(const Json& json) {
  return {int_or(json, "input"), int_or(json, "cached"), int_or(json, "cache_write"), int_or(json, "output"),
          bool_or(json, "reported")};
}

Json to_json(const ModelReply& reply) {
  Json json;
  json["text"] = reply.text;
  json["finish"] = reply.finish;
  json["usage"] = to_json(reply.usage);
  json["model"] = reply.model;
  json["seconds"] = reply.seconds;
  return json;
}

ModelReply reply_from_json(const Json& json) {
  const Json* usage = find(json, "usage");
  return {string_or(json, "text"), string_or(json, "finish", "stop"), usage != nullptr ? usage_from_json(*usage) : Usage(),
          string_or(json, "model"), number_or(json, "seconds")};
}

std::string conversation_text(const ModelRequest& request) {
  std::string text;
  std::size_t turns = 0;
  for (const Message& message : request.messages) turns += message.speaker == Speaker::kSystem ? 0 : 1;
  for (const Message& message : request.messages) {
    if (!text.empty()) text += "\n\n";
    if (turns > 1 && message.speaker != Speaker::kSystem)
      text += message.speaker == Speaker::kUser ? "# User\n\n" : "# Assistant\n\n";
    text += message.text;
  }
  return text + "\n";
}

}  // namespace ka
