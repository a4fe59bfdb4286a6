#include "judge/findings.h"

#include <algorithm>

#include "judge/defences.h"

namespace ka {
namespace {

const Json& list_of(const Json& json, std::string_view key) {
  static const Json kEmpty = Json::array();
  const Json* found = find(json, key);
  return found != nullptr && found->is_array() ? *found : kEmpty;
}

std::string shown(const Json* json) { return json != nullptr ? compact(*json) : "nothing"; }

bool same(const Json& left, const Json& right, std::string_view key) {
  const Json *a = find(left, key), *b = find(right, key);
  return a != nullptr && b != nullptr && *a == *b;
}

/// A product or sum that no tensor reaches counts as -1, and so does everything made of it.
int64_t times(int64_t a, int64_t b) {
  int64_t product = 0;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}
int64_t plus(int64_t a, int64_t b) {
  int64_t sum = 0;
  return a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum) ? -1 : sum;
}

int64_t element_count(const Json& type) {
  int64_t count = 1;
  for (const Json& extent : list_of(type, "shape")) count = times(count, extent.is_number_integer() ? extent.get<int64_t>() : 0);
  return count;
}

/// Are the strides of a tensor with these extents the same wherever they matter, or is the expected tensor one with gaps or repeated
/// elements, which nobody can be asked to copy?
bool strides_agree(const Json& got, const Json& expected) {
  const Json &shape = list_of(expected, "shape"), &want = list_of(expected, "stride"), &have = list_of(got, "stride");
  if (want.size() != shape.size() || have.size() != shape.size() || element_count(expected) == 0) return true;
  int64_t span = 1;
  bool equal = true;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!shape[axis].is_number_integer() || !want[axis].is_number_integer()) return true;
    const int64_t extent = shape[axis].get<int64_t>();
    span = plus(span, times(extent - 1, want[axis].get<int64_t>()));
    if (extent != 1 && want[axis] != have[axis]) equal = false;
  }
  return equal || span != element_count(expected);
}

std::optional<Finding> compare_type(const Json& got, const Json& expected, const std::string& label, const CallRules& rules) {
  const auto wrong = [&](std::string_view what, const Json* have, const Json* want) {
    return Finding{VerdictKind::kWrong, fmt::format("{} has {} {}, expected {}", label, what, shown(have), shown(want))};
  };
  if (!bool_or(got, "plain")) return Finding{VerdictKind::kWrong, label + " is not a plain torch.Tensor"};
  if (!same(got, expected, "dtype")) return wrong("dtype", find(got, "dtype"), find(expected, "dtype"));
  if (!same(got, expected, "shape")) return wrong("shape", find(got, "shape"), find(expected, "shape"));
  if (string_or(got, "device") != rules.device_type) {
    const Json want = rules.device_type;
    return wrong("device", find(got, "device"), &want);
  }
  if (rules.strict_strides && !strides_agree(got, expected)) {
    Finding finding = wrong("strides", find(got, "stride"), find(expected, "stride"));
    finding.of_strides = true;
    return finding;
  }
  return std::nullopt;
}

std::string alias_name(const Json& alias) {
  return alias.is_array() && alias.size() == 2 && alias[1].is_string() ? alias[1].get<std::string>() : "something";
}

}  // namespace

std::optional<Finding> compare_form(const Json& candidate, const Json& reference, const CallRules& rules) {
  const Json &got = list_of(candidate, "outputs"), &expected = list_of(reference, "outputs");
  if (got.size() != expected.size())  // what follows pairs them
    return Finding{VerdictKind::kWrong, fmt::format("{} tensors are returned, expected {}", got.size(), expected.size())};
  if (is_on(Defence::kForm) && !same(candidate, reference, "tree"))
    return Finding{VerdictKind::kWrong, fmt::format("the result has the form {}, expected {}", shown(find(candidate, "tree")),
                                                    shown(find(reference, "tree")))};
  for (size_t i = 0; i < got.size(); ++i) {
    if (!is_on(Defence::kForm)) break;
    if (auto finding = compare_type(got[i], expected[i], fmt::format("output {}", i), rules)) return finding;
  }
  const Json& shared = list_of(reference, "aliases");
  for (const Json& alias : list_of(candidate, "aliases")) {
    if (!is_on(Defence::kAliasing)) break;
    if (std::find(shared.begin(), shared.end(), alias) != shared.end()) continue;
    const std::string output = alias.is_array() && !alias.empty() ? alias[0].dump() : "?";
    return Finding{VerdictKind::kWrong,
                   fmt::format("output {} shares memory with {}, which PyTorch's does not", output, alias_name(alias))};
  }
  for (const Json& index : list_of(candidate, "reused")) {
    if (!is_on(Defence::kFreshMemory)) break;
    // What is a view of an input here and in PyTorch is the same memory in every call.
    const bool is_alias = std::any_of(shared.begin(), shared.end(),
                                      [&](const Json& alias) { return alias.is_array() && !alias.empty() && alias[0] == index; });
    if (is_alias) continue;
    return Finding{VerdictKind::kWrong,
                   fmt::format("output {} is memory from before the call: the next call may overwrite the result", index.dump())};
  }
  for (size_t i = 0; i < got.size(); ++i) {
    const bool is_alias = std::any_of(shared.begin(), shared.end(),
                                      [&](const Json& alias) { return alias.is_array() && !alias.empty() && alias[0] == i; });
    if (is_alias || element_count(expected[i]) == 0) continue;
    if (is_on(Defence::kLaunchEvidence) && !bool_or(got[i], "launched"))
      return Finding{VerdictKind::kFallback, fmt::format("no Triton kernel was given the memory of output {}", i)};
    if (is_on(Defence::kPoisonGone) && bool_or(got[i], "unwritten"))
      return Finding{VerdictKind::kFallback, fmt::format("output {} holds nothing but what unwritten memory was filled with", i)};
  }
  if (const Json& written = list_of(candidate, "written"); is_on(Defence::kUntouched) && !written.empty())
    return Finding{VerdictKind::kWrong, fmt::format("it writes to state that the problem leaves alone ({})",
                                                    written[0].is_string() ? written[0].get<std::string>() : "a tensor")};
  if (const Json& overrun = list_of(candidate, "overrun"); is_on(Defence::kGuardBytes) && !overrun.empty())
    return Finding{VerdictKind::kWrong, fmt::format("it writes behind memory that it allocated ({})",
                                                    overrun[0].is_string() ? overrun[0].get<std::string>() : "a tensor")};
  if (const Json& refused = list_of(candidate, "refused"); is_on(Defence::kForm) && !refused.empty())
    return Finding{VerdictKind::kWrong, fmt::format("{} does not fit what was expected",
                                                    refused[0].is_string() ? refused[0].get<std::string>() : "a result")};
  return std::nullopt;
}

}  // namespace ka
