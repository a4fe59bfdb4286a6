#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "plan/plan.h"

namespace ka {

/// A plan with hand-written kernels, read from tests/golden/compose/<name>/.
struct ComposeCase {
  Plan plan;
  std::vector<Kernel> kernels;
  std::string problem;
  bool replay = false;  ///< with recorded launches
};

/// Reads `plan.txt`: a graph, a line `--`, then a line per subgraph, `kernel NAME: NODES -> OUTPUTS = EXPRESSION`, whose expression over
/// the inputs' names becomes an elementwise kernel; a name that was there before repeats its kernel. Options behind the expression:
/// `in_place OUTPUT INPUT`, `scratch`. A line `views NODES` names the host views, `launches
/// recorded` sets `replay`. CHECKs what it reads.
ComposeCase read_compose_case(const std::filesystem::path& folder);

}  // namespace ka
