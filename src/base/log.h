#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

// The developers' stream; people are told things by typed events instead. No keys, no prompts' secrets.

namespace ka {

enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kOff };

/// Sends the log to a file instead of stderr.
Status log_to_file(const std::filesystem::path& path);
/// Overrides LOG_LEVEL (trace, debug, info, warning, error, off; the default is warning).
void set_log_level(LogLevel level);
/// Says whether a line of this level would be written.
bool log_enabled(LogLevel level);
/// Writes one line.
void log_line(LogLevel level, std::string_view line);

/// Formats and writes a line if its level is on.
template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kDebug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kInfo, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kWarning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::kError, format, std::forward<Args>(args)...);
}

}  // namespace ka
