#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ka {

// What happens to the kernels of one subgraph, from the first candidate to the one that is kept; alternatives of RunEvent (run/events.h).

struct CandidateJudged {
  static constexpr std::string_view kName = "candidate_judged";
  std::string subgraph, author, schedule, verdict, reason;
  int64_t number = 0;
  double bound_used = 0, seconds = 0, milliseconds = 0;  ///< milliseconds: of the kernel, 0 where not timed
  void fields(auto&& f) {
    f("subgraph", subgraph), f("author", author), f("schedule", schedule), f("verdict", verdict), f("reason", reason),
        f("number", number);
    f("bound_used", bound_used), f("seconds", seconds), f("milliseconds", milliseconds);
  }
};
/// An accepted candidate was timed beside the others; who left early has the time of fewer turns.
struct CandidateTimed {
  static constexpr std::string_view kName = "candidate_timed";
  std::string subgraph, schedule;
  int64_t number = 0, turns = 0;
  double milliseconds = 0;
  void fields(auto&& f) {
    f("subgraph", subgraph), f("schedule", schedule), f("number", number), f("turns", turns), f("milliseconds", milliseconds);
  }
};
/// The compiler's schedule of a subgraph was chosen among several; `how` is "timed", "alone" (no other was accepted), or "remembered" where the
/// tuning cache knew it. `first_ms` is the time of the accepted candidate that the cost model had put first.
struct SubgraphTuned {
  static constexpr std::string_view kName = "subgraph_tuned";
  std::string subgraph, how, schedule, source;
  int64_t judged = 0, timed = 0;
  double milliseconds = 0, first_ms = 0, seconds = 0;
  void fields(auto&& f) {
    f("subgraph", subgraph), f("how", how), f("schedule", schedule), f("source", source), f("judged", judged), f("timed", timed);
    f("milliseconds", milliseconds), f("first_ms", first_ms), f("seconds", seconds);
  }
};
/// A subgraph has its kernel; `how` is "judged", "cached" (accepted in an earlier run), "kept" (accepted before in this run) or
/// "unjudged" (the program's judgement decides).
struct KernelChosen {
  static constexpr std::string_view kName = "kernel_chosen";
  std::string subgraph, author, schedule, path, how;
  double bound_used = 0, milliseconds = 0;
  void fields(auto&& f) {
    f("subgraph", subgraph), f("author", author), f("schedule", schedule), f("path", path), f("how", how);
    f("bound_used", bound_used), f("milliseconds", milliseconds);
  }
};

}  // namespace ka
