#pragma once

#include <string>
#include <vector>

#include "kernel/author.h"

namespace ka {

/// Writes a region in words: inputs and outputs with their types, operators with the lines they come from.
std::string specification(const Region& region, const Target& target);

/// Names the kinds of work in a region, in a fixed order, each once: "pointwise", "reduction", "matmul", "convolution", "attention",
/// "scan". They choose the examples that a prompt shows.
std::vector<std::string> kinds_of_work(const Region& region);

/// Makes a Kernel of a whole Python module that somebody wrote for a region. `author`: "agent:openai/gpt-5".
Kernel module_kernel(const Region& region, std::string author, std::string source);

}  // namespace ka
