#pragma once

#include <vector>

#include "codegen/choices.h"
#include "kernel/author.h"
#include "kernel/kernel.h"
#include "plan/plan.h"

namespace ka {

/// Generates a subgraph's kernel: one launch per fused nest, in order, with scratch between them, each with its schedule of the choice.
/// Fails with Fault::kInternal if a planned launch cannot be lowered.
Result<Kernel> generate(const Plan& plan, const Subgraph& subgraph, const Choice& choice);
/// The same with every launch's `rank`th candidate schedule, or its last where it has fewer.
Result<Kernel> generate(const Plan& plan, const Subgraph& subgraph, const Target& target, size_t rank = 0);

/// The embedded helper functions (templates/math, templates/reduce) that a source calls, in an order in which each stands before
/// those that use it.
std::vector<std::string> helpers_called_by(std::string_view source);

}  // namespace ka
