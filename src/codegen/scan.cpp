#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "codegen/rows.h"

namespace ka {
namespace {

/// Writes the skeleton that walks rows in order. A row that fits is scanned at once; a longer one block by block, with what the
/// blocks before it came to carried along. Lanes behind the row's end come last and change no element before them.
class ScanWriter : RowsWriter {
 public:
  explicit ScanWriter(const SkeletonInput& input) : RowsWriter(input) {}

  LaunchText write() {
    begin();
    holds_row(input_.schedule, nest_) ? write_held() : write_looped();
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
    bind_columns(position);
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
    return over_block(scan.input, text);
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

  std::string last_;
  std::vector<std::string> carries_;
};

}  // namespace

LaunchText write_scan(const SkeletonInput& input) { return ScanWriter(input).write(); }

}  // namespace ka
