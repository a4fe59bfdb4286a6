#pragma once

#include <string>
#include <utility>
#include <vector>

#include "judge/names.h"

// What may be handed to triton.jit, triton.autotune, triton.heuristics and triton.Config.

namespace ka {

/// Is this one of the functions that make kernels of functions, or tell how to tune them?
bool takes_options(const std::string& path);

/// Returns which arguments are not data, and why. `heuristics` alone takes functions, which are read like any other code.
std::vector<std::pair<SyntaxNode, std::string>> faults_of_options(const SyntaxNode& arguments, const std::string& path,
                                                                  const SourceNames& names);

}  // namespace ka
