#include <algorithm>
#include <utility>

#include "codegen/skeleton.h"

namespace ka {
namespace {

constexpr int kExactDepth = 16;  ///< depth a step of the exact product behind a split one, which is to be small rather than fast

/// Writes a tile of the product. A plain product walks the operands as they are; a split one walks their float16 parts, with the plain
/// one behind it for the tiles that the parts cannot hold.
class ContractWriter {
 public:
  explicit ContractWriter(const SkeletonInput& input)
      : input_(input),
        nest_(input.nest),
        c_(nest_.contraction),
        function_(input, names_),
        writer_(input.graph, nest_, names_),
        operand_type_(input.graph.type(input.graph.node(c_.node).at("self").ref()).dtype) {}

  LaunchText write() {
    for (const char* word :
         {"m", "n", "k", "acc", "left", "right", "batch", "pid", "tiles_m", "tiles_n", "group", "first_m", "rows_here", "part"})
      names_.fresh(word);
    if (c_.woven) {
      for (const char* word : {"first_row", "first_column", "lane"}) names_.fresh(word);
    }
    if (goes_two_ways()) {
      for (const char* word : {"left_scale", "right_scale", "left_row", "right_row", "left_at", "right_at", "left_high",
                               "left_low", "right_high", "right_low", "product", "image_lost", "lost"})
        names_.fresh(word);
    }
    declare_constants();
    function_.name_tensors(writer_);
    writer_.open_scope(nest_.parallel);
    place_tile();
    writer_.line(fmt::format("acc = tl.zeros([BLOCK_M, BLOCK_N], {})", triton_type(accumulator())));
    if (goes_two_ways()) {
      is_split(input_.schedule) ? write_split() : write_rounded();
    } else {
      for (std::string& text : plain_loop("BLOCK_K", input_.schedule.tile_k, input_.schedule.precision))
        writer_.line(std::move(text));
    }
    if (c_.woven) {
      write_woven();
    } else {
      write_results(writer_);
    }
    return function_.finish(writer_.close_scope());
  }

 private:
  void write_results(ExpressionWriter& writer) {
    writer.name_product("acc");
    for (const Write& write : nest_.writes) {
      const std::string value = writer.value(write.value);
      writer.line(writer.store(write, value, "m[:, None] + n[None, :]", "(m[:, None] < 1) & (n[None, :] < 1)"));
    }
  }

  /// Writes the results from a tile whose woven rows stand between its columns, as they do in memory, so that stores are wide.
  void write_woven() {
    const std::vector<AxisId> outer(c_.rows.begin(), c_.rows.end() - 1);
    const AxisId inner = c_.rows.back();
    ExpressionWriter woven(input_.graph, nest_, names_);
    function_.name_tensors(woven);
    woven.open_scope(nest_.parallel);
    woven.line("# WOVEN rows lie between two columns in memory: so do they in the tile from here on.");
    woven.line("acc = tl.permute(tl.reshape(acc, [BLOCK_M // WOVEN, WOVEN, BLOCK_N]), (0, 2, 1))");
    woven.line("acc = tl.reshape(acc, [BLOCK_M // WOVEN, BLOCK_N * WOVEN])");
    woven.line("lane = tl.arange(0, BLOCK_N * WOVEN)");
    woven.line("m = first_row // WOVEN + tl.arange(0, BLOCK_M // WOVEN)");
    woven.line("n = first_column + lane // WOVEN");
    woven.line("lane = lane % WOVEN");
    bind_axes(woven, nest_, names_, c_.batch, "batch", "batch", "");
    bind_axes(woven, nest_, names_, outer, "m", "row", ragged_m() ? "(m[:, None] < M // WOVEN)" : "", "[:, None]");
    woven.bind(inner, "lane[None, :]", "");
    bind_axes(woven, nest_, names_, c_.columns, "n", "column", ragged_n() ? "(n[None, :] < N)" : "", "[None, :]");
    write_results(woven);
    for (std::string& line : woven.close_scope()) writer_.line(std::move(line));
  }

  /// Is there a fast product of prepared operands, and the plain one for those that could not be prepared?
  bool goes_two_ways() const { return !input_.parts.empty(); }
  int64_t m() const { return nest_.extent(c_.rows); }
  int64_t n() const { return nest_.extent(c_.columns); }
  BatchedGrid grid() const {
    return {ceil_div(m(), input_.schedule.tile_m) * ceil_div(n(), input_.schedule.tile_n), nest_.extent(c_.batch)};
  }
  /// The last depth axis is walked in blocks; those around it, the parts, one after another.
  std::vector<AxisId> inner_depth() const { return c_.depth.empty() ? c_.depth : std::vector<AxisId>{c_.depth.back()}; }
  std::vector<AxisId> outer_depth() const {
    return c_.depth.empty() ? c_.depth : std::vector<AxisId>(c_.depth.begin(), c_.depth.end() - 1);
  }
  Dtype accumulator() const { return operand_type_ == Dtype::kFloat64 ? Dtype::kFloat64 : Dtype::kFloat32; }

  void declare_constants() {
    const Schedule& s = input_.schedule;
    const int64_t k = nest_.extent(inner_depth());
    function_.constant("M", m());
    function_.constant("N", n());
    function_.constant("K", k);
    if (goes_two_ways()) function_.constant("K_PADDED", padded_depth(nest_));
    function_.constant("BLOCK_M", s.tile_m);
    function_.constant("BLOCK_N", s.tile_n);
    function_.constant("BLOCK_K", s.tile_k);
    if (goes_two_ways()) function_.constant("EXACT_K", kExactDepth);
    function_.constant("GROUP_M", s.group_m);
    if (c_.woven) function_.constant("WOVEN", nest_.space.extent(c_.rows.back()));
    if (!outer_depth().empty()) {
      function_.constant("PARTS", nest_.extent(outer_depth()));
      function_.constant("STEPS", ceil_div(k, s.tile_k));
      if (goes_two_ways()) function_.constant("EXACT_STEPS", ceil_div(k, kExactDepth));
    }
    function_.grid(grid().extents);
    if (operand_type_ == Dtype::kBFloat16) function_.constant("INTERPRETED", "triton.knobs.runtime.interpret");
  }

  void place_tile() {
    const bool wide = needs_wide_offsets(input_.graph, nest_) || (is_split(input_.schedule) && parts_need_wide_offsets(nest_));
    const std::string widen = wide ? ".to(tl.int64)" : "";
    writer_.line("# Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.");
    writer_.line("pid = " + grid().program);
    if (nest_.extent(c_.batch) > 1) writer_.line("batch = " + grid().batch + widen);
    writer_.line("tiles_m = tl.cdiv(M, BLOCK_M)");
    writer_.line("tiles_n = tl.cdiv(N, BLOCK_N)");
    writer_.line("group = pid // (GROUP_M * tiles_n)");
    writer_.line("first_m = group * GROUP_M");
    writer_.line("rows_here = tl.minimum(tiles_m - first_m, GROUP_M)");
    std::string row = "(first_m + pid % (GROUP_M * tiles_n) % rows_here)" + widen + " * BLOCK_M";
    std::string column = "(pid % (GROUP_M * tiles_n) // rows_here)" + widen + " * BLOCK_N";
    if (c_.woven) {
      writer_.line("first_row = " + std::exchange(row, "first_row"));
      writer_.line("first_column = " + std::exchange(column, "first_column"));
    }
    writer_.line("m = " + row + " + tl.arange(0, BLOCK_M)");
    writer_.line("n = " + column + " + tl.arange(0, BLOCK_N)");
    bind_axes(writer_, nest_, names_, c_.batch, "batch", "batch", "");
    bind_axes(writer_, nest_, names_, c_.rows, "m", "row", ragged_m() ? "(m[:, None] < M)" : "", "[:, None]");
    bind_axes(writer_, nest_, names_, c_.columns, "n", "column", ragged_n() ? "(n[None, :] < N)" : "", "[None, :]");
  }
  bool ragged_m() const { return m() % input_.schedule.tile_m != 0; }
  bool ragged_n() const { return n() % input_.schedule.tile_n != 0; }

  /// Opens the loop over the depth, `block` at a time: what follows is its body, until close_loop().
  void open_loop(const std::string& block, const std::string& steps) {
    const std::vector<AxisId> parts = outer_depth();
    writer_.open_scope(parts);
    if (!parts.empty()) writer_.line("part = step // " + steps);
    bind_axes(writer_, nest_, names_, parts, "part", "part", "");
    writer_.line(parts.empty() ? fmt::format("k = start + tl.arange(0, {})", block)
                               : fmt::format("k = step % {0} * {1} + tl.arange(0, {1})", steps, block));
  }
  std::vector<std::string> close_loop(const std::string& block, const std::string& steps, bool pipelined) {
    const bool in_parts = !outer_depth().empty();
    const std::string range = in_parts ? "0, PARTS * " + steps : "0, K, " + block;
    std::vector<std::string> loop;
    if (in_parts && pipelined) loop.push_back("# The depth has PARTS parts of K; a step takes a block within one of them.");
    append_block(loop,
                 fmt::format("for {} in {}:", in_parts ? "step" : "start",
                             pipelined ? "range(" + range + ")" : "tl.range(" + range + ", num_stages=1)"),
                 writer_.close_scope());
    return loop;
  }

  /// The plain loop, which adds products of the operands as they are to acc.
  std::vector<std::string> plain_loop(const std::string& block, int step, const std::string& precision) {
    const bool ragged = nest_.extent(inner_depth()) % step != 0;
    const std::string steps = goes_two_ways() ? "EXACT_STEPS" : "STEPS";
    open_loop(block, steps);

    /// Writes the lines that bring one operand's tile into a register of the product's type.
    const auto operand = [&](const Operand& o, const std::string& name, const std::string& depth_shape,
                             const std::string& shape) {
      writer_.open_scope(inner_depth());
      const std::string mask = ragged ? "(k" + depth_shape + " < K)" : "";
      bind_axes(writer_, nest_, names_, inner_depth(), "k", "k", mask, depth_shape);
      writer_.line(name + " = " + operand_block(writer_, nest_, o, inner_depth(), mask, shape, operand_type_));
      for (std::string& line : writer_.close_scope()) writer_.line(std::move(line));
      if (operand_type_ == Dtype::kFloat32 && precision == "tf32") writer_.line(fmt::format("{0} = nearest_tf32({0})", name));
    };
    operand(left_operand(nest_), "left", "[None, :]", "BLOCK_M, " + block);
    operand(right_operand(nest_), "right", "[:, None]", block + ", BLOCK_N");
    if (operand_type_ == Dtype::kBFloat16) {
      writer_.line("if INTERPRETED:  # the interpreter's dot would take bfloat16 for integers");
      writer_.line("    left = left.to(tl.float32)");
      writer_.line("    right = right.to(tl.float32)");
    }
    writer_.line(fmt::format("acc = tl.dot(left, right, acc{}{})",
                             operand_type_ == Dtype::kFloat32 ? fmt::format(", input_precision=\"{}\"", precision) : "",
                             accumulator() == Dtype::kFloat64 ? ", out_dtype=tl.float64" : ""));
    return close_loop(block, steps, !goes_two_ways());
  }

  /// Three products of the parts, largest last; a fresh sum for every step, since tensor cores cut off what they add to a longer one
  /// (Ootomo, Yokota 2022, "Recovering single precision accuracy from Tensor Cores while surpassing the FP32 theoretical peak
  /// performance"). What is left out, low · low, is below float32's rounding.
  void write_split() {
    const OperandParts& left = input_.parts[0];
    const OperandParts& right = input_.parts[1];
    writer_.line("left_scale = " + scale(left, left_operand(nest_), "m", "M", ragged_m()));
    writer_.line("right_scale = " + scale(right, right_operand(nest_), "n", "N", ragged_n()));
    writer_.line("left_row = " + row(left_operand(nest_), "m", "M", ragged_m()));
    writer_.line("right_row = " + row(right_operand(nest_), "n", "N", ragged_n()));
    std::vector<std::string> fast;
    append_block(
        fast, "for start in range(0, K_PADDED, BLOCK_K):",
        {"k = start + tl.arange(0, BLOCK_K)", "left_at = left_row[:, None] * K_PADDED + k[None, :]",
         "right_at = right_row[None, :] * K_PADDED + k[:, None]", fmt::format("left_high = tl.load({}_ptr + left_at)", left.high),
         fmt::format("left_low = tl.load({}_ptr + left_at)", left.low),
         fmt::format("right_high = tl.load({}_ptr + right_at)", right.high),
         fmt::format("right_low = tl.load({}_ptr + right_at)", right.low), "product = tl.dot(left_low, right_high)",
         "product = tl.dot(left_high, right_low, product)", "acc += tl.dot(left_high, right_high, product)"});
    fast.push_back("# The larger scale first: what must not underflow on the way does not.");
    fast.push_back("acc *= tl.maximum(left_scale[:, None], right_scale[None, :])");
    fast.push_back("acc *= tl.minimum(left_scale[:, None], right_scale[None, :])");
    write_two_ways("tl.max((left_scale != left_scale).to(tl.int32)) + tl.max((right_scale != right_scale).to(tl.int32))", fast);
  }

  /// One product of the operands rounded to float16: the weights along their depth, the images with their channels last.
  void write_rounded() {
    const OperandParts& left = input_.parts[0];
    const Windows& windows = *input_.windows;
    writer_.line("left_scale = " + scale(left, left_operand(nest_), "m", "M", ragged_m()));
    writer_.line("left_row = " + row(left_operand(nest_), "m", "M", ragged_m()));
    const std::string flags = writer_.mask(windows.image, {});
    writer_.line(fmt::format("image_lost = tl.load({}_ptr + {}{})", windows.lost, writer_.index(windows.image),
                             flags.empty() ? "" : ", mask=" + flags + ", other=0"));
    open_loop("BLOCK_K", "STEPS");
    writer_.open_scope(inner_depth());
    const bool ragged = nest_.extent(inner_depth()) % input_.schedule.tile_k != 0;
    bind_axes(writer_, nest_, names_, inner_depth(), "k", "k", ragged ? "(k[:, None] < K)" : "", "[:, None]");
    writer_.line(fmt::format("left = tl.load({}_ptr + left_row[:, None] * K_PADDED + {}{})", left.high,
                             outer_depth().empty() ? "k[None, :]" : "(part * K + k)[None, :]",
                             ragged ? ", mask=k[None, :] < K, other=0" : ""));
    const std::string keep = writer_.mask(windows.at, nest_.expr(c_.right).guard);
    const std::string at = writer_.index(windows.at);
    writer_.line(
        fmt::format("right = tl.load({}_ptr + {}{})", windows.buffer, at, keep.empty() ? "" : ", mask=" + keep + ", other=0"));
    writer_.line("acc = tl.dot(left, right, acc)");
    for (std::string& line : writer_.close_scope()) writer_.line(std::move(line));
    std::vector<std::string> fast = close_loop("BLOCK_K", "STEPS", true);
    fast.push_back("acc *= left_scale[:, None]");
    write_two_ways(fmt::format("tl.max((left_scale != left_scale).to(tl.int32)) + {}",
                               windows.image.is_constant() ? "image_lost" : "tl.max(image_lost)"),
                   fast);
  }

  void write_two_ways(const std::string& lost, const std::vector<std::string>& fast) {
    const std::vector<std::string> exact = plain_loop("EXACT_K", kExactDepth, "ieee");
    writer_.line("# What float16 cannot hold has no scale or is marked: tiles that need it are multiplied as they are.");
    writer_.line("lost = " + lost);
    std::vector<std::string> text;
    append_block(text, "if lost == 0:", fast);
    append_block(text, "else:", exact);
    for (std::string& line : text) writer_.line(std::move(line));
  }

  /// The scales of a tile's rows, and the rows' places among the parts, the last one's for those beyond the end.
  static std::string scale(const OperandParts& parts, const Operand& o, const std::string& at, const std::string& extent,
                           bool ragged) {
    const std::string place = (o.batched ? fmt::format("batch * {} + ", extent) : "") + at;
    return fmt::format("tl.load({}_ptr + {}{})", parts.scale, place,
                       ragged ? fmt::format(", mask={} < {}, other=1.0", at, extent) : "");
  }
  static std::string row(const Operand& o, const std::string& at, const std::string& extent, bool ragged) {
    return (o.batched ? fmt::format("batch * {} + ", extent) : "") +
           (ragged ? fmt::format("tl.minimum({}, {} - 1)", at, extent) : at);
  }

  const SkeletonInput& input_;
  const Nest& nest_;
  const Contraction& c_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
  Dtype operand_type_;
};

bool uses_any(const Nest& nest, ExprId expr, const std::vector<AxisId>& axes) {
  const std::vector<bool> used = nest.axes_of(expr);
  return std::any_of(axes.begin(), axes.end(), [&](AxisId axis) { return used[static_cast<size_t>(axis)]; });
}

}  // namespace

Operand left_operand(const Nest& nest) {
  const Contraction& c = nest.contraction;
  return {c.left, c.rows, uses_any(nest, c.left, c.batch)};
}

Operand right_operand(const Nest& nest) {
  const Contraction& c = nest.contraction;
  return {c.right, c.columns, uses_any(nest, c.right, c.batch)};
}

std::string operand_block(ExpressionWriter& writer, const Nest& nest, const Operand& operand, const std::vector<AxisId>& depth,
                          const std::string& depth_mask, const std::string& block, Dtype type) {
  const Expr& e = nest.expr(operand.expr);
  const bool bare =
      e.kind == Expr::Kind::kLoad && uses_any(nest, operand.expr, operand.across) && uses_any(nest, operand.expr, depth);
  std::string text = writer.value(operand.expr, bare);
  if (bare) return text;
  text = convert(text, register_type(e.type), type);
  if (!depth_mask.empty()) {
    text = fmt::format("tl.where({}, {}, 0.0)", depth_mask.substr(1, depth_mask.size() - 2), text);
    if (byte_size(type) == 2) text += ".to(" + triton_type(type) + ")";
  }
  return fmt::format("tl.broadcast_to({}, [{}])", text, block);
}

LaunchText write_contract(const SkeletonInput& input) { return ContractWriter(input).write(); }

}  // namespace ka
