#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"

namespace ka {

inline constexpr const char* kConfigFile = "kernelagent.toml";

/// Reads `folder`/kernelagent.toml: settings by key (docs/CONFIG.md), as text. Nothing where there is no such file. An error names the
/// line; for a key that is no setting, also the setting with the most similar name.
Result<std::map<std::string, std::string>> read_config_file(const std::filesystem::path& folder);

}  // namespace ka
