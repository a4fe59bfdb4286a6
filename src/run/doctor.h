#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "run/config.h"

namespace ka {

/// One thing the tool can use: whether it is there, what was found, and what its absence costs.
struct Diagnosis {
  enum class State { kThere, kMissing, kOptional };  ///< kOptional: absent, and only something extra is lost
  std::string name;
  State state = State::kThere;
  std::string found;
  std::string cost;  ///< what does not work without it
  std::string fix;   ///< what to do
};

/// Looks at everything: the worker's files, Python, torch, triton, GPU, sandbox, graphviz, the runs' folder, models' keys.
std::vector<Diagnosis> examine(const Config& config);

/// True if `kernelagent run` can work with what was found.
bool can_run(const std::vector<Diagnosis>& findings);

Json to_json(const Diagnosis& finding);

}  // namespace ka
