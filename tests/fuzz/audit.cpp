#include "audit.h"

#include <algorithm>
#include <cmath>

namespace ka::fuzz {
namespace {

double roundoff(const std::string& dtype) { return dtype == "float32" ? 0x1p-24 : dtype == "float16" ? 0x1p-11 : 0x1p-53; }

}  // namespace

bool Audit::is_discrete(const std::string& name) const { return !types_.at(name).starts_with("float"); }

const Json* Audit::part(const Json& reply, const char* field, const std::string& name) {
  const Json* all = find(reply, field);
  const Json* one = all != nullptr ? find(*all, name) : nullptr;
  if (one == nullptr || !one->is_object()) {
    malformed_ = true;
    return nullptr;
  }
  return one;
}

/// A number that is none below zero; infinity is one, NaN is not.
std::optional<double> Audit::number(const Json* figures, const char* key) {
  if (figures == nullptr) return std::nullopt;
  const Json* field = find(*figures, key);
  std::optional<double> value;
  if (field != nullptr && field->is_number()) value = field->get<double>();
  if (field != nullptr && *field == "inf") value = INFINITY;
  if (!value || !(*value >= 0)) {
    malformed_ = true;
    return std::nullopt;
  }
  return value;
}

void Audit::deliver(const Json& request, const Json& reply) {
  const std::string what = string_or(request, "request");
  if (what == "digest") return digests(request, reply);
  if (what != "oracle" && what != "reference" && what != "measure") return;
  if (what == "oracle") yards_.clear();
  for (const auto& [name, dtype] : types_) {
    const Json* one = part(reply, what == "oracle" ? "oracle" : "figures", name);
    Yard& yard = yards_[name];
    if (what == "oracle") {
      if (!is_discrete(name)) yard.oracle = number(one, "rms").value_or(0);
      continue;
    }
    if (is_discrete(name)) {
      const std::optional<double> differing = number(one, "differing");
      if (what == "measure" && differing.value_or(0) != 0) convicts_ = true;
      continue;
    }
    const double rms = number(one, "rms_error").value_or(0), scaled = number(one, "max_scaled").value_or(0);
    const double misplaced = number(one, "misplaced").value_or(0);
    if (what == "reference") {
      yard.rms = std::max(yard.rms, rms), yard.max = std::max(yard.max, scaled);
      continue;
    }
    const double count = one != nullptr && find(*one, "count") != nullptr ? number(one, "count").value_or(0) : 0;
    const double u = roundoff(dtype) * (count > 0 ? 1 + 8 / count : 1);
    if (misplaced != 0 || !(rms <= 3 * yard.rms + 4 * u * yard.oracle) || !(scaled <= 4 * yard.max + 8 * u)) convicts_ = true;
  }
  if (what == "measure") ++measured_;
}

void Audit::digests(const Json& request, const Json& reply) {
  std::vector<std::string> names, values;
  for (const Json& name : *find(request, "groups")) {
    const Json* all = find(reply, "digests");
    names.push_back(name.get<std::string>());
    values.push_back(all != nullptr ? string_or(*all, names.back()) : "");
    malformed_ = malformed_ || values.back().empty();
  }
  if (names.front() == "candidate") {  // before and after the second call on one input set
    convicts_ = convicts_ || (!first_result_.empty() && first_result_ != values.front());
    first_result_ = first_result_.empty() ? values.front() : "";
  } else if (names.front().starts_with("given_")) {
    convicts_ = convicts_ || values != originals_;
  } else {
    originals_ = values;
  }
}

}  // namespace ka::fuzz
