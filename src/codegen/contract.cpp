#include "codegen/skeleton.h"

namespace ka {
namespace {

/// One side of the product at the current depth step.
struct Operand {
  ExprId expr = kNone;
  const std::vector<AxisId>* across = nullptr;  ///< rows or columns
  std::string position;                         ///< "m" or "n"
  std::string shape;                            ///< how the position spreads over the tile
  std::string depth_shape;
  std::string mask;
};

}  // namespace

LaunchText write_contract(const SkeletonInput& input) {
  Names names;
  const Nest& nest = input.nest;
  const Contraction& c = nest.contraction;
  const Schedule& s = input.schedule;
  const int64_t m = nest.extent(c.rows);
  const int64_t n = nest.extent(c.columns);
  const int64_t k = nest.extent(c.depth);
  const int64_t batch = nest.extent(c.batch);
  FunctionText function(input, names);
  for (const char* word :
       {"m", "n", "k", "acc", "left", "right", "batch", "pid", "tiles_m", "tiles_n", "group", "first_m", "rows_here"})
    names.fresh(word);
  function.constant("M", m);
  function.constant("N", n);
  function.constant("K", k);
  function.constant("BLOCK_M", s.tile_m);
  function.constant("BLOCK_N", s.tile_n);
  function.constant("BLOCK_K", s.tile_k);
  function.constant("GROUP_M", s.group_m);
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
  std::vector<AxisId> outer = c.batch;
  writer.open_scope(outer);
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

  writer.line(fmt::format("acc = tl.zeros([BLOCK_M, BLOCK_N], {})", triton_type(accumulator)));

  /// Writes the lines that bring one operand's tile into a register of the product's type.
  const auto operand = [&](const Operand& o, const std::string& name) {
    std::vector<AxisId> axes = *o.across;
    axes.insert(axes.end(), c.depth.begin(), c.depth.end());
    writer.open_scope(axes);
    bind_axes(writer, nest, names, *o.across, o.position, o.position, o.mask, o.shape);
    bind_axes(writer, nest, names, c.depth, "k", "k", ragged_k ? "(k" + o.depth_shape + " < K)" : "", o.depth_shape);
    const Expr& e = nest.expr(o.expr);
    const bool bare = e.kind == Expr::Kind::kLoad;
    std::string text = writer.value(o.expr, bare);
    if (!bare) {
      text = convert(text, register_type(e.type), left_type);
      if (ragged_k) text = fmt::format("tl.where(k{} < K, {}, 0.0)", o.depth_shape, text);
      if (ragged_k && byte_size(left_type) == 2) text += ".to(" + triton_type(left_type) + ")";
      text = fmt::format("tl.broadcast_to({}, [{}])", text, o.position == "m" ? "BLOCK_M, BLOCK_K" : "BLOCK_K, BLOCK_N");
    }
    writer.line(name + " = " + text);
    return writer.close_scope();
  };
  std::vector<std::string> block = {"k = start + tl.arange(0, BLOCK_K)"};
  for (std::string& text : operand({c.left, &c.rows, "m", "[:, None]", "[None, :]", m_mask}, "left"))
    block.push_back(std::move(text));
  for (std::string& text : operand({c.right, &c.columns, "n", "[None, :]", "[:, None]", n_mask}, "right"))
    block.push_back(std::move(text));
  if (brain) {
    block.push_back("if INTERPRETED:  # the interpreter's dot would take bfloat16 for integers");
    block.push_back("    left = left.to(tl.float32)");
    block.push_back("    right = right.to(tl.float32)");
  }
  const std::string precision = left_type == Dtype::kFloat32 ? fmt::format(", input_precision=\"{}\"", s.precision) : "";
  block.push_back(fmt::format("acc = tl.dot(left, right, acc{}{})", precision,
                              accumulator == Dtype::kFloat64 ? ", out_dtype=tl.float64" : ""));
  std::vector<std::string> loop;
  append_block(loop, "for start in range(0, K, BLOCK_K):", block);
  for (std::string& text : loop) writer.line(std::move(text));

  std::vector<AxisId> inner = c.rows;
  inner.insert(inner.end(), c.columns.begin(), c.columns.end());
  writer.open_scope(inner);
  bind_axes(writer, nest, names, c.rows, "m", "row", m_mask, "[:, None]");
  bind_axes(writer, nest, names, c.columns, "n", "column", n_mask, "[None, :]");
  writer.name_product("acc");
  for (const Write& write : nest.writes) {
    const std::string value = writer.value(write.value);
    writer.line(writer.store(write, value, "m[:, None] + n[None, :]", "(m[:, None] < 1) & (n[None, :] < 1)"));
  }
  for (std::string& text : writer.close_scope()) writer.line(std::move(text));
  return function.finish(writer.close_scope());
}

}  // namespace ka
