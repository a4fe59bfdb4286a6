#include "codegen/schedule.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/text.h"
#include "codegen/expression.h"
#include "codegen/reads.h"
#include "codegen/windows.h"

namespace ka {
namespace {

constexpr int64_t kLongestHeldRow =
    8192;  // elements of one row that stay in registers comfortably (256 a thread at 8 warps of 4-byte values)

constexpr int64_t kLongestRowOfLargest = 32768;  // the same for a program of 32 warps: 32 values a thread

constexpr int kPartsStep = 64;      // depth of a step over float16 parts
constexpr int64_t kPrograms = 264;  // two for each multiprocessor of an H100

int power_of_two(int64_t n, int64_t least, int64_t most) {
  const auto up = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(n, 1))));
  return static_cast<int>(std::clamp(up, least, most));
}

Schedule map_schedule(const Nest& nest) {
  Schedule s;
  s.block = power_of_two(nest.parallel_extent(), 32, 1024);
  s.warps = s.block >= 1024 ? 4 : 2;
  return s;
}

Schedule reduce_schedule(const Graph& graph, const Nest& nest) {
  Schedule s;
  const int64_t row = nest.reduce_extent();
  const int64_t rows = nest.parallel_extent();
  if (rows_are_windows(nest)) {  // a thread takes whole rows, tap by tap, where there are enough of them
    s.rows = power_of_two(rows / kPrograms, 32, 512);
    s.columns = s.rows >= 128 ? 1 : power_of_two(row, 1, 512 / s.rows);
    return s;
  }
  if (rows_are_adjacent(graph, nest)) {
    s.rows = power_of_two(rows, 1, 64);
    s.columns = power_of_two(row, 1, 64);
    if (rows / s.rows < kPrograms && rows > 16) s.rows = std::min(s.rows, 32);
    s.warps = s.rows * s.columns >= 4096 ? 8 : 4;
    return s;
  }
  if (row <= kLongestHeldRow) {
    s.columns = power_of_two(row, 1, kLongestHeldRow);
    s.rows = power_of_two(std::min<int64_t>(rows, std::max(1, 1024 / s.columns)), 1, 32);
    s.warps = s.columns >= 4096 ? 8 : 4;
    if (s.columns * s.rows <= 256) s.warps = 2;
    return s;
  }
  s.columns = 4096;
  s.warps = 8;
  return s;
}

/// Rows too long for few registers: in blocks by small programs, many on a multiprocessor; or by one of the largest, which either holds
/// the row or walks it soon enough again to find it in the L2 cache.
std::vector<Schedule> reduce_schedules(const Graph& graph, const Nest& nest, const Target& target) {
  const Schedule plain = reduce_schedule(graph, nest);
  if (target.platform == "cpu" || plain.rows != 1 || holds_row(plain, nest) || nest.parallel_extent() < kPrograms) return {plain};
  Schedule large = plain;
  large.columns =
      power_of_two(nest.reduce_extent(), 1, nest.reduce_extent() <= kLongestRowOfLargest ? kLongestRowOfLargest : 16384);
  large.warps = 32;
  return {plain, large};
}

/// PyTorch runs float32 sums and products in float64 on a CPU and in float32 on a GPU. There, too, rows that are held are scanned in float64
/// first: that costs little beside their memory, and what follows may take differences of their sums. Longer ones would be slower.
std::vector<Schedule> scan_schedules(const Graph& graph, const Nest& nest, const Target& target) {
  const Schedule plain = reduce_schedule(graph, nest);
  const bool widens = std::any_of(nest.scans.begin(), nest.scans.end(), [](const Scan& s) {
    return register_type(s.type) == Dtype::kFloat32 && (s.kind == ScanKind::kSum || s.kind == ScanKind::kProd);
  });
  if (!widens) return {plain};
  Schedule wide = plain;
  wide.precision = "float64";
  if (target.platform != "cuda") return {wide};
  const bool is_quick =
      holds_row(plain, nest) && target.capability % 10 == 0;  // 8.0, 9.0, 10.0: the others have few float64 units
  return is_quick ? std::vector<Schedule>{wide, plain} : std::vector<Schedule>{plain, wide};
}

constexpr int64_t kHeldByWarp = 2048;  ///< float32 weights that a warp's registers keep beside their two tf32 parts
constexpr int kLeastShare = 8;         ///< units a program: four gates of them are as wide as a tile of tensor cores is fast
constexpr int kMostWarps = 16;

/// Programs that walk the steps together, each with as few units as leave all of them running at once: one on each multiprocessor. A step
/// of a layer of 256 units took 3.7 µs on an H100 this way, 72 µs with all units in one program, 15 µs in cuDNN.
std::optional<Schedule> shared_schedule(const Nest& nest, const Target& target) {
  const Recurrence& r = nest.recurrence;
  Schedule s;
  s.precision = "tf32x3";
  s.stages = 1;
  s.tile_m = 16;
  const int64_t row_blocks = (nest.space.extent(r.row) + s.tile_m - 1) / s.tile_m;
  const int64_t gates = r.weights.size() == 1 ? 1 : 4;
  const auto programs = [&] { return row_blocks * ((r.units + s.share - 1) / s.share); };
  s.share = gates == 1 ? 2 * kLeastShare : kLeastShare;
  while (programs() > target.multiprocessors && s.share < r.units) s.share *= 2;
  while (gates * s.share * padded_units(nest) > kHeldByWarp * s.warps && s.warps <= kMostWarps) s.warps *= 2;
  if (s.warps > kMostWarps || programs() > target.multiprocessors || programs() == row_blocks) return std::nullopt;
  return s;
}

/// Weights lie along the depth, where the split product is the faster one; the plain one stands behind it.
std::vector<Schedule> recur_schedules(const Nest& nest, const Target& target) {
  Schedule s;
  s.tile_m = 16;
  s.tile_n = power_of_two(nest.recurrence.units, 16, 64);
  s.tile_k = power_of_two(nest.recurrence.units, 16, 32);
  if (target.platform != "cuda" || target.capability < 80) return {s};
  Schedule split = s;
  split.precision = "tf32x3";
  std::vector<Schedule> all = {split, s};
  if (const std::optional<Schedule> shared = shared_schedule(nest, target)) all.insert(all.begin(), *shared);
  return all;
}

/// Rows enough for tensor cores, fewer where multiprocessors would be left without any; wide heads leave room for fewer.
std::vector<Schedule> attend_schedules(const Nest& nest, const Target& target) {
  const Attention& a = nest.attention;
  const bool half = byte_size(a.value_type) == 2;
  const int64_t rows = nest.space.extent(a.row);
  const int64_t widest = std::max(nest.space.extent(a.unit), a.left == kNone ? 0 : nest.space.extent(a.depth));
  Schedule s;
  s.tile_m = power_of_two(rows, 16, widest > 128 ? 32 : half ? 128 : 64);
  s.tile_n = power_of_two(nest.space.extent(a.key), 16, widest > 128 ? 32 : 64);
  const auto programs = [&] { return nest.extent(a.batch) * ((rows + s.tile_m - 1) / s.tile_m); };
  while (programs() < target.multiprocessors && s.tile_m > 16) s.tile_m /= 2;
  s.warps = s.tile_m >= 128 || widest > (half ? 128 : 64) ? 8 : 4;
  if (target.platform != "cuda" || target.capability < 80) return {s};
  if (half) {
    Schedule small = s;
    small.tile_m = std::max(16, s.tile_m / 2);
    small.warps = 4;
    return {s, small};
  }
  Schedule split = s;
  split.precision = "tf32x3";
  s.tile_m = s.tile_n = std::min(s.tile_m, 32);  // without tensor cores, a thread holds what it multiplies
  s.warps = widest > 128 ? 16 : 8;
  return {split, s};
}

/// Tiles for a precision, shrunk until every multiprocessor has one. On an H100 at 1024 x 8192 x 8192 in float32 (bench/results):
/// ieee 20 to 44 TFLOP/s; tf32x3 82 where both operands lie along the depth, else bf16x6 65; both closer to float64 than cuBLAS.
Schedule contract_schedule(const Nest& nest, const Target& target, bool half, const std::string& precision) {
  Schedule s;
  const Contraction& c = nest.contraction;
  const int64_t m = nest.extent(c.rows);
  const int64_t n = nest.extent(c.columns);
  const int64_t batch = nest.extent(c.batch);
  const int64_t largest = mixes_taps(nest) ? 64 : 128;
  s.precision = precision;
  s.tile_m = power_of_two(m, 16, largest);
  s.tile_n = power_of_two(n, 16, precision == "tf32x3" ? 64 : largest);
  s.tile_k = power_of_two(c.depth.empty() ? 1 : nest.space.extent(c.depth.back()), 16, half ? 64 : 32);
  const auto tiles = [&] { return batch * ((m + s.tile_m - 1) / s.tile_m) * ((n + s.tile_n - 1) / s.tile_n); };
  while (tiles() < target.multiprocessors && std::max(s.tile_m, s.tile_n) > 32) (s.tile_m > s.tile_n ? s.tile_m : s.tile_n) /= 2;
  s.warps = s.tile_m * s.tile_n > 128 * 64 ? 8 : 4;
  s.stages = gathers(nest) ? 1 : 3;
  return s;
}

/// Do float16 parts pay? Cutting reads and writes each element of both operands once (2.5 TB/s on an H100), and the product gains as much
/// for each of its elements as 180 instead of 75 TFLOP/s give: where rows · columns / (rows + columns) is over 205.
bool parts_pay(const Nest& nest, const Target& target) {
  const Contraction& c = nest.contraction;
  const auto m = static_cast<double>(nest.extent(c.rows));
  const auto n = static_cast<double>(nest.extent(c.columns));
  return target.capability >= 90 && m * n / (m + n) > 205 && nest.extent(c.depth) >= kPartsStep;
}

Schedule split_schedule(const Nest& nest, const Target& target) {
  Schedule s = contract_schedule(nest, target, false, "fp16x3");
  s.tile_k = kPartsStep;
  s.stages = 3;
  s.warps = s.tile_m * s.tile_n >= 128 * 128 ? 8 : 4;
  return s;
}

Schedule rounded_schedule(const Nest& nest, const Target& target) {
  Schedule s = contract_schedule(nest, target, true, "fp16");
  s.stages = 4;
  return s;
}

/// Split float32 products run on tensor cores and keep float32's accuracy; the plain ones stand behind them, for the judge to fall back on.
std::vector<Schedule> contract_schedules(const Graph& graph, const Nest& nest, const Target& target, bool rounds_operands) {
  const Dtype type = graph.type(graph.node(nest.contraction.node).at("self").ref()).dtype;
  const bool half = byte_size(type) == 2;
  std::vector<Schedule> out;
  if (type == Dtype::kFloat32 && target.platform == "cuda" && target.capability >= 80) {
    if (rounds_operands) {
      if (target.capability >= 90 && windows_of(graph, nest)) out.push_back(rounded_schedule(nest, target));
      out.push_back(contract_schedule(nest, target, half, "tf32"));
    } else if (parts_pay(nest, target)) {
      out.push_back(split_schedule(nest, target));
    }
    out.push_back(contract_schedule(nest, target, half, is_depth_major(nest, nest.contraction.right) ? "tf32x3" : "bf16x6"));
  }
  out.push_back(contract_schedule(nest, target, half, "ieee"));
  return out;
}

}  // namespace

bool needs_wide_offsets(const Graph& graph, const Nest& nest) {
  const auto is_wide = [&](ValueId value) { return last_offset(graph.type(value)) >= kWideOffset; };
  const std::vector<ValueId> reads = nest.reads();
  return nest.parallel_extent() * nest.reduce_extent() >= kWideOffset || std::any_of(reads.begin(), reads.end(), is_wide) ||
         std::any_of(nest.writes.begin(), nest.writes.end(), [&](const Write& w) { return is_wide(w.tensor); });
}

bool parts_need_wide_offsets(const Nest& nest) {
  const Contraction& c = nest.contraction;
  return nest.extent(c.batch) * std::max(nest.extent(c.rows), nest.extent(c.columns)) * padded_depth(nest) >= kWideOffset;
}

int64_t padded_units(const Nest& nest) { return power_of_two(nest.recurrence.units, 16, 1 << 20); }

int64_t padded_depth(const Nest& nest) {
  return (nest.extent(nest.contraction.depth) + kPartsStep - 1) / kPartsStep * kPartsStep;
}

Schedule parts_schedule(const Nest& nest, ExprId operand) {
  Schedule s;
  const bool along_depth = is_depth_major(nest, operand);
  s.columns = power_of_two(padded_depth(nest), kPartsStep, along_depth ? 1024 : 256);
  s.rows = along_depth ? 4 : 16;
  s.warps = s.rows * s.columns >= 4096 ? 8 : 4;
  return s;
}

std::string print_parts(const Schedule& s) {
  return fmt::format("parts rows={} columns={} warps={} stages={}", s.rows, s.columns, s.warps, s.stages);
}

std::vector<Schedule> candidates(const Graph& graph, const Nest& nest, const Target& target, bool rounds_operands) {
  switch (nest.kind) {
    case Nest::Kind::kMap: return {map_schedule(nest)};
    case Nest::Kind::kReduce: return reduce_schedules(graph, nest, target);
    case Nest::Kind::kScan: return scan_schedules(graph, nest, target);
    case Nest::Kind::kRecur: return recur_schedules(nest, target);
    case Nest::Kind::kAttend: return attend_schedules(nest, target);
    case Nest::Kind::kContract: return contract_schedules(graph, nest, target, rounds_operands);
  }
  return {};
}

std::string print(const Schedule& s, Nest::Kind kind) {
  const std::string common = fmt::format("warps={} stages={}", s.warps, s.stages);
  if (kind == Nest::Kind::kMap) return fmt::format("map block={} {}", s.block, common);
  if (kind == Nest::Kind::kReduce) return fmt::format("reduce rows={} columns={} {}", s.rows, s.columns, common);
  if (kind == Nest::Kind::kRecur && is_shared(s))
    return fmt::format("recur share={} tile_m={} precision={} {}", s.share, s.tile_m, s.precision, common);
  if (kind == Nest::Kind::kRecur)
    return fmt::format("recur tile_m={} tile_n={} tile_k={} precision={} {}", s.tile_m, s.tile_n, s.tile_k, s.precision, common);
  if (kind == Nest::Kind::kAttend)
    return fmt::format("attend tile_m={} tile_n={} precision={} {}", s.tile_m, s.tile_n, s.precision, common);
  if (kind == Nest::Kind::kScan)
    return fmt::format("scan rows={} columns={} precision={} {}", s.rows, s.columns, s.precision, common);
  return fmt::format("contract tile_m={} tile_n={} tile_k={} group_m={} precision={} {}", s.tile_m, s.tile_n, s.tile_k, s.group_m,
                     s.precision, common);
}

Result<Schedule> parse_schedule(std::string_view text) {
  Schedule s;
  const std::map<std::string_view, int Schedule::*> fields = {{"block", &Schedule::block},     {"rows", &Schedule::rows},
                                                              {"columns", &Schedule::columns}, {"tile_m", &Schedule::tile_m},
                                                              {"tile_n", &Schedule::tile_n},   {"tile_k", &Schedule::tile_k},
                                                              {"group_m", &Schedule::group_m}, {"share", &Schedule::share},
                                                              {"warps", &Schedule::warps},     {"stages", &Schedule::stages}};
  for (const std::string& word : split(text, ' ')) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (key == "precision") {
      s.precision = value;
      continue;
    }
    const auto field = fields.find(key);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (field == fields.end() || error != std::errc() || end != value.data() + value.size() || number < 1) {
      return fail(Fault::kInput, "'" + word + "' is not a schedule choice", {}, "use words such as block=1024 or tile_m=64");
    }
    s.*field->second = number;
  }
  return s;
}

}  // namespace ka
