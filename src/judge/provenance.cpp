#include "judge/provenance.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ka {
namespace {

constexpr std::string_view kHead = "# This problem was written by ";
constexpr std::string_view kTail = ", and no person has confirmed it yet.";

}  // namespace

std::string mark_as_written_by(std::string_view author, std::string_view problem) {
  return fmt::format("{}{}{}\n{}", kHead, replace_all(std::string(author), "\n", " "), kTail, problem);
}

std::string unconfirmed_author(std::string_view problem) {
  for (const std::string& line : split_lines(problem)) {
    if (!line.starts_with(kHead)) continue;
    const std::string_view author = std::string_view(line).substr(kHead.size());
    return std::string(author.substr(0, author.find(kTail)));
  }
  return {};
}

std::string confirmed(std::string_view problem) {
  std::string text;
  for (const std::string& line : split(problem, '\n')) {
    if (!line.starts_with(kHead)) text += line + "\n";
  }
  if (!text.empty()) text.pop_back();  // split yields what follows the last line's end, too
  return text;
}

}  // namespace ka
