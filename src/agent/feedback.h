#pragma once

#include <string>
#include <string_view>

#include "kernel/verdict.h"

namespace ka {

/// Tells a verdict to a model: what kind, why, where; per input set how far off; what the kernel printed; what to do about it. The same
/// verdict gives the same text on every machine: folders, times and addresses are left out.
std::string feedback(const Verdict& verdict);

/// The same for a reply that held no kernel.
std::string feedback_without_kernel(std::string_view reason);

/// The same for a file that is no kernel (a problem, a rewritten program).
std::string feedback_on_file(std::string_view fault);

}  // namespace ka
