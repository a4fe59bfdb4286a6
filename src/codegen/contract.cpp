#include <algorithm>

#include "codegen/skeleton.h"

namespace ka {
namespace {

/// One side of the product at the current depth step.
struct Operand {
  ExprId expr = kNone;
  const std::vector<AxisId>* across = nullptr;  ///< rows or columns
  std::string position;                         ///< "m" or "n"
  std::string depth_shape;                      ///< how the depth spreads over the tile
};

}  // namespace

LaunchText write_contract(const SkeletonInput& input) {
  Names names;
  const Nest& nest = input.nest;
  const Contraction& c = nest.contraction;
  const Schedule& s = input.schedule;
  const int64_t m = nest.extent(c.rows);
  const int64_t n = nest.extent(c.columns);
  // The last depth axis is walked in blocks; those around it, the parts, one after another.
  const std::vector<AxisId> inner_depth = c.depth.empty() ? c.depth : std::vector<AxisId>{c.depth.back()};
  const std::vector<AxisId> parts(c.depth.begin(), c.depth.end() - static_cast<std::ptrdiff_t>(inner_depth.size()));
  const int64_t k = nest.extent(inner_depth);
  const int64_t batch = nest.extent(c.batch);
  FunctionText function(input, names);
  for (const char* word :
       {"m", "n", "k", "acc", "left", "right", "batch", "pid", "tiles_m", "tiles_n", "group", "first_m", "rows_here", "part"})
    names.fresh(word);
  function.constant("M", m);
  function.constant("N", n);
  function.constant("K", k);
  function.constant("BLOCK_M", s.tile_m);
  function.constant("BLOCK_N", s.tile_n);
  function.constant("BLOCK_K", s.tile_k);
  function.constant("GROUP_M", s.group_m);
  if (!parts.empty()) {
    function.constant("PARTS", nest.extent(parts));
    function.constant("STEPS", ceil_div(k, s.tile_k));
  }
  function.grid({std::to_string(ceil_div(m, s.tile_m) * ceil_div(n, s.tile_n)), std::to_string(batch)});
  const Dtype left_type = input.graph.type(input.graph.node(c.node).at("self").ref()).dtype;
  const Dtype accumulator = left_type == Dtype::kFloat64 ? Dtype::kFloat64 : Dtype::kFloat32;
  const bool brain = left_type == Dtype::kBFloat16;
  if (brain) function.constant("INTERPRETED", "triton.knobs.runtime.interpret");
  const bool wide = needs_wide_offsets(input.graph, nest);
  const std::string widen = wide ? ".to(tl.int64)" : "";
  const std::string m_mask = m % s.tile_m != 0 ? "(m[:, None] < M)" : "";
  const std::string n_mask = n % s.tile_n != 0 ? "(n[None, :] < N)" : "";
  const bool ragged_k = k % s.tile_k != 0;

  ExpressionWriter writer(input.graph, nest, names);
  function.name_tensors(writer);
  writer.open_scope(nest.parallel);
  writer.line("# Tiles are walked in groups of GROUP_M rows, so that neighbours share operands in the L2 cache.");
  writer.line("pid = tl.program_id(0)");
  if (batch > 1) writer.line("batch = tl.program_id(1)" + widen);
  writer.line("tiles_m = tl.cdiv(M, BLOCK_M)");
  writer.line("tiles_n = tl.cdiv(N, BLOCK_N)");
  writer.line("group = pid // (GROUP_M * tiles_n)");
  writer.line("first_m = group * GROUP_M");
  writer.line("rows_here = tl.minimum(tiles_m - first_m, GROUP_M)");
  writer.line("m = (first_m + pid % (GROUP_M * tiles_n) % rows_here)" + widen + " * BLOCK_M + tl.arange(0, BLOCK_M)");
  writer.line("n = (pid % (GROUP_M * tiles_n) // rows_here)" + widen + " * BLOCK_N + tl.arange(0, BLOCK_N)");
  bind_axes(writer, nest, names, c.batch, "batch", "batch", "");

  bind_axes(writer, nest, names, c.rows, "m", "row", m_mask, "[:, None]");
  bind_axes(writer, nest, names, c.columns, "n", "column", n_mask, "[None, :]");

  writer.line(fmt::format("acc = tl.zeros([BLOCK_M, BLOCK_N], {})", triton_type(accumulator)));
  std::string header = "for start in range(0, K, BLOCK_K):";
  std::string position = "start + tl.arange(0, BLOCK_K)";
  if (!parts.empty()) {
    writer.line("# The depth has PARTS parts of K; a step takes a block within one of them.");
    header = "for step in range(0, PARTS * STEPS):";
    position = "step % STEPS * BLOCK_K + tl.arange(0, BLOCK_K)";
  }
  writer.open_scope(parts);
  if (!parts.empty()) writer.line("part = step // STEPS");
  bind_axes(writer, nest, names, parts, "part", "part", "");
  writer.line("k = " + position);

  /// Writes the lines that bring one operand's tile into a register of the product's type.
  const auto operand = [&](const Operand& o, const std::string& name) {
    writer.open_scope(inner_depth);
    bind_axes(writer, nest, names, inner_depth, "k", "k", ragged_k ? "(k" + o.depth_shape + " < K)" : "", o.depth_shape);
    const Expr& e = nest.expr(o.expr);
    const std::vector<bool> used = nest.axes_of(o.expr);
    const auto varies = [&](const std::vector<AxisId>& axes) {
      return std::any_of(axes.begin(), axes.end(), [&](AxisId axis) { return used[static_cast<size_t>(axis)]; });
    };
    const bool bare = e.kind == Expr::Kind::kLoad && varies(*o.across) && varies(inner_depth);
    std::string text = writer.value(o.expr, bare);
    if (!bare) {
      text = convert(text, register_type(e.type), left_type);
      if (ragged_k) text = fmt::format("tl.where(k{} < K, {}, 0.0)", o.depth_shape, text);
      if (ragged_k && byte_size(left_type) == 2) text += ".to(" + triton_type(left_type) + ")";
      text = fmt::format("tl.broadcast_to({}, [{}])", text, o.position == "m" ? "BLOCK_M, BLOCK_K" : "BLOCK_K, BLOCK_N");
    }
    writer.line(name + " = " + text);
    for (std::string& line : writer.close_scope()) writer.line(std::move(line));
  };
  operand({c.left, &c.rows, "m", "[None, :]"}, "left");
  operand({c.right, &c.columns, "n", "[:, None]"}, "right");
  if (brain) {
    writer.line("if INTERPRETED:  # the interpreter's dot would take bfloat16 for integers");
    writer.line("    left = left.to(tl.float32)");
    writer.line("    right = right.to(tl.float32)");
  }
  const std::string precision = left_type == Dtype::kFloat32 ? fmt::format(", input_precision=\"{}\"", s.precision) : "";
  writer.line(fmt::format("acc = tl.dot(left, right, acc{}{})", precision,
                          accumulator == Dtype::kFloat64 ? ", out_dtype=tl.float64" : ""));
  std::vector<std::string> loop;
  append_block(loop, header, writer.close_scope());
  for (std::string& text : loop) writer.line(std::move(text));

  writer.name_product("acc");
  for (const Write& write : nest.writes) {
    const std::string value = writer.value(write.value);
    writer.line(writer.store(write, value, "m[:, None] + n[None, :]", "(m[:, None] < 1) & (n[None, :] < 1)"));
  }
  return function.finish(writer.close_scope());
}

}  // namespace ka
