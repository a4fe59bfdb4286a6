#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "codegen/skeleton.h"

namespace ka {
namespace {

/// Writes the skeleton that walks rows in order. A row that fits is scanned at once; a longer one block by block, with what the
/// blocks before it came to carried along. Lanes behind the row's end come last and change no element before them.
class ScanWriter {
 public:
  explicit ScanWriter(const SkeletonInput& input)
      : input_(input), nest_(input.nest), function_(input, names_), writer_(input.graph, input.nest, names_) {}

  LaunchText write() {
    const Schedule& s = input_.schedule;
    const int64_t rows = nest_.parallel_extent();
    columns_ = nest_.reduce_extent();
    function_.constant("ROWS", rows);
    function_.constant("COLUMNS", columns_);
    function_.constant("ROW_BLOCK", s.rows);
    function_.constant("COLUMN_BLOCK", s.columns);
    function_.grid({std::to_string(ceil_div(rows, s.rows))});
    function_.name_tensors(writer_);
    row_mask_ = rows % s.rows != 0 ? "row_mask" : "";
    column_mask_ = columns_ % s.columns != 0 ? "column_mask" : "";
    for (const char* name : {"row", "col", "row_mask", "column_mask", "start"}) names_.fresh(name);

    writer_.open_scope(nest_.parallel);
    wide_ = needs_wide_offsets(input_.graph, nest_);
    writer_.line(
        fmt::format("row = tl.program_id(0){} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]", wide_ ? ".to(tl.int64)" : ""));
    if (!row_mask_.empty()) writer_.line("row_mask = row < ROWS");
    bind_axes(writer_, nest_, names_, nest_.parallel, "row", "row", row_mask_);
    holds_row(s, nest_) ? write_held() : write_looped();
    return function_.finish(writer_.close_scope());
  }

 private:
  void write_held() {
    writer_.extend_scope(nest_.reduce);
    write_block("tl.arange(0, COLUMN_BLOCK)[None, :]", false);
  }

  void write_looped() {
    for (size_t i = 0; i < nest_.scans.size(); ++i) {
      const Scan& scan = nest_.scans[i];
      carries_.push_back(names_.fresh("so_far"));
      writer_.line(fmt::format("{} = tl.full([ROW_BLOCK, 1], {}, {})", carries_.back(), start_value(scan),
                               triton_type(accumulator(scan))));
    }
    last_ = names_.fresh("is_last");
    writer_.line(last_ + " = tl.arange(0, COLUMN_BLOCK)[None, :] == COLUMN_BLOCK - 1");
    writer_.open_scope(nest_.reduce);
    write_block("start + tl.arange(0, COLUMN_BLOCK)[None, :]", true);
    const std::vector<std::string> block = writer_.close_scope();
    std::vector<std::string> lines;
    append_block(lines, "for start in range(0, COLUMNS, COLUMN_BLOCK):", block);
    for (std::string& text : lines) writer_.line(std::move(text));
  }

  void write_block(const std::string& position, bool carries) {
    writer_.line("col = " + position + (wide_ && columns_ > (int64_t{1} << 30) ? ".to(tl.int64)" : ""));
    if (!column_mask_.empty()) writer_.line("column_mask = col < COLUMNS");
    bind_axes(writer_, nest_, names_, nest_.reduce, "col", "col", column_mask_);
    for (size_t i = 0; i < nest_.scans.size(); ++i) scan_block(i, carries);
    for (const Write& write : nest_.writes) writer_.line(writer_.store(write, writer_.value(write.value), "row", row_mask_));
  }

  void scan_block(size_t number, bool carries) {
    const Scan& scan = nest_.scans[number];
    const Dtype type = accumulator(scan);
    const Dtype wanted = register_type(scan.type);
    std::string text = scanned(scan, block_of(scan, type));
    if (carries) text = joined(scan, carries_[number], text);
    const std::string name = names_.fresh("running_" + std::string(ka::name(scan.kind)));
    writer_.line(name + " = " + text);
    if (carries) {
      const std::string zero = literal_text(Argument{int64_t{0}}, type);
      writer_.line(fmt::format("{} = tl.sum(tl.where({}, {}, {}), axis=1, keep_dims=True)", carries_[number], last_, name, zero));
    }
    if (type == wanted) return writer_.name_scan(static_cast<int32_t>(number), name);
    const std::string narrow = names_.fresh(ka::name(scan.kind));
    writer_.line(narrow + " = " + convert(name, type, wanted));
    writer_.name_scan(static_cast<int32_t>(number), narrow);
  }

  /// The type a scan runs in.
  Dtype accumulator(const Scan& scan) const {
    const Dtype type = register_type(scan.type);
    const bool adds_or_multiplies = scan.kind == ScanKind::kSum || scan.kind == ScanKind::kProd;
    return type == Dtype::kFloat32 && adds_or_multiplies && input_.schedule.precision == "float64" ? Dtype::kFloat64 : type;
  }

  std::string start_value(const Scan& scan) const {
    const ReduceKind kind = scan.kind == ScanKind::kSum    ? ReduceKind::kSum
                            : scan.kind == ScanKind::kProd ? ReduceKind::kProd
                            : scan.kind == ScanKind::kMin  ? ReduceKind::kMin
                                                           : ReduceKind::kMax;
    return identity_text(kind, accumulator(scan));
  }

  /// The input over the full block, in the given type.
  std::string block_of(const Scan& scan, Dtype type) {
    const Expr& e = nest_.expr(scan.input);
    std::string text = writer_.value(scan.input);
    if (e.kind == Expr::Kind::kConstant) {
      text = fmt::format("tl.full([1, 1], {}, {})", literal_text(e.literal, type), triton_type(type));
    } else {
      text = convert(text, register_type(e.type), type);
    }
    const std::vector<bool> used = nest_.axes_of(scan.input);
    const auto depends = [&](const std::vector<AxisId>& axes) {
      return std::any_of(axes.begin(), axes.end(), [&](AxisId axis) { return used[static_cast<size_t>(axis)]; });
    };
    const bool full = (depends(nest_.parallel) || input_.schedule.rows == 1) && depends(nest_.reduce);
    return full ? text : fmt::format("tl.broadcast_to({}, [ROW_BLOCK, COLUMN_BLOCK])", text);
  }

  static std::string scanned(const Scan& scan, const std::string& block) {
    switch (scan.kind) {
      case ScanKind::kSum: return fmt::format("tl.cumsum({}, axis=1)", block);
      case ScanKind::kProd: return fmt::format("tl.cumprod({}, axis=1)", block);
      default: return fmt::format("running_{}({})", ka::name(scan.kind), block);
    }
  }

  std::string joined(const Scan& scan, const std::string& before, const std::string& block) const {
    const char* spread = is_floating(accumulator(scan)) ? ", propagate_nan=tl.PropagateNan.ALL" : "";
    switch (scan.kind) {
      case ScanKind::kSum: return fmt::format("{} + {}", before, block);
      case ScanKind::kProd: return fmt::format("{} * {}", before, block);
      case ScanKind::kMax: return fmt::format("tl.maximum({}, {}{})", before, block, spread);
      case ScanKind::kMin: return fmt::format("tl.minimum({}, {}{})", before, block, spread);
      case ScanKind::kLogSumExp: return fmt::format("logaddexp({}, {})", before, block);
    }
    KA_CHECK(false, "a scan without text");
    return {};
  }

  const SkeletonInput& input_;
  const Nest& nest_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
  int64_t columns_ = 0;
  bool wide_ = false;
  std::string row_mask_;
  std::string column_mask_;
  std::string last_;
  std::vector<std::string> carries_;
};

}  // namespace

LaunchText write_scan(const SkeletonInput& input) { return ScanWriter(input).write(); }

}  // namespace ka
