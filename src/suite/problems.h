#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ka {

/// One problem of a suite. `name` is unique in it: folder and stem ("level1/19_ReLU"), with as many folders as it takes.
struct SuiteProblem {
  std::string name;
  std::filesystem::path path;
};

/// Which of the problems found a suite takes.
struct Selection {
  std::vector<std::string> only;  ///< patterns (* ? []) that a name may match, or parts of a name; empty: all
  int shard = 1, shards = 1;      ///< every `shards`-th problem, beginning with number `shard`
  size_t limit = 0;               ///< at most so many; 0: all
};

/// Reads "2/8".
Result<Selection> parse_shard(const std::string& text);

/// Finds the problems that files and folders (with all below them) hold, in the order in which people count: 2 before 10. A file that is
/// named twice counts once. Errors: a path that is not there, nothing found, nothing selected.
Result<std::vector<SuiteProblem>> find_problems(const std::vector<std::string>& words, const Selection& selection);

/// Compares names as people count: runs of digits by their value.
bool counts_before(std::string_view a, std::string_view b);

/// The folders of a name: "level1" of "level1/19_ReLU"; empty where there are none.
std::string level_of(std::string_view name);

}  // namespace ka
