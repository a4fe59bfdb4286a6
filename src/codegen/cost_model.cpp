#include "codegen/cost_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "codegen/reads.h"

namespace ka {
namespace {

constexpr double kMeasuredOn = 132;  ///< multiprocessors of the H100 that the rates below were measured on

/// Products per second by precision, tiles of 128 x 128, on an H100 (bench/results and DESIGN's figures of Triton's `tl.dot`).
struct Rate {
  std::string_view precision;
  double flops_per_second;
};
constexpr std::array<Rate, 6> kRates = {
    {{"ieee", 44e12}, {"tf32x3", 82e12}, {"bf16x6", 65e12}, {"tf32", 90e12}, {"fp16x3", 180e12}, {"fp16", 250e12}}};
constexpr double kHalfRate = 400e12;  ///< operands of 16-bit types

constexpr double kGathered = 0.3;         ///< of a rate where an operand is gathered from windows (27 TFLOP/s in TF32)
constexpr double kReuse = 32;             ///< a tile's edge at which loading its operands takes as long as multiplying them
constexpr double kStepSeconds = 0.25e-6;  ///< one step along the depth takes no less
constexpr double kWarpsToFill = 16;       ///< warps on every multiprocessor from which on memory is kept busy
constexpr double kCrowded = 1.3;          ///< a program with too many values a thread
constexpr int kMostValues = 128;          ///< values of 32 bits that a thread holds without spilling
constexpr double kNearBytes = 40e6;       ///< of a level-2 cache: what is read again soon enough is found there,
constexpr double kNearSpeed = 2.5;        ///< so much faster

double ceil_of(int64_t a, int64_t b) {
  const int64_t quotient = (a + b - 1) / b;
  return static_cast<double>(quotient);
}

double read_bytes(const Graph& graph, const Nest& nest) {
  double bytes = 0;
  for (const ValueId value : nest.reads()) bytes += static_cast<double>(graph.type(value).bytes());
  return bytes;
}

double written_bytes(const Graph& graph, const Nest& nest) {
  double bytes = 0;
  ValueId last = kNone;
  for (const Write& write : nest.writes) {
    if (write.tensor != last) bytes += static_cast<double>(graph.type(write.tensor).bytes());
    last = write.tensor;
  }
  return bytes;
}

/// The share of the device's bandwidth that so many programs can ask for. The interpreter runs one after another anyway.
double filled(double programs, int warps, const Target& target) {
  if (target.platform == "cpu") return 1;
  return std::clamp(programs * warps / (kWarpsToFill * target.multiprocessors), 1e-3, 1.0);
}

double crowding(double values, const Schedule& s) { return values / (32.0 * s.warps) > kMostValues / 2.0 ? kCrowded : 1; }

double map_seconds(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  const double programs = ceil_of(nest.parallel_extent(), s.block);
  const double seconds = (read_bytes(graph, nest) + written_bytes(graph, nest)) / target.bytes_per_second;
  return seconds / filled(programs, s.warps, target) * crowding(s.block, s);
}

/// Rows that are reduced or scanned. A row that is not held is read again for every sweep, from the level-2 cache where few enough programs
/// are under way.
double rows_seconds(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  int sweeps = 1;
  for (const Reduction& reduction : nest.reductions) sweeps = std::max(sweeps, reduction.sweep + 1);
  const bool writes_rows = std::any_of(nest.writes.begin(), nest.writes.end(), [](const Write& w) { return !w.per_row; });
  const double passes = holds_row(s, nest) || nest.kind == Nest::Kind::kScan ? 1 : sweeps + (writes_rows ? 1 : 0);
  const double programs = ceil_of(nest.parallel_extent(), s.rows);
  const double reads = read_bytes(graph, nest);
  const double under_way = std::min(programs, std::max(1.0, 64.0 / s.warps) * target.multiprocessors) / programs * reads;
  const double again = (passes - 1) * reads / (under_way <= kNearBytes ? kNearSpeed : 1);
  const double seconds = (reads + again + written_bytes(graph, nest)) / target.bytes_per_second;
  return seconds / filled(programs, s.warps, target) * crowding(static_cast<double>(s.rows) * s.columns, s);
}

constexpr double kWideScan = 1.3;   ///< a scan in float64 takes so much longer: 1 to 1.3 for rows of 32768 on an H100
constexpr double kSlowDoubles = 8;  ///< the same where float64 units are few

double widening(const Nest& nest, const Schedule& s, const Target& target) {
  if (s.precision != "float64") return 1;
  return !target.has_quick_doubles() ? kSlowDoubles : holds_row(s, nest) ? 1 : kWideScan;
}

bool is_half(const Graph& graph, const Nest& nest) {
  return byte_size(graph.type(graph.node(nest.contraction.node).at("self").ref()).dtype) == 2;
}

double rate_of(const Graph& graph, const Nest& nest, const Schedule& s) {
  if (is_half(graph, nest)) return kHalfRate;
  const auto row = std::find_if(kRates.begin(), kRates.end(), [&](const Rate& one) { return one.precision == s.precision; });
  const double rate = row == kRates.end() ? kRates.front().flops_per_second : row->flops_per_second;
  return gathers(nest) && !is_split(s) && !is_rounded(s) ? kGathered * rate : rate;
}

/// A multiprocessor works on one tile after another (or on several at once, each slower), so that tiles come in rounds.
double product_seconds(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  const Contraction& c = nest.contraction;
  const double tiles = static_cast<double>(nest.extent(c.batch)) * ceil_of(nest.extent(c.rows), s.tile_m) *
                       ceil_of(nest.extent(c.columns), s.tile_n);
  const int64_t walked = c.depth.empty() ? 1 : nest.space.extent(c.depth.back());
  const int64_t walks = nest.extent(c.depth) / walked;
  const double steps = static_cast<double>(walks) * ceil_of(walked, s.tile_k);
  const double share = (1 + kReuse * 2 / 128) / (1 + kReuse * (1.0 / s.tile_m + 1.0 / s.tile_n));
  const double tile_flops = 2.0 * s.tile_m * s.tile_n * s.tile_k * steps;
  const double tile_seconds = std::max(tile_flops / (rate_of(graph, nest, s) / kMeasuredOn * share), steps * kStepSeconds) *
                              (s.tile_m * s.tile_n / (32 * s.warps) >= kMostValues ? kCrowded : 1);
  const double moved = (read_bytes(graph, nest) + written_bytes(graph, nest)) / target.bytes_per_second;
  return std::max(tile_seconds * std::ceil(tiles / target.multiprocessors), moved);
}

/// Launches of their own cut or round the operands first: each element is read once, and its parts are written.
double parts_seconds(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  if (is_rounded(s)) return 1.5 * read_bytes(graph, nest) / target.bytes_per_second + 2 * target.launch_seconds;
  if (!is_split(s)) return 0;
  const Contraction& c = nest.contraction;
  const auto elements =
      static_cast<double>(nest.extent(c.batch) * (nest.extent(c.rows) + nest.extent(c.columns)) * padded_depth(nest));
  return elements * 8 / target.bytes_per_second + 2 * target.launch_seconds;
}

constexpr double kSharedStep = 3.7e-6;  ///< seconds of a step that programs walk together, 256 units or fewer
constexpr double kAloneRate = 116e9;  ///< multiplications and additions a second of a program that walks its rows alone in tf32x3
constexpr double kPlainWalk = 2.3;    ///< in full float32 it takes so much longer

/// The steps come one after another, each with a product of the hidden state and all gates' weights.
double recurrence_seconds(const Nest& nest, const Schedule& s, const Target& target) {
  const Recurrence& r = nest.recurrence;
  const auto steps = static_cast<double>(nest.space.extent(r.step));
  const auto units = static_cast<double>(r.units);
  if (is_shared(s)) return steps * kSharedStep * std::max(1.0, units / 256);
  const double step = 2.0 * s.tile_m * static_cast<double>(r.weights.size()) * units * units / kAloneRate;
  const double rounds = std::ceil(ceil_of(nest.space.extent(r.row), s.tile_m) / target.multiprocessors);
  return steps * step * rounds * (s.precision == "ieee" ? kPlainWalk : 1);
}

constexpr double kExponents = 1.0e12;  ///< scores a second that are brought into a softmax

/// Every program walks all keys: two products and an exponential a score. Keys and values come from the level-2 cache.
double attention_seconds(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  const Attention& a = nest.attention;
  const auto row = std::find_if(kRates.begin(), kRates.end(), [&](const Rate& one) { return one.precision == s.precision; });
  const double rate = byte_size(a.value_type) == 2 ? kHalfRate
                      : row == kRates.end()        ? kRates.front().flops_per_second
                                                   : row->flops_per_second;
  const double programs = static_cast<double>(nest.extent(a.batch)) * ceil_of(nest.space.extent(a.row), s.tile_m);
  const double steps = ceil_of(nest.space.extent(a.key), s.tile_n);
  const auto width = static_cast<double>(nest.space.extent(a.unit) + (a.left == kNone ? 0 : nest.space.extent(a.depth)));
  const double share = (1 + kReuse * 2 / 128) / (1 + kReuse * (1.0 / s.tile_m + 1.0 / s.tile_n));
  const double scores = static_cast<double>(s.tile_m) * s.tile_n;
  const double step =
      std::max(2 * scores * width / (rate / kMeasuredOn * share), kStepSeconds) + scores / (kExponents / kMeasuredOn);
  const double moved = (read_bytes(graph, nest) + written_bytes(graph, nest)) / target.bytes_per_second;
  return std::max(step * steps * std::ceil(programs / target.multiprocessors), moved);
}

}  // namespace

double predicted_ms(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  double seconds = target.launch_seconds;
  switch (nest.kind) {
    case Nest::Kind::kMap: seconds += map_seconds(graph, nest, s, target); break;
    case Nest::Kind::kReduce: seconds += rows_seconds(graph, nest, s, target); break;
    case Nest::Kind::kScan: seconds += rows_seconds(graph, nest, s, target) * widening(nest, s, target); break;
    case Nest::Kind::kAttend: seconds += attention_seconds(graph, nest, s, target); break;
    case Nest::Kind::kRecur: seconds += recurrence_seconds(nest, s, target); break;
    case Nest::Kind::kContract: seconds += product_seconds(graph, nest, s, target) + parts_seconds(graph, nest, s, target); break;
  }
  return 1e3 * seconds;
}

bool fits(const Graph& graph, const Nest& nest, const Schedule& s, const Target& target) {
  const int threads = 32 * s.warps;
  const int64_t shared = target.capability >= 90 ? 232448 : target.capability == 80 ? 166912 : 101376;
  if (nest.kind == Nest::Kind::kAttend) {
    const Attention& a = nest.attention;
    const int64_t depth = a.left == kNone ? 0 : nest.space.extent(a.depth), units = nest.space.extent(a.unit);
    const int64_t held =
        int64_t{s.tile_m} * depth + int64_t{s.stages} * s.tile_n * (depth + units) + int64_t{s.tile_m} * s.tile_n;
    return held * static_cast<int64_t>(byte_size(a.value_type)) <= shared &&
           s.tile_m * (s.tile_n + units) / threads <= 2 * kMostValues;
  }
  if (nest.kind != Nest::Kind::kContract) {
    const int values = nest.kind == Nest::Kind::kMap ? s.block : s.rows * s.columns;
    return values >= threads && values / threads <= kMostValues;
  }
  const int64_t element = is_half(graph, nest) || is_rounded(s) ? 2 : 4;  // two float16 parts are 4 bytes, too
  const int values = s.tile_m * s.tile_n / threads;
  return int64_t{s.stages} * (s.tile_m + s.tile_n) * s.tile_k * element <= shared && values >= 4 && values <= 2 * kMostValues;
}

}  // namespace ka
