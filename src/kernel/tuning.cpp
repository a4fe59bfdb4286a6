#include "kernel/tuning.h"

#include <array>

namespace ka {
namespace {

constexpr std::array<std::string_view, 3> kTunings = {"off", "quick", "full"};

}  // namespace

std::string_view name(Tuning tuning) { return kTunings[static_cast<size_t>(tuning)]; }

std::optional<Tuning> parse_tuning(std::string_view text) {
  for (size_t i = 0; i < kTunings.size(); ++i)
    if (kTunings[i] == text) return static_cast<Tuning>(i);
  return std::nullopt;
}

}  // namespace ka
