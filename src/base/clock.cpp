#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace ka {
namespace {

std::tm utc_fields(UtcTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm fields = {};
  ::gmtime_r(&seconds, &fields);
  return fields;
}

}  // namespace

std::string utc_timestamp(UtcTime time) {
  const std::tm t = utc_fields(time);
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                     t.tm_sec, millis);
}

std::string utc_compact(UtcTime time) {
  const std::tm t = utc_fields(time);
  return fmt::format("{:04}{:02}{:02}_{:02}{:02}{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

}  // namespace ka
