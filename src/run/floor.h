#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "ir/graph.h"

namespace ka {

/// What a program must do at the least, from exact shapes: every input that it reads is read once, every result written once.
struct Work {
  double bytes = 0;
  double flops = 0;       ///< of the traced operators
  double half_flops = 0;  ///< of `flops`: in contractions of 16-bit types
};
Work least_work(const Graph& graph);
Json to_json(const Work& work);
Work work_from_json(const Json& json);

/// A row of the table of GPUs: what one was measured to do. Floors are made from these, not from data sheets, where there is a measurement.
struct GpuFigures {
  std::string_view name;         ///< as the driver says it, or how that begins
  double bytes_per_second;       ///< a device copy, reads and writes counted
  double flops_per_second;       ///< on tensor cores at float32 accuracy
  double half_flops_per_second;  ///< on tensor cores, 16-bit types
  double launch_seconds;         ///< one Triton launch from Python
  std::string_view note;         ///< where the figures come from
};
/// Finds a GPU's row; null where nobody has measured it.
const GpuFigures* figures_of(std::string_view gpu);
/// A row to show what a floor looks like where there is no GPU.
const GpuFigures* example_figures();

/// The floor under a program's time: max(bytes / bandwidth, FLOPs / throughput).
struct Floor {
  double memory_ms = 0, compute_ms = 0;
  double ms() const { return memory_ms > compute_ms ? memory_ms : compute_ms; }
  bool is_memory_bound() const { return memory_ms >= compute_ms; }
};
Floor floor_of(const Work& work, const GpuFigures& figures);

/// What the judgement of a program needs of memory at about the most: inputs and state, two sets of results, and the problem in float64
/// with everything that is live at once.
double judging_bytes(const Graph& graph);

}  // namespace ka
