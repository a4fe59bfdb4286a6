#include "suite/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "suite/problems.h"

namespace ka {

double geometric_mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double speedup_over(const SuiteRow& row, std::string_view baseline) {
  if (baseline != kBest) return row.speedup(baseline);
  const RowTime* best = row.best_baseline();
  return best == nullptr ? 0 : row.speedup(best->name);
}

std::vector<std::string> baselines_of(const std::vector<SuiteRow>& rows) {
  std::vector<std::string> found;
  const auto has = [&](std::string_view name) {
    return std::any_of(rows.begin(), rows.end(), [&](const SuiteRow& row) { return row.time(name) != nullptr; });
  };
  for (const char* name : {"eager", "compile", "reduce-overhead", "max-autotune"})
    if (has(name)) found.emplace_back(name);
  if (found.size() > 1) found.emplace_back(kBest);
  return found;
}

double fast_p(const std::vector<SuiteRow>& rows, std::string_view baseline, double p) {
  if (rows.empty()) return 0;
  const auto fast = [&](const SuiteRow& row) { return p <= 0 ? row.accepted() : speedup_over(row, baseline) > p; };
  return static_cast<double>(std::count_if(rows.begin(), rows.end(), fast)) / static_cast<double>(rows.size());
}

namespace {

LevelSpeed speed_of(const std::vector<SuiteRow>& rows, const std::string& baseline) {
  LevelSpeed speed;
  speed.baseline = baseline;
  std::vector<double> all, sound;
  for (const SuiteRow& row : rows) {
    const double times = speedup_over(row, baseline);
    if (times <= 0) continue;
    all.push_back(times);
    if (!row.is_degenerate()) sound.push_back(times);
    speed.faster += times > 1;
  }
  speed.all = {geometric_mean(all), all.size()};
  speed.sound = {geometric_mean(sound), sound.size()};
  speed.least = all.empty() ? 0 : *std::min_element(all.begin(), all.end());
  return speed;
}

LevelSummary summary_of(std::string level, const std::vector<SuiteRow>& rows, const std::vector<std::string>& baselines) {
  LevelSummary summary;
  summary.level = std::move(level);
  summary.problems = rows.size();
  std::vector<double> fractions, of_memory, seconds;
  for (const SuiteRow& row : rows) {
    summary.judged += row.judged;
    summary.accepted += row.accepted();
    summary.degenerate += row.accepted() && row.is_degenerate();
    summary.timed += row.time(kTriton) != nullptr;
    if (row.accepted()) seconds.push_back(row.seconds);
    const double fraction = floor_fraction(row);
    if (fraction <= 0) continue;
    fractions.push_back(fraction);
    if (floor_of(row)->is_memory_bound()) of_memory.push_back(fraction);
  }
  for (const std::string& baseline : baselines) summary.speeds.push_back(speed_of(rows, baseline));
  summary.floor_median = median(std::move(fractions));
  summary.memory_floor_median = median(std::move(of_memory));
  summary.seconds_median = median(std::move(seconds));
  return summary;
}

}  // namespace

std::vector<LevelSummary> summarise(const std::vector<SuiteRow>& rows) {
  const std::vector<std::string> baselines = baselines_of(rows);
  std::map<std::string, std::vector<SuiteRow>, decltype(&counts_before)> levels(&counts_before);
  for (const SuiteRow& row : rows) levels[level_of(row.problem)].push_back(row);
  std::vector<LevelSummary> summaries;
  for (const auto& [level, mine] : levels) summaries.push_back(summary_of(level, mine, baselines));
  if (summaries.size() > 1) summaries.push_back(summary_of("all", rows, baselines));
  return summaries;
}

std::optional<Floor> floor_of(const SuiteRow& row) {
  const GpuFigures* figures = figures_of(row.gpu);
  if (figures == nullptr || row.work.bytes <= 0) return std::nullopt;
  return floor_of(row.work, *figures);
}

double floor_fraction(const SuiteRow& row) {
  const std::optional<Floor> floor = floor_of(row);
  const RowTime* ours = row.time(kTriton);
  return floor && ours != nullptr && ours->ms > 0 ? floor->ms() / ours->ms : 0;
}

std::string bottleneck(const SuiteRow& row) {
  const std::optional<Floor> floor = floor_of(row);
  const RowTime* ours = row.time(kTriton);
  if (!floor || ours == nullptr || ours->ms <= 0) return {};
  const GpuFigures& figures = *figures_of(row.gpu);
  const double launching = 1e3 * figures.launch_seconds * static_cast<double>(row.launches);
  if (launching > ours->ms / 2)
    return fmt::format("launch bound: {} of about {:.0f} us make {:.3g} of its {:.3g} ms",
                       plural(row.launches, "launch", "launches"), figures.launch_seconds * 1e6, launching, ours->ms);
  if (floor->is_memory_bound()) {
    const double moved = std::max(row.planned_bytes, row.work.bytes);
    std::string text = fmt::format("memory bound: at least {:.3g} GB in {:.3g} ms, {:.2g} of {:.2g} TB/s", row.work.bytes / 1e9,
                                   ours->ms, row.work.bytes / ours->ms / 1e9, figures.bytes_per_second / 1e12);
    if (moved > 1.2 * row.work.bytes)
      text += fmt::format("; its {} move {:.3g} GB", plural(row.launches, "launch", "launches"), moved / 1e9);
    return text;
  }
  return fmt::format("compute bound: {:.3g} TFLOP in {:.3g} ms, {:.0f} of {:.0f} TFLOP/s", row.work.flops / 1e12, ours->ms,
                     row.work.flops / ours->ms / 1e9, figures.flops_per_second / 1e12);
}

}  // namespace ka
