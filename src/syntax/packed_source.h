#pragma once

#include <filesystem>
#include <string_view>

#include "base/json.h"

namespace ka {

/// Reads a Python file, and the modules beside it that it imports, for a worker that cannot see them:
/// {"text": BYTES, "modules": {"layers.py": BYTES, "blocks/__init__.py": BYTES}}. Every byte is one character (Latin-1), so that a file
/// arrives as it is, whatever its encoding. Null where the file cannot be read: the worker says so. Modules stop at 16 MiB.
Json packed_source(const std::filesystem::path& file);

/// The same of a text at hand, without modules.
Json packed_text(std::string_view bytes);

}  // namespace ka
