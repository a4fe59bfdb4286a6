#include <algorithm>
#include <array>
#include <set>

#include "judge/policy.h"

namespace ka {
namespace {

using Names = std::set<std::string_view>;

/// Allocates, fills a fresh allocation with a constant, or looks at memory in another way. By operator, without overload.
const Names& harmless() {
  static const Names kNames = {"empty",
                               "empty_like",
                               "empty_strided",
                               "empty_permuted",
                               "new_empty",
                               "new_empty_strided",
                               "zeros",
                               "zeros_like",
                               "new_zeros",
                               "ones",
                               "ones_like",
                               "new_ones",
                               "full",
                               "full_like",
                               "new_full",
                               "scalar_tensor",
                               "view",
                               "_unsafe_view",
                               "as_strided",
                               "alias",
                               "detach",
                               "expand",
                               "permute",
                               "transpose",
                               "t",
                               "squeeze",
                               "unsqueeze",
                               "select",
                               "slice",
                               "split",
                               "split_with_sizes",
                               "unbind",
                               "diagonal",
                               "unfold",
                               "view_as_real",
                               "view_as_complex",
                               "_reshape_alias",
                               "lift_fresh",
                               "record_stream",
                               "is_pinned",
                               "sym_size",
                               "sym_stride",
                               "sym_numel",
                               "sym_storage_offset",
                               "is_same_size"};
  return kNames;
}

/// What Triton's launcher and its interpreter do around every launch: scratch for the kernel, the interpreter's own tensors over the
/// arguments' memory.
const Names& launcher() {
  static const Names kNames = {"empty", "empty_strided", "new_empty",  "set_",       "copy_",         "detach",
                               "alias", "view",          "as_strided", "lift_fresh", "record_stream", "is_pinned"};
  return kNames;
}

/// What the autotuner does besides while it measures: clearing a cache and results, keeping and restoring them.
const Names& autotuner() {
  static const Names kNames = {"zero_", "fill_", "zeros", "full", "empty_like", "clone", "_to_copy", "select", "slice"};
  return kNames;
}

/// "aten.add.Tensor" → "add"; operators of other libraries keep their whole name.
std::string_view base_of(std::string_view name) {
  if (!name.starts_with("aten.")) return name;
  name.remove_prefix(5);
  return name.substr(0, name.find('.'));
}

bool is_problem_random(std::string_view name, const Json& problem_random) {
  return problem_random.is_array() && std::any_of(problem_random.begin(), problem_random.end(),
                                                  [&](const Json& item) { return string_or(item, "name") == name; });
}

/// Returns why the operator is not allowed outside a launch; nothing when it is.
std::optional<std::string> objection(std::string_view name, std::string_view target, std::string_view source,
                                     const Json& problem_random, bool rearranged) {
  if (name.starts_with("Tensor.")) return "gives Python what a tensor holds";
  const std::string_view base = base_of(name);
  if (harmless().contains(base)) return std::nullopt;
  if (name == "aten.fill_.Scalar" || base == "zero_") {
    if (target == "fresh" || target == "program") return std::nullopt;
    return "fills memory that is not the program's own";
  }
  if (base == "copy_") {
    const bool given = source == "input as passed, same layout" || (rearranged && source == "input as passed, same type");
    if (target == "program" && given) return std::nullopt;
    if (target == "fresh" && source.starts_with("replayed, same ")) return std::nullopt;
    return "copies with PyTorch";
  }
  if (base == "clone" && source == "input as passed" && rearranged) return std::nullopt;
  if (is_problem_random(name, problem_random)) return std::nullopt;
  return "computes with PyTorch";
}

}  // namespace

OperatorRuling rule_on_operators(const Json& operators, const Json& problem_random, bool rearranged, bool tuning, int64_t reads) {
  OperatorRuling ruling;
  if (!operators.is_array()) {
    ruling.fault = "the candidate's process reported no operators";
    return ruling;
  }
  for (const Json& entry : operators) {
    const std::string name = string_or(entry, "name");
    const bool in_launch = bool_or(entry, "in_launch");
    std::string line = fmt::format("{} ×{}", name, int_or(entry, "count"));
    if (in_launch) line += " in a launch";
    ruling.listed.push_back(std::move(line));
    if (ruling.fault) continue;
    if (in_launch) {
      const bool launchers = launcher().contains(base_of(name)) || (tuning && autotuner().contains(base_of(name)));
      if (!launchers) ruling.fault = fmt::format("{} computes with PyTorch inside a launch", name);
    } else if (base_of(name) == "_local_scalar_dense") {
      reads -= int_or(entry, "count");
      if (string_or(entry, "source") != "a whole tensor") ruling.fault = "Python is given an element of a larger tensor";
      if (reads < 0) ruling.fault = "Python is given values of tensors more often than by the problem";
    } else if (const auto why =
                   objection(name, string_or(entry, "target"), string_or(entry, "source"), problem_random, rearranged)) {
      ruling.fault = fmt::format("{} {}", name, *why);
    }
  }
  return ruling;
}

}  // namespace ka
