#include "suite/pictures.h"

#include <algorithm>

#include "suite/plot.h"
#include "suite/statistics.h"

namespace ka {
namespace {

/// A value and whose it is.
using Named = std::pair<double, std::string>;

/// Numbers the values from 1, in order.
Series ranked(const std::string& name, const std::string& unit, std::vector<Named> values) {
  std::sort(values.begin(), values.end());
  Series series{name, {}};
  for (const auto& [value, problem] : values) {
    series.points.emplace_back(static_cast<double>(series.points.size() + 1), value);
    series.labels.push_back(fmt::format("{}: {:.2f}{}", problem, value, unit));
  }
  return series;
}

std::vector<Named> speedups(const std::vector<SuiteRow>& rows, const std::string& baseline) {
  std::vector<Named> all;
  for (const SuiteRow& row : rows)
    if (const double fold = speedup_over(row, baseline); fold > 0) all.emplace_back(fold, row.problem);
  return all;
}

Chart speed_chart(const std::vector<SuiteRow>& rows, const std::string& baseline) {
  Chart chart{"Times faster than " + (baseline == kBest ? "the best baseline" : baseline),
              "problems, sorted",
              "times faster",
              Chart::Kind::kBars,
              true,
              1,
              {}};
  chart.series = {ranked(baseline, "×", speedups(rows, baseline))};
  return chart;
}

Chart floor_chart(const std::vector<SuiteRow>& rows) {
  Chart chart{"Fraction of the physical floor", "problems, sorted", "floor / time", Chart::Kind::kBars, false, 1, {}};
  std::vector<Named> all;
  for (const SuiteRow& row : rows)
    if (const double fraction = floor_fraction(row); fraction > 0) all.emplace_back(fraction, row.problem);
  chart.series = {ranked("", "", std::move(all))};
  return chart;
}

Chart fast_chart(const std::vector<SuiteRow>& rows, const std::vector<std::string>& baselines) {
  Chart chart{"fast_p", "p", "share of problems", Chart::Kind::kSteps, false, 0, {}};
  for (const std::string& baseline : baselines) {
    Series series{baseline, {}};
    for (double p = 0; p <= 5.0001; p += 0.05) series.points.emplace_back(p, fast_p(rows, baseline, p));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

Chart time_chart(const std::vector<SuiteRow>& rows) {
  Chart chart{"Time to verified", "seconds", "problems accepted", Chart::Kind::kSteps, false, 0, {}};
  std::vector<double> seconds;
  for (const SuiteRow& row : rows)
    if (row.accepted()) seconds.push_back(row.seconds);
  std::sort(seconds.begin(), seconds.end());
  Series series{"", {}};
  for (size_t i = 0; i < seconds.size(); ++i) series.points.emplace_back(seconds[i], static_cast<double>(i + 1));
  if (!series.points.empty()) series.points.insert(series.points.begin(), {0, 0});
  chart.series = {std::move(series)};
  return chart;
}

}  // namespace

std::vector<std::string> pictures(const std::vector<SuiteRow>& rows) {
  const std::vector<std::string> baselines = baselines_of(rows);
  std::vector<Chart> charts;
  for (const std::string& baseline : baselines) charts.push_back(speed_chart(rows, baseline));
  charts.push_back(floor_chart(rows));
  charts.push_back(fast_chart(rows, baselines));
  charts.push_back(time_chart(rows));
  std::vector<std::string> drawn;
  for (const Chart& chart : charts)
    if (std::string svg = draw(chart); !svg.empty()) drawn.push_back(std::move(svg));
  return drawn;
}

}  // namespace ka
