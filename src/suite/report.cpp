#include "suite/report.h"

#include <algorithm>

#include "base/text.h"
#include "suite/document.h"
#include "suite/pictures.h"
#include "suite/statistics.h"

namespace ka {
namespace {

constexpr double kThresholds[] = {0, 0.5, 0.8, 1, 1.2, 1.5, 2, 3, 5, 10};

std::string times(double value) { return value > 0 ? fmt::format("{:.2f}×", value) : ""; }
std::string milliseconds(const RowTime* time) {
  return time == nullptr ? "" : fmt::format("{:.3g}{}", time->ms, time->source.empty() ? "" : " *");
}
/// ≈ before it where the 95 % intervals of the two medians overlap, so that neither won.
std::string fold_text(const SuiteRow& row, std::string_view baseline) {
  const RowTime *ours = row.time(kTriton), *theirs = row.time(baseline);
  const std::string text = times(row.speedup(baseline));
  if (text.empty() || !theirs->source.empty()) return text;
  return ours->low_ms <= theirs->high_ms && theirs->low_ms <= ours->high_ms ? "≈ " + text : text;
}
std::string percent(double share) { return share > 0 ? fmt::format("{:.0f} %", 100 * share) : ""; }
std::string mean_text(const Mean& mean) { return mean.of == 0 ? "" : fmt::format("{:.2f}× (of {})", mean.value, mean.of); }
std::string duration(double seconds) {
  return seconds > 0 ? human_duration(std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9))) : "";
}
std::string level_name(const std::string& level) { return level.empty() ? "(no folder)" : level; }

std::string verdict_of(const SuiteRow& row) {
  if (!row.judged) return "not judged yet";
  if (row.accepted()) return row.qualifier.empty() ? "accepted" : "accepted, " + row.qualifier;
  return row.verdict.empty() ? row.status : row.verdict;
}

/// Whether memory may be what the problem lacked.
bool may_lack_memory(const SuiteRow& row) {
  return row.status == "crashed" || row.status == "timed_out" || to_lower(row.reason).find("memory") != std::string::npos;
}

std::string why_not(const SuiteRow& row) {
  std::string text = row.reason;
  if (!row.where.empty()) text += fmt::format(" ({})", row.where);
  if (may_lack_memory(row) && row.needs_bytes > 0)
    text += fmt::format("; judging it takes about {} at the most", human_bytes(static_cast<uint64_t>(row.needs_bytes)));
  return text;
}

std::vector<std::string> facts(const Json& head, const std::vector<SuiteRow>& rows, const LevelSummary& all, double seconds) {
  const Json* machine = find(head, "machine");
  const Json* program = find(head, "kernelagent");
  const auto fact = [](const Json* json, const char* key) { return json == nullptr ? std::string() : string_or(*json, key); };
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} of {} accepted{}.", all.accepted, plural(static_cast<int64_t>(all.problems), "problem"),
                              all.degenerate > 0 ? fmt::format(", {} of them degenerate (listed apart)", all.degenerate) : ""));
  if (all.judged < all.problems) lines.push_back(fmt::format("{} not judged yet.", all.problems - all.judged));
  const std::string gpu = fact(machine, "gpu");
  lines.push_back(gpu.empty() ? "No GPU: kernels ran in Triton's interpreter, so there are verdicts and no times."
                              : fmt::format("{}, driver {}.", gpu, fact(machine, "driver")));
  lines.push_back(fmt::format("torch {}, Triton {}, Python {}; kernelagent {} ({}).", fact(machine, "torch"),
                              fact(machine, "triton"), fact(machine, "python"), fact(program, "version"),
                              fact(program, "commit")));
  int64_t calls = 0, tokens = 0;
  double usd = 0;
  for (const SuiteRow& row : rows) calls += row.calls, tokens += row.tokens, usd += row.usd;
  lines.push_back(calls == 0 ? "No call of a model."
                             : fmt::format("{} of models, {} tokens, {:.2f} USD.", plural(calls, "call"), tokens, usd));
  std::string lasted = "Wall time of all sittings: " + duration(seconds) + ".";
  if (const Json* from = find(head, "merged_from"); from != nullptr && !from->empty())
    lasted += fmt::format(" Merged from {}.", plural(static_cast<int64_t>(from->size()), "suite"));
  lines.push_back(std::move(lasted));
  if (!gpu.empty()) {
    const GpuFigures* figures = figures_of(gpu);
    lines.push_back(figures == nullptr
                        ? "This GPU's bandwidth and throughput have not been measured: no floors."
                        : fmt::format("Floor: max(bytes / {:.2g} TB/s, FLOPs / {:.0f} TFLOP/s); {}.",
                                      figures->bytes_per_second / 1e12, figures->flops_per_second / 1e12, figures->note));
  }
  return lines;
}

Section level_section(const std::vector<LevelSummary>& levels) {
  Section section{"Levels", {}, {}, {}};
  section.table.head = {"level",
                        "problems",
                        "accepted",
                        "degenerate",
                        "timed",
                        "median floor fraction",
                        "of memory-bound ones",
                        "median time to verdict"};
  for (const LevelSummary& level : levels)
    section.table.rows.push_back({level_name(level.level), fmt::format("{}", level.problems), fmt::format("{}", level.accepted),
                                  fmt::format("{}", level.degenerate), fmt::format("{}", level.timed),
                                  percent(level.floor_median), percent(level.memory_floor_median),
                                  duration(level.seconds_median)});
  return section;
}

Section speed_section(const std::vector<LevelSummary>& levels) {
  Section section{"Speed-ups, geometric means", {}, {}, {}};
  section.table.head = {"level", "against", "all", "without the degenerate", "faster on", "least"};
  section.table.numbers = 2;
  for (const LevelSummary& level : levels)
    for (const LevelSpeed& speed : level.speeds)
      if (speed.all.of > 0)
        section.table.rows.push_back(
            {level_name(level.level), speed.baseline, mean_text(speed.all), mean_text(speed.sound),
             fmt::format("{:.0f} %", 100.0 * static_cast<double>(speed.faster) / static_cast<double>(speed.all.of)),
             times(speed.least)});
  return section;
}

Section fast_section(const std::vector<SuiteRow>& rows, const std::vector<std::string>& baselines) {
  Section section{"fast_p: share of all problems accepted and more than p times faster", {}, {}, {}};
  if (baselines.empty()) return section;
  section.table.head = {"against"};
  for (const double p : kThresholds) section.table.head.push_back(fmt::format("p = {}", p));
  for (const std::string& baseline : baselines) {
    std::vector<std::string> cells = {baseline};
    for (const double p : kThresholds) cells.push_back(fmt::format("{:.3f}", fast_p(rows, baseline, p)));
    section.table.rows.push_back(std::move(cells));
  }
  return section;
}

/// Where a baseline was faster, slowest first, and what the time goes into.
Section lost_section(const std::vector<SuiteRow>& rows) {
  Section section{"Where a baseline was faster", {}, {}, {}};
  section.table.head = {"problem", "to", "why", "ours, ms", "theirs, ms", "×"};
  section.table.numbers = 3;
  std::vector<const SuiteRow*> lost;
  for (const SuiteRow& row : rows)
    if (const double fold = speedup_over(row, kBest); fold > 0 && fold < 1) lost.push_back(&row);
  std::stable_sort(lost.begin(), lost.end(),
                   [](const SuiteRow* a, const SuiteRow* b) { return speedup_over(*a, kBest) < speedup_over(*b, kBest); });
  for (const SuiteRow* row : lost)
    section.table.rows.push_back({row->problem, row->best_baseline()->name, bottleneck(*row), milliseconds(row->time(kTriton)),
                                  milliseconds(row->best_baseline()), fold_text(*row, row->best_baseline()->name)});
  return section;
}

Section refused_section(const std::vector<SuiteRow>& rows) {
  Section section{"Not accepted", {}, {}, {}};
  section.table.head = {"problem", "verdict", "why"};
  section.table.numbers = 3;
  for (const SuiteRow& row : rows)
    if (row.judged && !row.accepted()) section.table.rows.push_back({row.problem, verdict_of(row), why_not(row)});
  return section;
}

Section degenerate_section(const std::vector<SuiteRow>& rows) {
  Section section{"Degenerate problems", {}, {}, {}};
  for (const SuiteRow& row : rows)
    if (row.accepted() && row.is_degenerate()) section.lines.push_back(fmt::format("{}: {}", row.problem, row.qualifier));
  return section;
}

std::string authors_text(const SuiteRow& row) {
  std::vector<std::string> all;
  for (const auto& [author, count] : row.authors) all.push_back(fmt::format("{} {}", author, count));
  return join(all, ", ");
}

Section row_section(const std::vector<SuiteRow>& rows, const std::vector<std::string>& baselines) {
  Section section{"Problems", {}, {}, {}};
  section.table.head = {"problem", "verdict", "route", "kernels", "error", "subgraphs", "launches", "s", "tokens"};
  section.table.numbers = 4;
  if (!baselines.empty()) section.table.head.insert(section.table.head.end(), {"floor", "of floor", "ours, ms"});
  for (const std::string& baseline : baselines)
    if (baseline != kBest) section.table.head.insert(section.table.head.end(), {baseline + ", ms", "×"});
  bool borrowed = false;
  for (const SuiteRow& row : rows) {
    std::vector<std::string> cells = {row.problem,
                                      verdict_of(row),
                                      row.route,
                                      authors_text(row),
                                      row.verdict.empty() ? "" : fmt::format("{:.2g}", row.bound_used),
                                      row.subgraphs == 0 ? "" : fmt::format("{}", row.subgraphs),
                                      row.launches == 0 ? "" : fmt::format("{}", row.launches),
                                      row.seconds > 0 ? fmt::format("{:.1f}", row.seconds) : "",
                                      row.tokens == 0 ? "" : fmt::format("{}", row.tokens)};
    if (!baselines.empty()) {
      const std::optional<Floor> floor = floor_of(row);
      cells.push_back(floor ? fmt::format("{:.3g}", floor->ms()) : "");
      cells.push_back(percent(floor_fraction(row)));
      cells.push_back(milliseconds(row.time(kTriton)));
    }
    for (const std::string& baseline : baselines) {
      if (baseline == kBest) continue;
      const RowTime* time = row.time(baseline);
      borrowed = borrowed || (time != nullptr && !time->source.empty());
      cells.push_back(milliseconds(time));
      cells.push_back(fold_text(row, baseline));
    }
    section.table.rows.push_back(std::move(cells));
  }
  section.lines.emplace_back(
      "error: the largest share of the allowed error that any output used; × times faster than that baseline, ≈ where the 95 % "
      "intervals overlap.");
  if (borrowed) section.lines.emplace_back("*: not measured here, from the file of baselines.");
  return section;
}

Section untimed_section(const std::vector<SuiteRow>& rows) {
  Section section{"What is wrong with times", {}, {}, {}};
  for (const SuiteRow& row : rows)
    if (!row.untimed.empty()) section.lines.push_back(fmt::format("{}: {}", row.problem, row.untimed));
  return section;
}

Json level_json(const LevelSummary& level) {
  Json json = {{"level", level.level},
               {"problems", level.problems},
               {"judged", level.judged},
               {"accepted", level.accepted},
               {"degenerate", level.degenerate},
               {"timed", level.timed},
               {"floor_median", level.floor_median},
               {"memory_floor_median", level.memory_floor_median},
               {"seconds_median", level.seconds_median}};
  json["speedups"] = Json::array();
  for (const LevelSpeed& speed : level.speeds)
    json["speedups"].push_back({{"against", speed.baseline},
                                {"geometric_mean", speed.all.value},
                                {"of", speed.all.of},
                                {"without_degenerate", speed.sound.value},
                                {"without_degenerate_of", speed.sound.of},
                                {"faster", speed.faster},
                                {"least", speed.least}});
  return json;
}

Json row_json(const SuiteRow& row, const std::vector<std::string>& baselines) {
  Json json = to_json(row);
  if (const std::optional<Floor> floor = floor_of(row)) json["floor_ms"] = floor->ms();
  if (const double fraction = floor_fraction(row); fraction > 0) json["floor_fraction"] = fraction;
  json["bottleneck"] = bottleneck(row);
  json["degenerate"] = row.is_degenerate();
  json["speedups"] = Json::object();
  for (const std::string& baseline : baselines)
    if (const double fold = speedup_over(row, baseline); fold > 0) json["speedups"][baseline] = fold;
  return json;
}

}  // namespace

Report make_report(const Json& head, const std::vector<SuiteRow>& rows, double seconds) {
  const std::vector<std::string> baselines = baselines_of(rows);
  const std::vector<LevelSummary> levels = summarise(rows);
  Report report;
  report.json["format"] = "kernelagent-suite-report";
  report.json["version"] = 1;
  for (const char* key : {"suite", "started", "kernelagent", "machine", "merged_from"})
    if (const Json* value = find(head, key)) report.json[key] = *value;
  report.json["seconds"] = seconds;
  report.json["levels"] = Json::array();
  for (const LevelSummary& level : levels) report.json["levels"].push_back(level_json(level));
  report.json["fast_p"] = Json::object();
  for (const std::string& baseline : baselines)
    for (const double p : kThresholds) report.json["fast_p"][baseline].push_back({p, fast_p(rows, baseline, p)});
  report.json["rows"] = Json::array();
  for (const SuiteRow& row : rows) report.json["rows"].push_back(row_json(row, baselines));

  Document document{"KernelAgent suite " + string_or(head, "suite"), {}};
  document.sections.push_back({"", facts(head, rows, levels.back(), seconds), {}, {}});
  document.sections.push_back(level_section(levels));
  document.sections.push_back(speed_section(levels));
  document.sections.push_back({"Pictures", {}, {}, pictures(rows)});
  document.sections.push_back(fast_section(rows, baselines));
  document.sections.push_back(lost_section(rows));
  document.sections.push_back(refused_section(rows));
  document.sections.push_back(degenerate_section(rows));
  document.sections.push_back(untimed_section(rows));
  document.sections.push_back(row_section(rows, baselines));
  report.markdown = to_markdown(document);
  report.html = to_html(document);
  return report;
}

}  // namespace ka
