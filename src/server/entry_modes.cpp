#include "server/entry_modes.h"

#include <algorithm>
#include <array>

namespace ka {
namespace {

constexpr std::array<EntryMode, 3> kModes = {{
    {"kernel", "kernel-agent", "Kernel agent",
     "One kernel, written by a model: described in words, or for the whole of a program.", "judge", "agent", true},
    {"fuser", "fuser-ui", "Fuser",
     "Refactor and plan only: how the program is cut into subgraphs, and why; no kernel is written.", "plan", "", false},
    {"pipeline", "pipeline-ui", "Full pipeline", "Trace, plan, write and judge every kernel, compose, judge the whole program.",
     "judge", "", true},
}};

}  // namespace

std::span<const EntryMode> entry_modes() { return kModes; }

const EntryMode* entry_mode(std::string_view name) {
  const auto found = std::find_if(kModes.begin(), kModes.end(), [&](const EntryMode& mode) { return mode.name == name; });
  return found == kModes.end() ? nullptr : &*found;
}

}  // namespace ka
