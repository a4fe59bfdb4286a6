#pragma once

#include <memory>

#include "kernel/author.h"

namespace ka {

/// What a schedule's words mean. Raise it where the same words come to mean another kernel: what was measured before is then forgotten.
inline constexpr int kGenerator = 2;

/// Makes the deterministic author: a compiler from subgraphs to Triton. Its attempt offers what was the fastest before, else all that may be the
/// fastest, and then one at a time those to fall back on; untuned one at a time, the cost model's favourite first.
std::unique_ptr<Author> make_codegen_author();
/// Says whether a kernel with these schedules (Kernel::schedule) rounds float32 operands before it multiplies them.
bool is_rounding(std::string_view schedules);

}  // namespace ka
