#include "llm/reply_store.h"

#include "base/digest.h"
#include "base/file.h"

namespace ka {

std::string ReplyStore::next_key(const std::string& model, const ModelRequest& request) {
  const std::string digest = sha256(compact(Json::array({model, request.purpose, request_digest(request)})));
  return fmt::format("{}.{}", digest, asked_[digest]++);
}

std::optional<ModelReply> ReplyStore::load(const std::string& key) const {
  const auto file = folder_ / (key + ".json");
  if (folder_.empty() || !is_file(file)) return std::nullopt;
  const auto text = read_file(file);
  const auto json = text ? parse_json(*text, file.string()) : fail(Fault::kInput, "unreadable");
  const Json* reply = json ? find(*json, "reply") : nullptr;
  if (reply == nullptr || !reply->is_object()) return std::nullopt;
  return reply_from_json(*reply);
}

Status ReplyStore::save(const std::string& key, const std::string& model, const ModelRequest& request, const ModelReply& reply,
                        const LedgerEntry& entry) const {
  if (folder_.empty()) return {};
  Json json;
  json["model"] = model;
  json["purpose"] = request.purpose;
  json["max_tokens"] = request.max_tokens;
  json["temperature"] = request.temperature ? Json(*request.temperature) : Json();
  json["reasoning"] = request.reasoning;
  json["messages"] = Json::array();
  for (const Message& message : request.messages)
    json["messages"].push_back({{"role", name(message.speaker)}, {"text", message.text}});
  json["reply"] = to_json(reply);
  json["ledger"] = to_json(entry);
  return write_file_atomic(folder_ / (key + ".json"), pretty(json));
}

Status ReplyStore::reconcile(Ledger& ledger) const {
  if (folder_.empty() || !is_dir(folder_)) return {};
  KA_TRY(const auto names, list_dir(folder_));
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    const std::string key = name.substr(0, name.size() - 5);
    if (ledger.has(key)) continue;
    KA_TRY(const std::string text, read_file(folder_ / name));
    const auto json = parse_json(text, name);
    const Json* entry = json ? find(*json, "ledger") : nullptr;
    if (entry != nullptr) KA_CHECK_OK(ledger.add(entry_from_json(*entry)));
  }
  return {};
}

}  // namespace ka
