#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "base/env.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e %L %v";

LogLevel level_from_environment() {
  const std::string name = to_lower(get_env_or("LOG_LEVEL", "warning"));
  if (name == "trace") return LogLevel::kTrace;
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "error" || name == "critical") return LogLevel::kError;
  if (name == "off") return LogLevel::kOff;
  return LogLevel::kWarning;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace: return spdlog::level::trace;
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kOff: return spdlog::level::off;
  }
  return spdlog::level::off;
}

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("kernelagent", std::move(sink));
  logger->set_pattern(kPattern, spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

struct LogState {
  std::shared_ptr<spdlog::logger> logger = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  std::atomic<LogLevel> level = level_from_environment();
};

LogState& state() {
  static LogState state;
  return state;
}

}  // namespace

Status log_to_file(const std::filesystem::path& path) {
  try {
    state().logger = make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string()));
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    return fail(Fault::kEnvironment, fmt::format("cannot open the log file: {}", error.what()), path.string());
  }
}

void set_log_level(LogLevel level) { state().level = level; }

bool log_enabled(LogLevel level) { return level >= state().level.load(std::memory_order_relaxed) && level != LogLevel::kOff; }

void log_line(LogLevel level, std::string_view line) {
  state().logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace ka
