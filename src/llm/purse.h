#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "llm/ledger.h"
#include "llm/prices.h"
#include "llm/settings.h"

namespace ka {

/// What a call may cost at most.
struct Need {
  int64_t input = 0;           ///< tokens of the prompt, estimated
  int64_t output = 0;          ///< tokens of the reply at most
  std::optional<Price> price;  ///< nothing: its USD are not counted
};

/// Estimates a prompt's tokens from its bytes, on the high side (2.5 bytes a token; English and code have 3 to 4).
int64_t estimated_tokens(const ModelRequest& request);

/// Keeps a budget: sets aside what calls in flight may cost at most, so that together they cannot exceed it.
class Purse {
 public:
  explicit Purse(Budget budget) : budget_(budget) {}

  struct Answer {
    enum class Kind { kGranted, kWait, kRefused } kind = Kind::kGranted;
    int64_t output = 0;  ///< granted: tokens of the reply at most; less than asked for where the rest of the budget is small
    std::string reason;  ///< refused: why
  };
  /// Says whether a call fits beside what was spent and what is set aside. kWait: not now, but once calls in flight have ended.
  Answer ask(const Need& need, const LedgerTotals& spent) const;

  /// Sets aside, and gives back.
  void set_aside(const Need& need);
  void give_back(const Need& need);
  bool limits_tokens() const { return budget_.usd || budget_.tokens; }

 private:
  Budget budget_;
  int64_t calls_ = 0, tokens_ = 0;
  double usd_ = 0;
};

}  // namespace ka
