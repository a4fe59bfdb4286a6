#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace ka {

/// The times of one contender.
struct TimingSummary {
  int64_t samples = 0;
  double median_ms = 0;
  double low_ms = 0;  ///< the 95 % interval of the median, from order statistics: no distribution is assumed
  double high_ms = 0;
};
TimingSummary summarize(std::vector<double> samples_ms);
Json to_json(const TimingSummary& summary);

/// Says whether `faster` won: only if the intervals part.
bool is_clear_win(const TimingSummary& faster, const TimingSummary& slower);

/// How many calls of one contender make up a turn: about `turn_ms` long, at least 1, at most 100.
int calls_per_turn(double call_ms, double turn_ms);

}  // namespace ka
