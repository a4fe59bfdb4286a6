#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "kernel/author.h"

namespace ka {

/// One row of the platform table: what kernels run on, and what is known about it.
struct Platform {
  std::string_view name;      ///< "cuda"
  std::string_view device;    ///< torch device string
  bool interpret;             ///< kernels run in Triton's interpreter
  bool timing;                ///< the judge can time kernels here
  bool tested;                ///< the test suite has run here
  std::string_view provides;  ///< what the machine must have
  std::string_view note;      ///< what was tested where, and what was not
};

/// The platform table, `auto` excluded, in the order in which `auto` tries it.
std::span<const Platform> platforms();

/// Picks a row by name; `auto` takes the first whose device this machine shows, and cpu otherwise. An unknown name is an input error that
/// lists the names.
Result<Platform> choose_platform(std::string_view name);

/// True if the machine shows a device of this platform (a device node; no library is loaded).
bool is_present(const Platform& platform);

/// Describes the device for authors, from the worker's answer to `devices` (docs/PROTOCOL.md); `answer` may be null.
Target target_of(const Platform& platform, const Json& answer);

}  // namespace ka
