#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/text.h"
#include "codegen/rows.h"

namespace ka {
namespace {

constexpr int64_t kUnrolledSteps = 32;

/// Writes the rows-and-columns skeleton. Each sweep passes over the row once; results of one sweep feed the next. A row that fits
/// is loaded once and the sweeps share it.
class ReduceWriter : RowsWriter {
 public:
  explicit ReduceWriter(const SkeletonInput& input) : RowsWriter(input) {}

  LaunchText write() {
    begin();
    held_ = holds_row(input_.schedule, nest_);
    held_ ? write_held() : write_looped();
    for (const Write& write : nest_.writes) {
      if (write.per_row) store(write);
    }
    return function_.finish(writer_.close_scope());
  }

 private:
  void write_held() {
    writer_.extend_scope(nest_.reduce);  // a held row needs no loop, so rows and columns are known together
    bind_columns("tl.arange(0, COLUMN_BLOCK)[None, :]");
    for (size_t i = 0; i < nest_.reductions.size(); ++i) combine_at_once(static_cast<int32_t>(i));
    for (const Write& write : nest_.writes) {
      if (!write.per_row) store(write);
    }
  }

  void write_looped() {
    int sweeps = 0;
    for (const Reduction& r : nest_.reductions) sweeps = std::max(sweeps, r.sweep + 1);
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      const std::vector<int32_t> now = together(sweep);
      if (now.empty()) continue;
      for (const int32_t r : now) start_running(r);
      loop([&] {
        for (const int32_t r : now) keep_running(r);
      });
      for (const int32_t r : now) finish_running(r);
    }
    if (std::all_of(nest_.writes.begin(), nest_.writes.end(), [](const Write& w) { return w.per_row; })) return;
    loop([&] {
      for (const Write& write : nest_.writes) {
        if (!write.per_row) store(write);
      }
    });
  }

  /// The reductions of one sweep. A sum of exp(x − max x) does not wait for the maximum of a whole row, but goes with it.
  std::vector<int32_t> together(int sweep) const {
    std::vector<int32_t> now;
    for (size_t i = 0; i < nest_.reductions.size(); ++i) {
      const std::optional<int32_t> maximum = shifted_by(nest_.reductions[i]);
      const Reduction& paced = maximum ? nest_.reductions[static_cast<size_t>(*maximum)] : nest_.reductions[i];
      if (paced.sweep == sweep) now.push_back(static_cast<int32_t>(i));
    }
    return now;
  }

  /// Where a reduction is a sum of exp(x − max x): which one is that maximum.
  std::optional<int32_t> shifted_by(const Reduction& r) const {
    if (r.kind != ReduceKind::kSum) return std::nullopt;
    const Expr& power = nest_.expr(r.input);
    if (!calls(power, "aten.exp.default")) return std::nullopt;
    const Expr& difference = nest_.expr(power.operands[0]);
    if (!calls(difference, "aten.sub.Tensor") || difference.operands.size() != 2) return std::nullopt;
    const Argument* factor = input_.graph.node(difference.node).find("alpha");
    if (factor != nullptr && !factor->is_none() && factor->number() != 1) return std::nullopt;
    const Expr& shift = nest_.expr(difference.operands[1]);
    if (shift.kind != Expr::Kind::kReduced) return std::nullopt;
    const Reduction& maximum = nest_.reductions[static_cast<size_t>(shift.number)];
    const bool same = maximum.kind == ReduceKind::kMax && maximum.input == difference.operands[0];
    return same && accumulator(maximum) == accumulator(r) ? std::optional(shift.number) : std::nullopt;
  }

  bool calls(const Expr& e, std::string_view op) const {
    return e.kind == Expr::Kind::kOperator && input_.graph.node(e.node).op == op;
  }

  /// The sums that go with a maximum.
  std::vector<int32_t> shifted_sums(int32_t maximum) const {
    std::vector<int32_t> out;
    for (size_t i = 0; i < nest_.reductions.size(); ++i) {
      if (shifted_by(nest_.reductions[i]) == maximum) out.push_back(static_cast<int32_t>(i));
    }
    return out;
  }

  /// Is a row walked element by element and short, so that the steps' indices are better known beforehand?
  bool unrolls() const {
    return input_.schedule.columns == 1 && columns_ <= kUnrolledSteps &&
           std::all_of(nest_.reductions.begin(), nest_.reductions.end(), [](const Reduction& r) {
             return r.kind == ReduceKind::kSum || r.kind == ReduceKind::kMax || r.kind == ReduceKind::kMin;
           });
  }

  template <class Body>
  void loop(Body&& body) {
    writer_.open_scope(nest_.reduce);
    bind_columns("start + tl.arange(0, COLUMN_BLOCK)[None, :]");
    body();
    const std::vector<std::string> block = writer_.close_scope();
    std::vector<std::string> lines;
    append_block(lines, fmt::format("for start in {}(0, COLUMNS, COLUMN_BLOCK):", unrolls() ? "tl.static_range" : "range"),
                 block);
    for (std::string& text : lines) writer_.line(std::move(text));
  }

  void store(const Write& write) {
    const std::string value = writer_.value(write.value);
    writer_.line(writer_.store(write, value, "row", row_mask_));
  }

  /// The type a reduction accumulates in.
  Dtype accumulator(const Reduction& r) const {
    if (r.kind == ReduceKind::kAny || r.kind == ReduceKind::kAll) return Dtype::kBool;
    const Dtype has = register_type(nest_.expr(r.input).type);
    if (r.kind == ReduceKind::kArgmax || r.kind == ReduceKind::kArgmin) return has == Dtype::kBool ? Dtype::kInt32 : has;
    if (r.kind == ReduceKind::kMax || r.kind == ReduceKind::kMin) return has == Dtype::kBool ? Dtype::kInt32 : has;
    return register_type(r.type);
  }

  /// The input brought to the accumulator's type, lanes outside the row replaced by the identity, over the full block.
  std::string masked_input(const Reduction& r) {
    const Dtype type = accumulator(r);
    const Expr& e = nest_.expr(r.input);
    const Dtype has = register_type(e.type);
    std::string text = writer_.value(r.input);
    if (e.kind == Expr::Kind::kConstant)
      text = fmt::format("tl.full([1, 1], {}, {})", literal_text(e.literal, type), triton_type(type));
    else
      text =
          r.kind == ReduceKind::kAny || r.kind == ReduceKind::kAll ? convert(text, has, Dtype::kBool) : convert(text, has, type);
    text = over_block(r.input, text);
    if (!column_mask_.empty()) text = fmt::format("tl.where(column_mask, {}, {})", text, identity_text(r.kind, type));
    return text;
  }

  std::string label(const Reduction& r) const { return std::string(name(r.kind)); }

  /// Text that combines a full block over its columns.
  std::string combined(const Reduction& r, const std::string& block) const {
    const bool floats = is_floating(accumulator(r));
    switch (r.kind) {
      case ReduceKind::kSum: return fmt::format("tl.sum({}, axis=1, keep_dims=True)", block);
      case ReduceKind::kProd: return fmt::format("row_product({})", block);
      case ReduceKind::kMax:
        return floats ? fmt::format("row_max({})", block) : fmt::format("tl.max({}, axis=1, keep_dims=True)", block);
      case ReduceKind::kMin:
        return floats ? fmt::format("row_min({})", block) : fmt::format("tl.min({}, axis=1, keep_dims=True)", block);
      case ReduceKind::kAny: return fmt::format("(tl.max(({}).to(tl.int32), axis=1, keep_dims=True) != 0)", block);
      case ReduceKind::kAll: return fmt::format("(tl.min(({}).to(tl.int32), axis=1, keep_dims=True) != 0)", block);
      default: break;
    }
    KA_CHECK(false, "a reduction without text");
    return {};
  }

  /// Converts a result from the accumulator's type to the type of the value it stands for.
  void name_result(int32_t number, const Reduction& r, std::string text) {
    const Dtype type = r.kind == ReduceKind::kArgmax || r.kind == ReduceKind::kArgmin ? Dtype::kInt32 : accumulator(r);
    const Dtype wanted = register_type(r.type);
    if (type != wanted) {
      const std::string name = names_.fresh(label(r));
      writer_.line(name + " = " + convert(text, type, wanted));
      text = name;
    }
    writer_.name_reduction(number, 0, std::move(text));
  }

  /// Writes the block's mean and its deviations from it. The deviations' own mean corrects the mean, which a sum of nearly equal
  /// elements has rounded by several units (the corrected two-pass algorithm of Chan, Golub, LeVeque 1983).
  void centre(const Reduction& r, const std::string& block, const std::string& count, const std::string& mean,
              const std::string& off) {
    const std::string input = convert(writer_.value(r.input), register_type(nest_.expr(r.input).type), accumulator(r));
    const auto deviations = [&] {
      const std::string text = fmt::format("{} - {}", input, mean);
      writer_.line(off + " = " + (column_mask_.empty() ? text : fmt::format("tl.where(column_mask, {}, 0.0)", text)));
    };
    writer_.line(fmt::format("{} = tl.sum({}, axis=1, keep_dims=True) / {}", mean, block, count));
    deviations();
    writer_.line(fmt::format("{} += tl.sum({}, axis=1, keep_dims=True) / {}", mean, off, count));
    deviations();
  }

  void combine_at_once(int32_t number) {
    const Reduction& r = nest_.reductions[static_cast<size_t>(number)];
    const std::string block = masked_input(r);
    const std::string name = names_.fresh(label(r));
    if (r.kind == ReduceKind::kMoments) {
      const std::string off = names_.fresh("off");
      const std::string squares = names_.fresh("squares");
      centre(r, block, "COLUMNS", name, off);
      writer_.line(fmt::format("{} = tl.sum({} * {}, axis=1, keep_dims=True)", squares, off, off));
      writer_.name_reduction(number, 0, name);
      writer_.name_reduction(number, 1, squares);
      return;
    }
    if (r.kind == ReduceKind::kArgmax || r.kind == ReduceKind::kArgmin) {
      writer_.line(fmt::format("{} = row_{}({}, col)", name, label(r), block));
    } else {
      writer_.line(name + " = " + combined(r, block));
    }
    name_result(number, r, name);
  }

  std::string running(int32_t number, std::string_view part) {
    std::string& name = running_[{number, std::string(part)}];
    if (name.empty()) name = names_.fresh(label(nest_.reductions[static_cast<size_t>(number)]) + std::string(part));
    return name;
  }

  void start_running(int32_t number) {
    const Reduction& r = nest_.reductions[static_cast<size_t>(number)];
    const Dtype type = accumulator(r);
    const auto fill = [&](const std::string& name, const std::string& columns, const std::string& value, Dtype t) {
      writer_.line(fmt::format("{} = tl.full([ROW_BLOCK, {}], {}, {})", name, columns, value, triton_type(t)));
    };
    switch (r.kind) {
      case ReduceKind::kMoments:
        fill(running(number, "_mean"), "1", "0.0", type);
        fill(running(number, "_squares"), "1", "0.0", type);
        break;
      case ReduceKind::kArgmax:
      case ReduceKind::kArgmin:
        fill(running(number, "_best"), "1", identity_text(r.kind, type), type);
        fill(running(number, "_at"), "1", "0", Dtype::kInt32);
        break;
      case ReduceKind::kAny:
      case ReduceKind::kAll:
        fill(running(number, "_so_far"), "COLUMN_BLOCK", r.kind == ReduceKind::kAll ? "1" : "0", Dtype::kInt32);
        break;
      default: fill(running(number, "_so_far"), "COLUMN_BLOCK", identity_text(r.kind, type), type);
    }
  }

  void keep_running(int32_t number) {
    const Reduction& r = nest_.reductions[static_cast<size_t>(number)];
    if (shifted_by(r)) return;  // its maximum keeps it
    if (const std::vector<int32_t> sums = shifted_sums(number); !sums.empty()) return keep_maximum(number, sums);
    const Dtype type = accumulator(r);
    const bool floats = is_floating(type);
    const std::string block = masked_input(r);
    const std::string so_far = r.kind == ReduceKind::kMoments || r.kind == ReduceKind::kArgmax || r.kind == ReduceKind::kArgmin
                                   ? std::string()
                                   : running(number, "_so_far");
    switch (r.kind) {
      case ReduceKind::kSum: writer_.line(fmt::format("{} += {}", so_far, block)); break;
      case ReduceKind::kProd: writer_.line(fmt::format("{} *= {}", so_far, block)); break;
      case ReduceKind::kMax:
      case ReduceKind::kMin:
        writer_.line(fmt::format("{} = tl.{}imum({}, {}{})", so_far, r.kind == ReduceKind::kMax ? "max" : "min", so_far, block,
                                 floats ? ", propagate_nan=tl.PropagateNan.ALL" : ""));
        break;
      case ReduceKind::kAny: writer_.line(fmt::format("{} |= ({}).to(tl.int32)", so_far, block)); break;
      case ReduceKind::kAll: writer_.line(fmt::format("{} &= ({}).to(tl.int32)", so_far, block)); break;
      case ReduceKind::kArgmax:
      case ReduceKind::kArgmin: keep_best(number, r, block); break;
      case ReduceKind::kMoments: keep_moments(number, r, block); break;
    }
  }

  /// A maximum by lane, and the sums of powers below it, rescaled as it grows.
  void keep_maximum(int32_t number, const std::vector<int32_t>& sums) {
    const std::string so_far = running(number, "_so_far");
    const std::string part = names_.fresh("part");
    const std::string now = names_.fresh("max_now");
    writer_.line(part + " = " + masked_input(nest_.reductions[static_cast<size_t>(number)]));
    writer_.line(fmt::format("{} = tl.maximum({}, {}, propagate_nan=tl.PropagateNan.ALL)", now, so_far, part));
    for (const int32_t sum : sums) {
      const std::string total = running(sum, "_so_far");
      writer_.line(fmt::format("{} = exp_sum({}, {}, {}, {})", total, total, so_far, now, part));
    }
    writer_.line(so_far + " = " + now);
  }

  /// First position of the best element so far; a NaN is better than any number, as in PyTorch.
  void keep_best(int32_t number, const Reduction& r, const std::string& block) {
    const bool largest = r.kind == ReduceKind::kArgmax;
    const std::string part = names_.fresh("part");
    const std::string part_best = names_.fresh("part_best");
    const std::string part_at = names_.fresh("part_at");
    const std::string better = names_.fresh("better");
    const std::string best = running(number, "_best");
    const std::string at = running(number, "_at");
    writer_.line(part + " = " + block);
    const Reduction extreme{largest ? ReduceKind::kMax : ReduceKind::kMin, r.input, r.type, r.sweep, r.node};
    writer_.line(part_best + " = " + combined(extreme, part));
    writer_.line(fmt::format("{} = row_{}({}, col)", part_at, label(r), part));
    std::string test = fmt::format("({} {} {})", part_best, largest ? ">" : "<", best);
    if (is_floating(accumulator(r))) test += fmt::format(" | (({} != {}) & ({} == {}))", part_best, part_best, best, best);
    writer_.line(better + " = " + test);
    writer_.line(fmt::format("{} = tl.where({}, {}, {})", at, better, part_at, at));
    writer_.line(fmt::format("{} = tl.where({}, {}, {})", best, better, part_best, best));
  }

  /// Mean and squared deviations of the part, joined to those so far (Chan, Golub, LeVeque 1979).
  void keep_moments(int32_t number, const Reduction& r, const std::string& block) {
    const std::string mean = running(number, "_mean");
    const std::string squares = running(number, "_squares");
    const std::string count = names_.fresh("count");
    const std::string part = names_.fresh("part_mean");
    const std::string off = names_.fresh("off");
    const std::string delta = names_.fresh("delta");
    // A quotient of float32 would cost float64 half of its digits.
    const bool wide = accumulator(r) == Dtype::kFloat64;
    writer_.line(fmt::format(
        "{} = {}", count,
        wide ? "tl.minimum(COLUMNS - start, COLUMN_BLOCK).to(tl.float64)" : "tl.minimum(COLUMNS - start, COLUMN_BLOCK) * 1.0"));
    centre(r, block, count, part, off);
    writer_.line(fmt::format("{} = {} - {}", delta, part, mean));
    writer_.line(fmt::format("{} += {} * ({} / (start + {}))", mean, delta, count, count));
    writer_.line(fmt::format("{} += tl.sum({} * {}, axis=1, keep_dims=True) + {} * {} * (start * 1.0 * {} / (start + {}))",
                             squares, off, off, delta, delta, count, count));
  }

  void finish_running(int32_t number) {
    const Reduction& r = nest_.reductions[static_cast<size_t>(number)];
    if (r.kind == ReduceKind::kMoments) {
      writer_.name_reduction(number, 0, running(number, "_mean"));
      writer_.name_reduction(number, 1, running(number, "_squares"));
    } else if (r.kind == ReduceKind::kArgmax || r.kind == ReduceKind::kArgmin) {
      name_result(number, r, running(number, "_at"));
    } else {
      const std::string name = names_.fresh(label(r));
      std::string block = running(number, "_so_far");
      if (const auto maximum = shifted_by(r))
        block = fmt::format("{} * tl.exp({} - {})", block, running(*maximum, "_so_far"), writer_.reduction(*maximum));
      writer_.line(name + " = " + combined(r, block));
      name_result(number, r, name);
    }
  }

  bool held_ = false;
  std::map<std::pair<int32_t, std::string>, std::string> running_;
};

}  // namespace

LaunchText write_reduce(const SkeletonInput& input) { return ReduceWriter(input).write(); }

}  // namespace ka
