#include <algorithm>

#include "base/text.h"
#include "judge/policy.h"

namespace ka {
namespace {

constexpr size_t kNameWidth = 120;  ///< ATen's kernels have names of kilobytes

const Json& list_of(const Json& reply, std::string_view key) {
  static const Json kEmpty = Json::array();
  const Json* found = find(reply, key);
  return found != nullptr && found->is_array() ? *found : kEmpty;
}

bool holds(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

/// What the operators that the trace saw account for beside the candidate's own kernels.
struct Accounted {
  int64_t copies =
      0;  ///< the harness puts a guard behind an allocation, which copies it; a value that Python reads goes to the host
  bool copying = false;
  bool drawing = false;  ///< one of the problem's own random operators ran
};

Accounted accounted_for(const Json& reply, const Json& problem_random) {
  Accounted sum;
  sum.copies = int_or(reply, "guards");
  for (const Json& entry : list_of(reply, "operators")) {
    const std::string name = string_or(entry, "name");
    const bool copies = holds(name, "copy") || holds(name, "clone");
    const bool reads = holds(name, "_local_scalar_dense");  // how often it may is ruled on with the operators
    if (copies || reads) sum.copies += int_or(entry, "count");
    sum.copying |= copies;
    sum.drawing |= problem_random.is_array() && std::any_of(problem_random.begin(), problem_random.end(),
                                                            [&](const Json& one) { return string_or(one, "name") == name; });
  }
  return sum;
}

bool is_fill(const std::string& name) { return name.starts_with("Memset") || holds(name, "FillFunctor"); }

/// Returns why a kernel may not have run, or nothing.
std::optional<std::string> objection(const std::string& name, int64_t count, const Json& compiled, Accounted& sum) {
  if (const Json* launched = find(compiled, name); launched != nullptr && launched->is_number_integer()) {
    const int64_t seen = launched->get<int64_t>();
    if (count <= seen) return std::nullopt;
    return fmt::format("ran {} times on the GPU and was launched {} times", count, seen);
  }
  if (is_fill(name)) return std::nullopt;
  if (name.starts_with("Memcpy") && (sum.copies -= count) >= 0) return std::nullopt;
  if (sum.copying && holds(name, "copy_kernel")) return std::nullopt;
  if (sum.drawing && (holds(name, "at::native") || holds(name, "at_cuda_detail"))) return std::nullopt;
  return std::string("ran on the GPU: it is neither a Triton kernel that the program launched nor an allowed operator's");
}

}  // namespace

KernelRuling rule_on_kernels(const Json& reply, const Json& problem_random) {
  KernelRuling ruling;
  const Json* kernels = find(reply, "gpu_kernels");
  if (kernels == nullptr || !kernels->is_array()) {
    ruling.missing = kernels == nullptr ? "" : string_or(*kernels, "missing");
    if (ruling.missing.empty()) ruling.missing = "the candidate's process sent no list";
    return ruling;
  }
  const Json* compiled = find(reply, "compiled");
  if (kernels->empty() && !list_of(reply, "launches").empty()) {
    ruling.missing = "torch's profiler saw nothing, although kernels were launched (CUPTI may not be permitted here)";
    return ruling;
  }
  Accounted sum = accounted_for(reply, problem_random);
  int64_t fills = 0, copies = 0;  // the harness's own are among them: poison, guards
  for (const Json& kernel : *kernels) {
    const std::string name = string_or(kernel, "name"), shown = shorten(name, kNameWidth);
    const int64_t count = int_or(kernel, "count");
    if (is_fill(name)) {
      fills += count;
    } else if (name.starts_with("Memcpy")) {
      copies += count;
    } else {
      ruling.listed.push_back(fmt::format("{} ×{}", shown, count));
    }
    if (ruling.fault) continue;
    if (const auto why = objection(name, count, compiled != nullptr ? *compiled : Json(), sum)) ruling.fault = shown + " " + *why;
  }
  if (fills > 0) ruling.listed.push_back(fmt::format("fills ×{}", fills));
  if (copies > 0) ruling.listed.push_back(fmt::format("copies ×{}", copies));
  return ruling;
}

}  // namespace ka
