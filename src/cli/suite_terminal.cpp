#include "cli/suite_terminal.h"

#include <algorithm>

#include "base/text.h"
#include "suite/statistics.h"

namespace ka {
namespace {

constexpr const char* kGood = "32";
constexpr const char* kBad = "31";

std::string in_colour(const TerminalStyle& style, const char* code, std::string_view text) {
  return style.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string times_text(const SuiteRow& row) {
  const RowTime* ours = row.time(kTriton);
  if (ours == nullptr) return "not timed: " + row.untimed;
  std::string text = fmt::format("{:.3g} ms", ours->ms);
  for (const RowTime& one : row.times)
    if (one.name != kTriton) text += fmt::format(", {:.2f}× {}", row.speedup(one.name), one.name);
  if (const double fraction = floor_fraction(row); fraction > 0) text += fmt::format(", {:.0f} % of the floor", 100 * fraction);
  return text;
}

}  // namespace

void SuiteTerminal::erase() {
  if (!drawn_) return;
  std::fputs("\r\x1b[2K", stream_);
  std::fflush(stream_);
  drawn_ = false;
}

void SuiteTerminal::say(const std::string& text) {
  erase();
  std::fputs((text + "\n").c_str(), stream_);
  std::fflush(stream_);
}

void SuiteTerminal::line(bool good, const std::string& left, const std::string& text, const SuiteProgress& progress) {
  const std::string count = fmt::format("{}/{}", progress.done, progress.of);
  say(fmt::format("  {} {:>7}  {}  {}", in_colour(style_, good ? kGood : kBad, good ? "✓" : "✗"), count, left, text));
}

void SuiteTerminal::judged(const SuiteRow& row, const SuiteProgress& progress) {
  std::string text = row.accepted() ? "accepted" : row.status;
  if (row.accepted() && !row.qualifier.empty()) text += ", " + row.qualifier;
  if (row.accepted()) text += ", " + share_of_bound(row.bound_used);
  if (!row.accepted()) text += ": " + row.reason;
  line(row.accepted(), row.problem, fmt::format("{}  {}", text, duration_text(row.seconds)), progress);
}

void SuiteTerminal::timed(const SuiteRow& row, const SuiteProgress& progress) {
  line(row.time(kTriton) != nullptr, row.problem, times_text(row), progress);
}

void SuiteTerminal::tick(const SuiteProgress& progress) {
  if (!style_.live || progress.of == 0) return;
  erase();
  constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  std::string text = fmt::format("{} {}/{}", progress.timing ? "timing" : "judging", progress.done, progress.of);
  if (!progress.timing) text += fmt::format(", {} accepted", progress.accepted);
  text += progress.left > 0 ? fmt::format(", about {} left", duration_text(progress.left)) : "";
  for (const auto& [problem, seconds] : progress.running) text += fmt::format(" · {} {}", problem, duration_text(seconds));
  text = shorten(text, static_cast<size_t>(std::max(style_.width - 6, 20)));
  std::fputs(fmt::format("  {} {}", kFrames[frame_++ % std::size(kFrames)], text).c_str(), stream_);
  std::fflush(stream_);
  drawn_ = true;
}

}  // namespace ka
