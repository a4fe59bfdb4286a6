#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ka {

/// Reads a whole file. Missing, unreadable or a folder: Fault::kInput.
Result<std::string> read_file(const std::filesystem::path& path);

/// Reads at most the last `bytes` of a file, from a line's start where it cuts; empty when it cannot be read.
std::string read_tail(const std::filesystem::path& path, std::size_t bytes);

/// Replaces a file in one step: temporary file in the same folder, fsync, rename. A full or read-only disk is Fault::kEnvironment, and
/// the old content stays. Makes the folder if needed.
Status write_file_atomic(const std::filesystem::path& path, std::string_view content);

/// Appends in one write, so that lines of several processes do not mix; makes the file if needed.
Status append_file(const std::filesystem::path& path, std::string_view content);

/// Makes a folder and its parents; fine if it is there.
Status make_dirs(const std::filesystem::path& path);

/// Makes a fresh folder, readable only by us, named `prefix` plus six random letters, in TMPDIR or in `parent`.
Result<std::filesystem::path> make_temp_dir(std::string_view prefix, const std::filesystem::path& parent = {});

/// Removes a file or a whole folder; fine if it is not there.
Status remove_tree(const std::filesystem::path& path);

/// Copies one file's content to another place in one step, as write_file_atomic.
Status copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to);

/// Lists the entries' names, sorted by byte value.
Result<std::vector<std::string>> list_dir(const std::filesystem::path& path);

/// Says whether the path names a regular file, or a folder (links followed); never throws.
bool is_file(const std::filesystem::path& path);
bool is_dir(const std::filesystem::path& path);

/// Returns the path made absolute against the working directory and cleaned of "." and "..", without asking the disk.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Returns the running program's own path.
std::filesystem::path exe_path();

/// Finds a program: a path as given if it can be run, otherwise the first match in PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace ka
