#pragma once

#include <filesystem>

#include "base/check.h"
#include "base/file.h"

namespace ka {

/// Finds a file or folder of the repository from the test program's place (build/<preset>/) or the working directory.
inline std::filesystem::path find_in_repository(const std::filesystem::path& relative) {
  for (std::filesystem::path start : {std::filesystem::current_path(), exe_path().parent_path()}) {
    for (; start.has_relative_path(); start = start.parent_path()) {
      if (is_dir(start / relative) || is_file(start / relative)) return start / relative;
    }
  }
  KA_CHECK(false, "tests run inside the repository");
  return {};
}

}  // namespace ka
