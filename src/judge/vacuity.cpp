#include "judge/vacuity.h"

#include <algorithm>

namespace ka {

void Vacuity::observe(const std::string& output, const std::string& substitute, const Distance& distance,
                      const Yardstick& yardstick) {
  Seen& seen = outputs_[output].substitutes[substitute];
  seen.passes = seen.passes && bound_used(distance, yardstick) <= 1;
  seen.trivial = seen.trivial && is_trivially_near(distance, yardstick);
  seen.tight = seen.tight && tight_bound_used(distance.rms_error, yardstick) <= 1;
}

void Vacuity::observe_result(const std::string& output, double rms_error, const Yardstick& yardstick) {
  Output& one = outputs_[output];
  one.candidate = std::max(one.candidate, tight_bound_used(rms_error, yardstick));
  one.reference = std::max(one.reference, tight_bound_used(yardstick.reference_rms, yardstick));
}

bool Vacuity::is_alive(const std::string& output, const std::string& substitute) const {
  const auto one = outputs_.find(output);
  if (one == outputs_.end()) return true;
  const auto seen = one->second.substitutes.find(substitute);
  return seen == one->second.substitutes.end() || seen->second.passes;
}

std::vector<VacuityRuling> Vacuity::rulings() const {
  using Kind = VacuityRuling::Kind;
  std::vector<VacuityRuling> rulings;
  for (const auto& [name, output] : outputs_) {
    const auto find_if = [&all = output.substitutes](auto&& holds) {
      return std::find_if(all.begin(), all.end(), [&](const auto& entry) { return entry.second.passes && holds(entry.second); });
    };
    const auto none = output.substitutes.end();
    const auto passing = find_if([](const Seen&) { return true; });
    if (passing == none) continue;
    if (const auto trivial = find_if([](const Seen& seen) { return seen.trivial; }); trivial != none) {
      rulings.push_back({Kind::kTrivial, name, trivial->first});
    } else if (const auto tight = find_if([](const Seen& seen) { return seen.tight; }); tight != none) {
      rulings.push_back({Kind::kVacuous, name, tight->first});
    } else {
      const Kind kind = output.candidate <= 1 ? Kind::kHolds : output.reference <= 1 ? Kind::kTooFar : Kind::kVacuous;
      rulings.push_back({kind, name, passing->first});
    }
  }
  return rulings;
}

}  // namespace ka
