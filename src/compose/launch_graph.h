#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/decision.h"
#include "compose/dataflow.h"

// Programs whose launches are recorded in a CUDA graph and replayed: one launch from Python in place of many. The text that does it,
// templates/program/launch_graph.py, is the same in every program, and the judge knows it (judge/launch_graph_text.h).

namespace ka {

/// The method of ModelNew that the fixed text records.
inline constexpr std::string_view kRecordedMethod = "_run_kernels";

/// Says whether forward can be recorded, or why not: it takes tensors with dimensions alone, returns tensors of its own alone, and changes
/// nothing but the module's parameters and buffers.
Decision can_replay_launches(const Plan& plan, const Dataflow& flow, const std::vector<const Kernel*>& kernels,
                             std::string_view problem_source);

/// Does a composed program replay its launches?
bool replays_launches(std::string_view program);

/// What a call of a program costs besides computing, counted from its kernels' buffers.
struct Traffic {
  int64_t launches = 0;
  double bytes = 0;    ///< what the launches read and write
  double borders = 0;  ///< what a replayed graph copies in and out: bytes read and written
};
/// `kernels[i]` implements `plan.subgraphs[i]`; of subgraphs with one representative only the representative's is read.
Traffic traffic_of(const Plan& plan, const std::vector<Kernel>& kernels);

}  // namespace ka
