#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "kernel/tuning.h"

namespace ka {

/// Where a measurement holds: a kind of GPU, and what wrote and compiled the kernels.
struct TuningPlace {
  std::string platform;  ///< "cuda"
  std::string gpu;       ///< "NVIDIA H100 80GB HBM3"
  std::string torch, triton;
  int64_t generator = 0;  ///< codegen's kGenerator
  bool operator==(const TuningPlace&) const = default;
};
/// Describes this machine: the worker's versions and first device, {"versions": {…}, "devices": […]}. A build's suffix ("+cu130") is left out.
TuningPlace place_of(std::string_view platform, const Json& machine, int64_t generator);

/// A schedule that was not chosen, and why.
struct TriedSchedule {
  std::string schedule;
  std::string verdict;      ///< the judge's: "accepted", "wrong", …
  double milliseconds = 0;  ///< 0: not timed
};

/// What tuning a subgraph came to.
struct TuningEntry {
  std::string signature;  ///< the subgraph's: operators, shapes, strides, types
  TuningPlace place;
  std::string title;  ///< for people: "linear + gelu"
  Tuning depth = Tuning::kQuick;
  std::string schedule;     ///< Kernel::schedule of the fastest accepted candidate
  double milliseconds = 0;  ///< its time; 0 where it was the only accepted one
  std::vector<TriedSchedule> others;
  std::string measured;  ///< UTC
};

/// One line of a tuning file: {"format":"kernelagent-tuning","version":1,"signature",…}.
Json to_json(const TuningEntry& entry);
/// Reads it back; the error says what is missing or not of this format.
Result<TuningEntry> tuning_entry_from_json(const Json& json);

}  // namespace ka
