#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ka {

/// Returns an environment variable; unset is nothing, set but empty is an empty text.
std::optional<std::string> get_env(const std::string& name);
/// Returns an environment variable, or the fallback when it is unset or empty.
std::string get_env_or(const std::string& name, std::string fallback);

using EnvEntries = std::vector<std::pair<std::string, std::string>>;

/// Parses the text of a .env file: KEY=VALUE lines, optional `export `, # comments, 'literal' and "escaped" quotes.
Result<EnvEntries> parse_env(std::string_view text, std::string_view where);

/// Loads a .env file into this process's environment; never overrides a variable that is set. Fine if the file is missing.
/// Call it before any thread starts.
Status load_env_file(const std::filesystem::path& path);

/// Reads `folder`/.env; nothing where there is none.
Result<EnvEntries> read_dotenv(const std::filesystem::path& folder);

}  // namespace ka
