#include "llm/transcript.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace ka {

Result<Transcript> Transcript::read(const std::filesystem::path& file) {
  KA_TRY(const std::string text, read_file(file));
  Transcript transcript;
  int number = 0;
  for (const std::string& line : split_lines(text)) {
    const std::string where = fmt::format("{}:{}", file.string(), ++number);
    if (trim(line).empty()) continue;
    KA_TRY(const Json json, parse_json(line, where));
    TranscriptEntry entry;
    entry.digest = string_or(json, "digest");
    entry.purpose = string_or(json, "purpose");
    entry.error = string_or(json, "error");
    entry.delay_s = number_or(json, "delay_s");
    const Json* reply = find(json, "reply");
    if (reply == nullptr && !json.contains("text") && entry.error.empty())
      return fail(Fault::kInput, "a line of a transcript has \"reply\", \"text\" or \"error\"", where);
    entry.reply = reply_from_json(reply != nullptr ? *reply : json);
    transcript.entries_.push_back(std::move(entry));
  }
  return transcript;
}

std::optional<TranscriptEntry> Transcript::take(const std::string& digest, const std::string& purpose) {
  const auto first = [&](auto fits) { return std::find_if(entries_.begin(), entries_.end(), fits); };
  auto found = first([&](const TranscriptEntry& e) { return e.digest == digest && e.purpose == purpose; });
  if (found == entries_.end()) found = first([&](const TranscriptEntry& e) { return e.digest == digest; });
  if (found == entries_.end())
    found = first([&](const TranscriptEntry& e) { return e.digest.empty() && purpose.starts_with(e.purpose); });
  if (found == entries_.end()) return std::nullopt;
  TranscriptEntry entry = std::move(*found);
  entries_.erase(found);
  return entry;
}

std::string transcript_line(const ModelRequest& request, const std::string& model, const ModelReply& reply) {
  Json json;
  json["digest"] = request_digest(request);
  json["purpose"] = request.purpose;
  json["model"] = model;
  json["reply"] = to_json(reply);
  return compact(json) + "\n";
}

}  // namespace ka
