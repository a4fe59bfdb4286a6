#pragma once

#include <string_view>
#include <vector>

#include "compose/launch_graph.h"
#include "kernel/author.h"

namespace ka {

/// Should a program's launches be recorded in a CUDA graph? `when` is the setting: "always", "never", or "auto": where launching from
/// Python takes longer than what the kernels do, by more than the copies at the graph's borders take. Never but on CUDA. The estimate is
/// made with an H100's figures (floor.h), whatever the GPU: launching takes about as long beside any.
Decision choose_launch_graph(std::string_view when, const Plan& plan, const std::vector<Kernel>& kernels, const Target& target);

}  // namespace ka
