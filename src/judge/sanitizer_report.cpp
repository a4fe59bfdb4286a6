#include "judge/sanitizer_report.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kWidth = 240;

/// One entry of a report: a line, and those below it that are indented.
struct Entry {
  std::string head;
  std::vector<std::string> details;

  std::string_view detail(std::string_view begin) const {
    const auto found =
        std::find_if(details.begin(), details.end(), [&](const std::string& one) { return one.starts_with(begin); });
    return found == details.end() ? std::string_view() : *found;
  }
};

/// Splits a report, whose every line begins with "=========", into its entries; other lines are the program's own.
std::vector<Entry> entries_of(std::string_view report) {
  std::vector<Entry> entries;
  for (const std::string& line : split_lines(report)) {
    if (!line.starts_with("=========")) continue;
    const std::string_view rest = std::string_view(line).substr(9);
    const std::string text(trim(rest));
    if (text.empty()) continue;
    if (rest.starts_with("  ") && !entries.empty()) {
      entries.back().details.push_back(text);
    } else {
      entries.push_back({text, {}});
    }
  }
  return entries;
}

bool is_summary(const Entry& entry) { return entry.head.find("SUMMARY:") != std::string::npos; }

bool is_race(const Entry& entry) {
  const bool error = entry.head.starts_with("Error:") || entry.head.starts_with("ERROR:");
  return error && entry.head.find("Race reported") != std::string::npos;
}

/// An entry that names an instruction: "at gelu_kernel+0x90 in gelu.py:12".
bool is_access(const Entry& entry) { return !entry.detail("at ").empty(); }

bool is_of_pytorch(const Entry& entry) {
  const std::string place = entry.head + " " + std::string(entry.detail("at ")) + " " + std::string(entry.detail("and "));
  return place.find("at::native") != std::string::npos || place.find("at_cuda_detail") != std::string::npos;
}

/// "… and is 4 bytes after the nearest allocation at 0x7f… of size 16 bytes" → "4 bytes after the nearest allocation": addresses change.
std::string distance(const Entry& entry) {
  for (const std::string& detail : entry.details) {
    const size_t end = detail.find(" the nearest allocation");
    if (!detail.starts_with("and is ") || end == std::string::npos) continue;
    return ", " + detail.substr(7, end - 7) + " the nearest allocation";
  }
  return "";
}

std::string shown(const Entry& entry, bool race) {
  const std::string_view more = entry.detail(race ? "and " : "at ");
  std::string text = fmt::format("{} {}{}", entry.head, more, race ? "" : distance(entry));
  return shorten(text, kWidth);
}

}  // namespace

SanitizerRuling rule_on_report(WorkerRole check, std::string_view report) {
  const bool races = check == WorkerRole::kRacecheck;
  SanitizerRuling ruling;
  std::string summary, trouble;
  size_t foreign = 0;
  for (const Entry& entry : entries_of(report)) {
    if (is_summary(entry)) {
      summary = entry.head;
    } else if (races ? is_race(entry) : is_access(entry)) {
      if (is_of_pytorch(entry)) {
        ++foreign;
      } else if (!ruling.finding) {
        ruling.finding = Finding{races ? VerdictKind::kFlaky : VerdictKind::kWrong,
                                 fmt::format("compute-sanitizer's {}: {}", name(check), shown(entry, races))};
        ruling.said = shown(entry, races);
      }
    } else if (entry.head != "COMPUTE-SANITIZER" && trouble.empty()) {
      trouble = entry.head;
    }
  }
  if (ruling.finding) return ruling;
  const std::string also = trouble.empty() ? "" : ": " + shorten(trouble, kWidth);
  const bool clean =
      summary.find("SUMMARY: 0 ") != std::string::npos || (races && summary.find("(0 errors") != std::string::npos);
  if (summary.empty()) {
    ruling.said = "no summary" + also;
  } else if (clean) {
    ruling.said = "no errors";
  } else if (foreign > 0) {
    ruling.said = fmt::format("errors in PyTorch's own kernels only ({})", summary);
  } else {
    ruling.said = fmt::format("no kernel is named ({}){}", summary, also);
  }
  return ruling;
}

}  // namespace ka
