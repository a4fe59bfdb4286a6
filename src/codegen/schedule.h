#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/author.h"
#include "loops/nest.h"

namespace ka {

/// Every choice about how a nest runs; nothing else decides the shape of the code. Blocks are powers of two.
struct Schedule {
  int block = 1024;    ///< map: elements a program
  int rows = 1;        ///< reduce, scan: rows a program
  int columns = 1024;  ///< reduce, scan: elements of a row at a time; at least the row's length: the row is read once and kept
  int tile_m = 64;     ///< contract: rows a tile; recur, attend: rows a program
  int tile_n = 64;     ///< contract: columns a tile; recur: units at a time; attend: keys at a time
  int tile_k = 32;     ///< contract, recur: depth a step
  int group_m = 8;     ///< contract: rows of tiles walked together, so that operands stay in the L2 cache
  int share = 0;       ///< recur: units a program keeps, where programs walk the steps together; 0: each walks its rows alone
  int warps = 4;
  int stages = 2;
  std::string precision =
      "ieee";  ///< contract, recur, attend: tl.dot's input_precision for float32; contract: "fp16x3" cuts the operands into float16 parts
               ///< first, "fp16" rounds a convolution's; scan: "float64" runs float32 sums in float64

  bool operator==(const Schedule&) const = default;
};

/// Prints the choices that matter to a kind of nest: "map block=1024 warps=4 stages=2".
std::string print(const Schedule& schedule, Nest::Kind kind);
/// Reads what `print` wrote; the error names the word that is wrong.
Result<Schedule> parse_schedule(std::string_view text);

/// Lists schedules worth trying for a nest on a target, the cost model's favourite first. `rounds_operands`: PyTorch, too, may round
/// this convolution's float32 operands to TF32 (the judge finds out whether it did).
std::vector<Schedule> candidates(const Graph& graph, const Nest& nest, const Target& target, bool rounds_operands = false);

/// Does a contraction go by its operands' float16 parts, made by launches of their own?
inline bool is_split(const Schedule& schedule) { return schedule.precision == "fp16x3"; }
/// Does a convolution go by its operands rounded to float16, likewise?
inline bool is_rounded(const Schedule& schedule) { return schedule.precision == "fp16"; }
/// Do several programs walk the steps of a recurrence together, and wait for each other (Launch::cooperative)?
inline bool is_shared(const Schedule& schedule) { return schedule.share > 0; }
/// A recurrence's units, rounded up to a power of two.
int64_t padded_units(const Nest& nest);
/// How the launch that cuts an operand into parts runs: "parts rows=16 columns=256 warps=8 stages=2".
Schedule parts_schedule(const Nest& nest, ExprId operand);
std::string print_parts(const Schedule& schedule);
/// A contraction's depth, rounded up to whole steps of its parts; the rest is zeros.
int64_t padded_depth(const Nest& nest);

/// Is the whole row held at once?
inline bool holds_row(const Schedule& schedule, const Nest& nest) { return schedule.columns >= nest.reduce_extent(); }

/// Elements from which on offsets may not fit 32 bits; leaves room for the overshoot of masked lanes.
inline constexpr int64_t kWideOffset = (int64_t{1} << 31) - (int64_t{1} << 21);
/// True where offsets of some tensor the nest touches may not fit 32 bits, masked overshoot included.
bool needs_wide_offsets(const Graph& graph, const Nest& nest);
/// The same of the parts of a contraction's operands.
bool parts_need_wide_offsets(const Nest& nest);

}  // namespace ka
