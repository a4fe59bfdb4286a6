#pragma once

#include <optional>
#include <string_view>

namespace ka {

/// How much is spent on finding a fast kernel among right ones.
enum class Tuning {
  kOff,    ///< nothing: the first that is accepted, in the order of the author's predictions
  kQuick,  ///< the author's own few candidates are judged and timed
  kFull,   ///< so are variations of them
};
std::string_view name(Tuning tuning);
/// Reads "off", "quick" or "full".
std::optional<Tuning> parse_tuning(std::string_view text);

}  // namespace ka
