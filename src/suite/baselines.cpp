#include "suite/baselines.h"

#include <charconv>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

/// "compile_reduce_overhead_ms" → "reduce-overhead"; empty for a column that is no contender.
std::string contender_of(const std::string& column) {
  if (column == "eager_ms") return "eager";
  if (column == "compile_ms" || column == "compile_default_ms") return "compile";
  if (column == "reduce_overhead_ms" || column == "compile_reduce_overhead_ms") return "reduce-overhead";
  if (column == "max_autotune_ms" || column == "compile_max_autotune_ms") return "max-autotune";
  return {};
}

}  // namespace

Result<Baselines> read_baselines(const std::filesystem::path& file) {
  KA_TRY(const std::string text, read_file(file));
  Baselines baselines;
  std::vector<std::string> head;
  int number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const std::vector<std::string> cells = split(line, '\t');
    if (head.empty()) {
      head = cells;
      if (head.front() != "problem")
        return fail(Fault::kInput, "the first column of a file of baselines is `problem`",
                    fmt::format("{}:{}", file.string(), number));
      continue;
    }
    std::string problem = cells.front();
    if (problem.ends_with(".py")) problem.resize(problem.size() - 3);
    for (size_t i = 1; i < cells.size() && i < head.size(); ++i) {
      const std::string contender = contender_of(head[i]);
      if (contender.empty() || cells[i].empty()) continue;
      double ms = 0;
      const char* const end = cells[i].data() + cells[i].size();
      const auto [rest, bad] = std::from_chars(cells[i].data(), end, ms);
      if (bad != std::errc() || rest != end || !(ms > 0))
        return fail(Fault::kInput, fmt::format("'{}' is no time in milliseconds", cells[i]),
                    fmt::format("{}:{}", file.string(), number));
      baselines[problem][contender] = ms;
    }
  }
  return baselines;
}

void add_baselines(SuiteRow& row, const Baselines& baselines, const std::string& source) {
  const auto known = baselines.find(row.problem);
  if (known == baselines.end()) return;
  for (const auto& [contender, ms] : known->second)
    if (row.time(contender) == nullptr) row.times.push_back({contender, ms, ms, ms, source});
}

}  // namespace ka
