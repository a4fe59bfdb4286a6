#include "llm/ledger.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

namespace ka {

Json to_json(const LedgerEntry& entry) {
  Json json;
  json["time"] = entry.time;
  json["call"] = entry.call;
  json["purpose"] = entry.purpose;
  json["model"] = entry.model;
  json["outcome"] = entry.outcome;
  json["finish"] = entry.finish;
  json["usage"] = to_json(entry.usage);
  json["usd"] = entry.usd ? Json(*entry.usd) : Json();
  json["seconds"] = entry.seconds;
  json["attempts"] = entry.attempts;
  return json;
}

LedgerEntry entry_from_json(const Json& json) {
  LedgerEntry entry;
  entry.time = string_or(json, "time");
  entry.call = string_or(json, "call");
  entry.purpose = string_or(json, "purpose");
  entry.model = string_or(json, "model");
  entry.outcome = string_or(json, "outcome");
  entry.finish = string_or(json, "finish");
  if (const Json* usage = find(json, "usage")) entry.usage = usage_from_json(*usage);
  if (const Json* usd = find(json, "usd"); usd != nullptr && usd->is_number()) entry.usd = usd->get<double>();
  entry.seconds = number_or(json, "seconds");
  entry.attempts = static_cast<int>(int_or(json, "attempts"));
  return entry;
}

Json to_json(const LedgerTotals& totals) {
  Json json;
  json["calls"] = totals.calls;
  json["failed"] = totals.failed;
  json["reused"] = totals.reused;
  json["unpriced"] = totals.unpriced;
  json["unreported"] = totals.unreported;
  json["input_tokens"] = totals.usage.input;
  json["cached_tokens"] = totals.usage.cached;
  json["output_tokens"] = totals.usage.output;
  json["usd"] = totals.usd;
  json["seconds"] = totals.seconds;
  return json;
}

std::string to_text(const LedgerTotals& totals) {
  std::string text = plural(totals.calls, "call");
  if (totals.failed > 0) text += fmt::format(" ({} failed)", totals.failed);
  text += fmt::format(", {} tokens in ({} cached), {} out, {:.4f} USD", totals.usage.input, totals.usage.cached,
                      totals.usage.output, totals.usd);
  if (totals.reused > 0) text += fmt::format("; {} used again", plural(totals.reused, "stored reply", "stored replies"));
  if (totals.unpriced > 0)
    text += fmt::format("; {} of models without a known price are not in the USD", plural(totals.unpriced, "call"));
  if (totals.unreported > 0) text += fmt::format("; {} said nothing about tokens", plural(totals.unreported, "call"));
  return text;
}

Result<std::vector<LedgerEntry>> read_ledger(const std::filesystem::path& file) {
  std::vector<LedgerEntry> entries;
  if (!is_file(file)) return entries;
  KA_TRY(const std::string text, read_file(file));
  const std::string whole = text.substr(0, text.rfind('\n') + 1);
  for (const std::string& line : split_lines(whole)) {
    const auto json = parse_json(line, file.string());
    if (!json || !json->is_object())
      return fail(Fault::kInput, "this line is no ledger entry", fmt::format("{}:{}", file.string(), entries.size() + 1),
                  "take the line out, or begin a new run");
    entries.push_back(entry_from_json(*json));
  }
  return entries;
}

Result<Ledger> Ledger::open(const std::filesystem::path& file) {
  Ledger ledger;
  ledger.file_ = file;
  if (file.empty() || !is_file(file)) return ledger;
  KA_TRY(const std::vector<LedgerEntry> entries, read_ledger(file));
  for (const LedgerEntry& entry : entries) ledger.count(entry);
  // A kill in the middle of a write leaves a line without its end: what follows must not be glued to it.
  KA_TRY(const std::string text, read_file(file));
  if (!text.empty() && !text.ends_with('\n')) KA_CHECK_OK(write_file_atomic(file, text.substr(0, text.rfind('\n') + 1)));
  return ledger;
}

Status Ledger::add(const LedgerEntry& entry) {
  LedgerEntry stamped = entry;
  if (stamped.time.empty()) stamped.time = utc_timestamp();
  if (!file_.empty()) KA_CHECK_OK(append_file(file_, compact(to_json(stamped)) + "\n"));
  count(stamped);
  return {};
}

void LedgerTotals::count(const LedgerEntry& entry) {
  ++calls;
  if (entry.outcome != "reply") ++failed;
  if (!entry.usd) ++unpriced;
  if (!entry.usage.reported) ++unreported;
  usage += entry.usage;
  usd += entry.usd.value_or(0);
  seconds += entry.seconds;
}

void Ledger::count(const LedgerEntry& entry) {
  totals_.count(entry);
  if (!entry.call.empty()) calls_.insert(entry.call);
}

}  // namespace ka
