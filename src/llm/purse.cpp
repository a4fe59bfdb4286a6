#include "llm/purse.h"

#include <algorithm>
#include <limits>

namespace ka {
namespace {

/// A reply shorter than this holds no kernel: rather no call than a cut one.
constexpr int64_t kLeastReply = 2048;

double usd_of(const Need& need) {
  if (!need.price) return 0;
  // A prompt may be written to the vendor's cache, which costs more than reading it.
  const double input = std::max(need.price->input, need.price->cache_write);
  return (static_cast<double>(need.input) * input + static_cast<double>(need.output) * need.price->output) / 1e6;
}

}  // namespace

int64_t estimated_tokens(const ModelRequest& request) {
  std::size_t bytes = 0;
  for (const Message& message : request.messages) bytes += message.text.size() + 40;
  return static_cast<int64_t>(bytes * 2 / 5) + 1;
}

Purse::Answer Purse::ask(const Need& need, const LedgerTotals& spent) const {
  if (budget_.calls && spent.calls + calls_ >= *budget_.calls)
    return {Answer::Kind::kRefused, 0, fmt::format("the limit of {} calls is reached", *budget_.calls)};

  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 4;
  /// The longest reply that fits beside `tokens` and `usd` set aside.
  const auto longest = [&](int64_t tokens, double usd) {
    int64_t room = kMost;
    if (budget_.tokens) room = std::min(room, *budget_.tokens - spent.usage.input - spent.usage.output - tokens - need.input);
    if (budget_.usd && need.price && need.price->output > 0) {
      const Need prompt{need.input, 0, need.price};
      const double left = (*budget_.usd - spent.usd - usd - usd_of(prompt)) / need.price->output * 1e6;
      room = std::min(room, left > static_cast<double>(kMost) ? kMost : static_cast<int64_t>(left));
    }
    return room;
  };
  if (longest(tokens_, usd_) >= need.output) return {Answer::Kind::kGranted, need.output, {}};
  if (calls_ > 0) return {Answer::Kind::kWait, 0, {}};
  const int64_t alone = longest(0, 0);
  if (alone >= std::min(kLeastReply, need.output)) return {Answer::Kind::kGranted, alone, {}};
  if (budget_.tokens &&
      *budget_.tokens - spent.usage.input - spent.usage.output - need.input < std::min(kLeastReply, need.output))
    return {Answer::Kind::kRefused, 0,
            fmt::format("the budget of {} tokens is spent ({} used, this call reads about {})", *budget_.tokens,
                        spent.usage.input + spent.usage.output, need.input)};
  return {Answer::Kind::kRefused, 0, fmt::format("the budget of {:.2f} USD is spent ({:.4f} used)", *budget_.usd, spent.usd)};
}

void Purse::set_aside(const Need& need) {
  ++calls_;
  tokens_ += need.input + need.output;
  usd_ += usd_of(need);
}

void Purse::give_back(const Need& need) {
  --calls_;
  tokens_ -= need.input + need.output;
  usd_ = calls_ == 0 ? 0 : usd_ - usd_of(need);
}

}  // namespace ka
