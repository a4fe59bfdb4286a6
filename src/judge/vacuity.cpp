#include "judge/vacuity.h"

#include <algorithm>

namespace ka {

void Vacuity::observe(const std::string& output, const std::string& substitute, const Distance& distance,
                      const Yardstick& yardstick) {
  Seen& seen = outputs_[output][substitute];
  seen.passes = seen.passes && bound_used(distance, yardstick) <= 1;
  seen.trivial = seen.trivial && is_trivially_near(distance, yardstick);
}

std::vector<std::string> Vacuity::names(bool trivial) const {
  std::vector<std::string> found;
  for (const auto& [output, substitutes] : outputs_) {
    const auto is_trivial = [](const auto& entry) { return entry.second.passes && entry.second.trivial; };
    const auto passes = [](const auto& entry) { return entry.second.passes; };
    const auto by_definition = std::find_if(substitutes.begin(), substitutes.end(), is_trivial);
    const bool defined = by_definition != substitutes.end();
    const auto by_bound = std::find_if(substitutes.begin(), substitutes.end(), passes);
    if (trivial && defined) found.push_back(fmt::format("{} ({})", output, by_definition->first));
    if (!trivial && !defined && by_bound != substitutes.end()) found.push_back(fmt::format("{} ({})", output, by_bound->first));
  }
  return found;
}

}  // namespace ka
