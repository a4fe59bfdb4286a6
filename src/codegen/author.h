#pragma once

#include <memory>

#include "kernel/author.h"

namespace ka {

/// Makes the deterministic author: a compiler from subgraphs to Triton. Its attempt offers one candidate a step, best first.
std::unique_ptr<Author> make_codegen_author();

}  // namespace ka
