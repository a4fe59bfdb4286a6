#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ka {

/// Packs files (name, content) into a gzipped tar; the same files give the same bytes.
Result<std::string> tar_gz(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace ka
