#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "llm/provider.h"

namespace ka {

/// One finished call, as ledger.jsonl keeps it.
struct LedgerEntry {
  std::string time;  ///< UTC
  std::string call;  ///< which stored reply it paid for (ReplyStore's key), or empty
  std::string purpose;
  std::string model;    ///< full name, as asked for
  std::string outcome;  ///< "reply", or "failed: …"
  std::string finish;
  Usage usage;                ///< of all attempts together
  std::optional<double> usd;  ///< nothing where no price is known
  double seconds = 0;
  int attempts = 0;
};
Json to_json(const LedgerEntry& entry);
LedgerEntry entry_from_json(const Json& json);

/// What was spent.
struct LedgerTotals {
  int64_t calls = 0;  ///< that got to a service; stored replies cost nothing and are not counted
  int64_t failed = 0;
  int64_t unpriced = 0;    ///< calls of models without a known price: their tokens count, their USD do not
  int64_t unreported = 0;  ///< calls whose service said nothing about tokens
  int64_t reused = 0;      ///< replies taken from the store by this process
  Usage usage;
  double usd = 0;
  double seconds = 0;
  /// Adds a call.
  void count(const LedgerEntry& entry);
};
/// Reads an account that somebody may be writing: a last line without its end is left out. No file is an empty account.
Result<std::vector<LedgerEntry>> read_ledger(const std::filesystem::path& file);
Json to_json(const LedgerTotals& totals);
/// "12 calls, 34,567 tokens in (20,000 cached), 8,901 out, 0.1234 USD; 2 calls of models without a price are not in the USD".
std::string to_text(const LedgerTotals& totals);

/// The account of every call, one JSON line each, written before the reply is used.
class Ledger {
 public:
  /// Reads what an earlier process wrote; an empty path keeps the account in memory. A torn last line (a kill) is dropped.
  static Result<Ledger> open(const std::filesystem::path& file);
  /// Counts a call and writes its line to the disk.
  Status add(const LedgerEntry& entry);
  void count_reused() { ++totals_.reused; }
  /// Says whether a call of this key is in the account.
  bool has(const std::string& call) const { return calls_.contains(call); }
  const LedgerTotals& totals() const { return totals_; }

 private:
  void count(const LedgerEntry& entry);
  std::filesystem::path file_;
  std::set<std::string> calls_;
  LedgerTotals totals_;
};

}  // namespace ka
