#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ka {

/// One line or one set of bars of a chart.
struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< in order of x
  std::vector<std::string> labels = {};  ///< what a bar is, shown where a reader points at it; empty, or one for each point
};

/// A chart with one pair of axes. The y axis holds all points; a logarithmic one takes positive values only. A roofline has two logarithmic
/// axes: a series with labels is dots, one without is a line.
struct Chart {
  enum class Kind { kBars, kSteps, kRoofline };
  std::string title, x_label, y_label;
  Kind kind = Kind::kSteps;
  bool log_y = false;
  double reference = 0;  ///< a dashed line at this y, where it is not 0
  std::vector<Series> series;
};

/// Draws a chart as SVG, without scripts and without fonts of its own; the same chart gives the same bytes. Empty where there is no point.
std::string draw(const Chart& chart);

/// Escapes text for HTML and SVG.
std::string escaped(const std::string& text);

}  // namespace ka
