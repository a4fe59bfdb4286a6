#pragma once

#include <string>
#include <vector>

#include "run/dispatch.h"

namespace ka {

/// Neighbouring subgraphs that a model would make one kernel of.
struct FusionProposal {
  std::vector<std::string> parts;  ///< ids, as the model wrote them
  std::string why;
};

/// Asks the run's model which subgraphs of a plan should be one, at most as many groups as the setting `fusions` says. A reply that names
/// none, or no reply, is a warning. Errors: an interruption.
Task<Result<std::vector<FusionProposal>>> propose_fusions(RunContext& context, const Plan& plan);

/// Reads {"groups": [{"subgraphs": [ID…], "why": TEXT}…]} out of a reply. Nothing where there is no such object.
std::optional<std::vector<FusionProposal>> fusions_in(const std::string& reply);

}  // namespace ka
