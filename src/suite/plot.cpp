#include "suite/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/source_writer.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr double kWidth = 760, kHeight = 300, kLeft = 60, kRight = 16, kTop = 34, kBottom = 44;
constexpr std::array<const char*, 5> kColours = {"#2a6fdb", "#d9822b", "#2e8b57", "#9b4dca", "#777777"};

/// Marks of an axis from `low` to `high`: about five round numbers.
std::vector<double> marks(double low, double high) {
  const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  std::vector<double> all;
  for (double at = std::ceil(low / step); at * step <= high * (1 + 1e-9); ++at) all.push_back(at * step);
  return all;
}

/// Marks of a logarithmic axis: 1, 2 and 5 of every power of ten, or 1 alone where there are many.
std::vector<double> log_marks(double low, double high) {
  std::vector<double> all;
  const bool many = high / low > 3e3;
  for (double power = std::floor(std::log10(low)); power <= std::ceil(std::log10(high)); ++power)
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (many && digit > 1) continue;
      const double at = digit * std::pow(10, power);
      if (at >= low * (1 - 1e-9) && at <= high * (1 + 1e-9)) all.push_back(at);
    }
  return all;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    double count = 0;
    for (const Series& series : chart.series)
      for (const auto& [x, y] : series.points) {
        if (count++ == 0) x_low_ = x_high_ = x, y_low_ = y_high_ = y;
        x_low_ = std::min(x_low_, x), x_high_ = std::max(x_high_, x);
        y_low_ = std::min(y_low_, y), y_high_ = std::max(y_high_, y);
      }
    empty_ = count == 0;
    if (chart.reference != 0) y_low_ = std::min(y_low_, chart.reference), y_high_ = std::max(y_high_, chart.reference);
    if (chart.log_y) {
      y_low_ /= 1.15, y_high_ *= 1.15;
    } else {
      y_low_ = std::min(0.0, y_low_);
      if (y_high_ <= y_low_) y_high_ = y_low_ + 1;
    }
    if (chart.kind == Chart::Kind::kBars) x_low_ -= 0.5, x_high_ += 0.5;
    if (chart.kind == Chart::Kind::kRoofline) y_low_ /= 1.6, y_high_ *= 1.6;
    if (x_high_ <= x_low_) x_high_ = x_low_ + 1;
  }

  std::string text() {
    if (empty_) return {};
    out_.line(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}">)", kWidth, kHeight,
              escaped(chart_.title));
    out_.line(R"(<g font-family="sans-serif" font-size="11" fill="currentColor">)");
    out_.line(R"(<text x="{}" y="18" font-size="13" font-weight="bold">{}</text>)", kLeft, escaped(chart_.title));
    axes();
    for (size_t i = 0; i < chart_.series.size(); ++i) {
      const char* colour = kColours[i % kColours.size()];
      if (chart_.kind == Chart::Kind::kBars) bars(chart_.series[i], colour);
      if (chart_.kind == Chart::Kind::kSteps) steps(chart_.series[i], colour);
      if (chart_.kind == Chart::Kind::kRoofline)
        chart_.series[i].labels.empty() ? line(chart_.series[i], colour) : dots(chart_.series[i], colour);
    }
    if (chart_.reference != 0) reference();
    legend();
    out_.line("</g>");
    out_.line("</svg>");
    return out_.take();
  }

 private:
  double x_at(double x) const {
    const double share = chart_.kind == Chart::Kind::kRoofline ? std::log(x / x_low_) / std::log(x_high_ / x_low_)
                                                               : (x - x_low_) / (x_high_ - x_low_);
    return kLeft + share * (kWidth - kLeft - kRight);
  }
  double y_at(double y) const {
    const double share = chart_.log_y ? std::log(y / y_low_) / std::log(y_high_ / y_low_) : (y - y_low_) / (y_high_ - y_low_);
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }

  void axes() {
    const double right = kWidth - kRight, floor = kHeight - kBottom;
    for (const double y : chart_.log_y ? log_marks(y_low_, y_high_) : marks(y_low_, y_high_)) {
      out_.line(R"(<path d="M{} {:.1f}H{}" stroke="currentColor" stroke-opacity="0.15"/>)", kLeft, y_at(y), right);
      out_.line(R"(<text x="{}" y="{:.1f}" text-anchor="end">{:.4g}</text>)", kLeft - 6, y_at(y) + 4, y);
    }
    if (chart_.kind != Chart::Kind::kBars)
      for (const double x : chart_.kind == Chart::Kind::kSteps ? marks(x_low_, x_high_) : log_marks(x_low_, x_high_))
        out_.line(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{:.4g}</text>)", x_at(x), floor + 15, x);
    out_.line(R"(<path d="M{} {}V{}H{}" fill="none" stroke="currentColor"/>)", kLeft, kTop, floor, right);
    out_.line(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", (kLeft + right) / 2, kHeight - 8,
              escaped(chart_.x_label));
    out_.line(R"svg(<text transform="translate(14 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>)svg", (kTop + floor) / 2,
              escaped(chart_.y_label));
  }

  void bars(const Series& series, const char* colour) {
    const double width = std::max(1.0, 0.8 * (kWidth - kLeft - kRight) / (x_high_ - x_low_));
    const double base = chart_.log_y ? (chart_.reference > 0 ? chart_.reference : y_low_) : 0;
    for (size_t i = 0; i < series.points.size(); ++i) {
      const auto [x, y] = series.points[i];
      const std::string label = series.labels.empty() ? "" : fmt::format("<title>{}</title>", escaped(series.labels[i]));
      out_.line(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}">{}</rect>)", x_at(x) - width / 2,
                std::min(y_at(y), y_at(base)), width, std::max(0.5, std::abs(y_at(y) - y_at(base))), colour, label);
    }
  }

  void steps(const Series& series, const char* colour) {
    std::string path;
    for (const auto& [x, y] : series.points)
      path += path.empty() ? fmt::format("M{:.1f} {:.1f}", x_at(x), y_at(y)) : fmt::format("H{:.1f}V{:.1f}", x_at(x), y_at(y));
    if (!path.empty()) out_.line(R"(<path d="{}" fill="none" stroke="{}" stroke-width="1.8"/>)", path, colour);
  }

  void line(const Series& series, const char* colour) {
    std::string path;
    for (const auto& [x, y] : series.points) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_at(x), y_at(y));
    out_.line(R"(<path d="{}" fill="none" stroke="{}" stroke-width="1.8"/>)", path, colour);
  }

  void dots(const Series& series, const char* colour) {
    for (size_t i = 0; i < series.points.size(); ++i)
      out_.line(R"(<circle cx="{:.1f}" cy="{:.1f}" r="5" fill="{}" fill-opacity="0.75"><title>{}</title></circle>)",
                x_at(series.points[i].first), y_at(series.points[i].second), colour, escaped(series.labels[i]));
  }

  void reference() {
    out_.line(R"(<path d="M{} {:.1f}H{}" stroke="#c0392b" stroke-dasharray="5 3"/>)", kLeft, y_at(chart_.reference),
              kWidth - kRight);
  }

  void legend() {
    if (chart_.series.size() < 2) return;
    double x = kWidth - kRight;
    for (size_t i = chart_.series.size(); i-- > 0;) {
      const std::string& name = chart_.series[i].name;
      x -= 7.0 * static_cast<double>(name.size()) + 26;
      out_.line(R"(<rect x="{:.1f}" y="10" width="10" height="10" fill="{}"/>)", x, kColours[i % kColours.size()]);
      out_.line(R"(<text x="{:.1f}" y="19">{}</text>)", x + 14, escaped(name));
    }
  }

  const Chart& chart_;
  SourceWriter out_;
  bool empty_ = true;
  double x_low_ = 0, x_high_ = 1, y_low_ = 0, y_high_ = 1;
};

}  // namespace

std::string draw(const Chart& chart) { return Drawing(chart).text(); }

std::string escaped(const std::string& text) {
  return replace_all(replace_all(replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "\"", "&quot;");
}

}  // namespace ka
