#include "server/performance.h"

#include <algorithm>

#include "suite/plot.h"

namespace ka {
namespace {

/// The roofs to draw under: those of the GPU that timed the kernels, else of the first in the table, as an example.
const GpuFigures* roofs_of(const Profile& profile) { return profile.gpu.empty() ? example_figures() : figures_of(profile.gpu); }

double roof_at(const GpuFigures& figures, double intensity) {
  return std::min(intensity * figures.bytes_per_second, figures.flops_per_second);
}

Json kernel_json(const KernelProfile& kernel, const GpuFigures* figures, bool is_example) {
  Json json = {{"id", kernel.id},
               {"title", kernel.title},
               {"author", kernel.author},
               {"count", kernel.count},
               {"bytes", kernel.work.bytes},
               {"flops", kernel.work.flops},
               {"milliseconds", kernel.milliseconds > 0 ? Json(kernel.milliseconds) : Json()}};
  if (figures == nullptr) return json;
  const Floor floor = floor_of(kernel.work, *figures);
  json["floor_ms"] = floor.ms();
  json["bound_by"] = floor.is_memory_bound() ? "memory" : "arithmetic";
  if (kernel.milliseconds > 0 && !is_example) json["share_of_floor"] = floor.ms() / kernel.milliseconds;
  return json;
}

/// Both ends of a contender's 95 % interval.
std::pair<double, double> interval(const Json& contender) {
  const Json* ends = find(contender, "interval_ms");
  if (ends == nullptr || !ends->is_array() || ends->size() != 2 || !ends->at(0).is_number() || !ends->at(1).is_number())
    return {0, 0};
  return {ends->at(0).get<double>(), ends->at(1).get<double>()};
}

/// Speed-ups with the interval that both medians' intervals leave: wider than 95 %, never narrower.
Json speedups(const Json& times) {
  Json list = Json::array();
  const Json* candidate = find(times, "candidate");
  const Json* baselines = find(times, "baselines");
  if (candidate == nullptr || baselines == nullptr || !baselines->is_array()) return list;
  const auto [low, high] = interval(*candidate);
  for (const Json& baseline : *baselines) {
    Json one = {{"name", string_or(baseline, "name")}};
    const auto [base_low, base_high] = interval(baseline);
    if (const double speedup = number_or(baseline, "speedup"); speedup > 0 && low > 0 && high > 0) {
      one["speedup"] = speedup;
      one["low"] = base_low / high;
      one["high"] = base_high / low;
      one["milliseconds"] = number_or(baseline, "median_ms");
      one["candidate_is"] = string_or(baseline, "candidate_is");
    } else {
      one["failure"] = string_or(baseline, "failure", "the program has no time");
    }
    if (const std::string note = string_or(baseline, "note"); !note.empty()) one["note"] = note;
    list.push_back(std::move(one));
  }
  return list;
}

std::string label_of(const KernelProfile& kernel, double reached, bool timed) {
  const double bytes = kernel.work.bytes;
  std::string text = fmt::format("{}: {:.3g} FLOP/byte, {:.3g} MB, {:.3g} MFLOP", kernel.id, kernel.work.flops / bytes,
                                 bytes / 1e6, kernel.work.flops / 1e6);
  if (!timed) return text + ", not timed";
  return text + fmt::format(", {:.3g} ms, {:.3g} TFLOP/s", kernel.milliseconds, reached / 1e12);
}

}  // namespace

Json performance_json(const Profile& profile, const Json& bench) {
  const bool is_example = profile.gpu.empty();
  const GpuFigures* figures = roofs_of(profile);
  Json json = {{"gpu", profile.gpu}, {"kernels", Json::array()}, {"missing", profile.missing}, {"roofs", nullptr}};
  for (const KernelProfile& kernel : profile.kernels) json["kernels"].push_back(kernel_json(kernel, figures, is_example));
  if (figures != nullptr)
    json["roofs"] = {{"gpu", figures->name},
                     {"is_example", is_example},
                     {"bytes_per_second", figures->bytes_per_second},
                     {"flops_per_second", figures->flops_per_second},
                     {"half_flops_per_second", figures->half_flops_per_second},
                     {"note", figures->note}};
  const Json* times = find(bench, "times");
  const Json* machine = find(bench, "machine");
  json["bench"] = nullptr;
  if (times == nullptr) return json;
  const Json* candidate = find(*times, "candidate");
  json["bench"] = {{"measured", string_or(bench, "measured")},
                   {"gpu", machine == nullptr ? "" : string_or(*machine, "gpu")},
                   {"candidate", candidate == nullptr ? Json() : *candidate},
                   {"speedups", speedups(*times)}};
  return json;
}

std::string roofline_svg(const Profile& profile) {
  const GpuFigures* figures = roofs_of(profile);
  if (figures == nullptr) return {};
  const double ridge = figures->flops_per_second / figures->bytes_per_second;
  double low = ridge, high = ridge;
  for (const KernelProfile& kernel : profile.kernels) {
    if (kernel.work.bytes <= 0 || kernel.work.flops <= 0) continue;
    low = std::min(low, kernel.work.flops / kernel.work.bytes), high = std::max(high, kernel.work.flops / kernel.work.bytes);
  }
  low /= 4, high *= 4;
  Series timed{"timed", {}}, untimed{"not timed: its roof", {}};
  for (const KernelProfile& kernel : profile.kernels) {
    if (kernel.work.bytes <= 0) continue;
    // A kernel that only moves data has no intensity: at the left edge its height says what share of the bandwidth it reaches.
    const double intensity = std::max(low, kernel.work.flops / kernel.work.bytes);
    const bool has_time = kernel.milliseconds > 0 && !profile.gpu.empty();
    const double reached = has_time ? intensity * kernel.work.bytes / kernel.milliseconds * 1e3 : roof_at(*figures, intensity);
    Series& mine = has_time ? timed : untimed;
    mine.points.emplace_back(intensity, reached / 1e12);
    mine.labels.push_back(label_of(kernel, reached, has_time));
  }
  if (timed.points.empty() && untimed.points.empty()) return {};
  Chart chart{fmt::format("Kernels under the roofs of {}", figures->name),
              "FLOP per byte",
              "TFLOP/s",
              Chart::Kind::kRoofline,
              true,
              0,
              {}};
  chart.series.push_back(Series{
      "roof",
      {{low, roof_at(*figures, low) / 1e12}, {ridge, roof_at(*figures, ridge) / 1e12}, {high, roof_at(*figures, high) / 1e12}}});
  for (Series* series : {&timed, &untimed})
    if (!series->points.empty()) chart.series.push_back(std::move(*series));
  return draw(chart);
}

}  // namespace ka
