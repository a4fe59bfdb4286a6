#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

// What candidate code may be and do (docs/TRUST.md, Policy): before it runs by its syntax tree, while it runs by the operators seen.

namespace ka {

/// One broken rule: where, which, and the code that broke it.
struct Breach {
  int line = 0;
  std::string rule;  ///< "imports only torch, triton and math"
  std::string text;  ///< the code, shortened
};
/// Prints "line 3: RULE: `CODE`".
std::string to_text(const Breach& breach);

/// What reading a candidate's source showed.
struct SourceRuling {
  std::string text;          ///< the source itself
  std::string outline;       ///< what it defines, calls and names (outline.h)
  std::string syntax_error;  ///< the first unreadable place, or empty
  std::vector<Breach> breaches;
  bool zoned = false;         ///< a composed program whose construction zone is the problem's own text
  bool has_atomics = false;   ///< bitwise repeatability is not asked for
  bool defines_entry = true;  ///< kernel_function or ModelNew stands at the top level
};

/// Checks a candidate's source. With `trusted_zones`, a composed program's construction zone is compared with the problem's text
/// instead, and its self-test, which is never run, is left out.
SourceRuling rule_on_source(const std::string& source, const std::string& problem_source, bool trusted_zones);

/// The operators that one traced call of a candidate issued, judged.
struct OperatorRuling {
  std::vector<std::string> listed;   ///< "aten.empty.memory_format ×2"
  std::optional<std::string> fault;  ///< why PyTorch did the candidate's work
};

/// Judges the operators of one call (docs/PROTOCOL.md, `run`). `problem_random` are the random operators that the problem itself
/// issues; `rearranged` says that the inputs were given with unusual strides, which a candidate may undo with one copy; `tuning` that
/// the autotuner may be at work inside launches: in the first call, the warm-up, and in one with other strides. `reads` is how often the
/// problem itself hands a tensor's value to Python in such a call, to decide a branch: the candidate may do so as often, with scalars of
/// their own.
OperatorRuling rule_on_operators(const Json& operators, const Json& problem_random, bool rearranged, bool tuning, int64_t reads);

/// What ran on the GPU during one call, judged.
struct KernelRuling {
  std::vector<std::string> listed;   ///< "gelu_kernel ×1", at the end "fills ×3", "copies ×1"
  std::string missing;               ///< why there is no list, or empty
  std::optional<std::string> fault;  ///< a kernel that is neither the candidate's nor an allowed operator's
};

/// Judges the reply to `run` with "list_kernels" (docs/PROTOCOL.md). Allowed are the kernels that a Triton launcher returned, no more often
/// than it ran; fills; copies, no more than the allowed operators make; and PyTorch's kernels where the problem itself draws random numbers.
KernelRuling rule_on_kernels(const Json& reply, const Json& problem_random);

}  // namespace ka
