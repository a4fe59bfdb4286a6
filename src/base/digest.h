#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ka {

/// Returns the SHA-256 of the bytes as 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
/// Returns the SHA-256 of a file's content.
Result<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace ka
