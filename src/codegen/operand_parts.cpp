#include "codegen/skeleton.h"

namespace ka {

/// Two passes over each row: its magnitudes, then its parts. Rows are multiplied by a power of two that brings the greatest element to
/// 2^13..2^14; high + low then miss an element by at most 2^-22 of itself, or 2^-38 of the greatest (float16's smallest step).
///
/// What the second kind can do to a product, for rows a and b of the two operands, of K elements with the mean A and geometric mean G:
/// |error| <= 2^-38 K (max|a| A(b) + A(a) max|b|). The products' magnitudes sum up to s >= K G(a) G(b) (arithmetic above geometric
/// mean). So a row holds where max <= 2^10 G and A <= 2^3 G, up to the factor of 2 that exponents round by, and |error| <= 2^-22 s; zeros
/// are left out of the means. Below 2^90, undoing the scales cannot overflow.
LaunchText write_operand_parts(const SkeletonInput& input, const Operand& operand) {
  const Nest& nest = input.nest;
  const Schedule& s = input.schedule;
  const int64_t rows = nest.extent(operand.across);
  const int64_t depth = nest.extent(nest.contraction.depth);
  const OperandParts& parts = input.parts.front();
  Names names;
  FunctionText function(input, names);
  for (const char* word : {"k", "batch", "at", "size", "greatest", "total", "count", "exponents", "top", "middle", "typical",
                           "elements", "holds", "exponent", "scale", "inverse", "scaled", "high", "x"})
    names.fresh(word);
  function.constant("ROWS", rows);
  function.constant("K", depth);
  function.constant("K_PADDED", padded_depth(nest));
  function.constant("ROW_BLOCK", s.rows);
  function.constant("BLOCK_K", s.columns);
  const BatchedGrid grid(ceil_div(rows, s.rows), operand.batched ? nest.extent(nest.contraction.batch) : 1);
  function.grid(grid.extents);

  ExpressionWriter writer(input.graph, nest, names);
  function.name_tensors(writer);
  std::vector<AxisId> fixed = operand.across;
  fixed.insert(fixed.end(), nest.contraction.batch.begin(), nest.contraction.batch.end());
  writer.open_scope(fixed);
  const std::string widen =
      needs_wide_offsets(input.graph, nest) || rows * padded_depth(nest) * nest.extent(nest.contraction.batch) >= kWideOffset
          ? ".to(tl.int64)"
          : "";
  const std::string row_mask = rows % s.rows != 0 ? "(row[:, None] < ROWS)" : "";
  writer.line(fmt::format("row = {}{} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)", grid.program, widen));
  if (operand.batched) writer.line("batch = " + grid.batch + widen);
  bind_axes(writer, nest, names, nest.contraction.batch, "batch", "batch", "");
  bind_axes(writer, nest, names, operand.across, "row", "row", row_mask, "[:, None]");
  for (const char* name : {"greatest", "total", "exponents", "count"})
    writer.line(fmt::format("{} = tl.zeros([ROW_BLOCK, BLOCK_K], tl.float32)", name));

  /// Writes a loop over the depth whose body starts with the operand's block in x.
  const auto walk = [&](const std::string& end, const std::vector<std::string>& body) {
    const std::string mask = depth % s.columns != 0 ? "(k[None, :] < K)" : "";
    writer.open_scope(nest.contraction.depth);
    writer.line("k = start + tl.arange(0, BLOCK_K)");
    bind_axes(writer, nest, names, nest.contraction.depth, "k", "k", mask, "[None, :]");
    writer.line("x = " +
                operand_block(writer, nest, operand, nest.contraction.depth, mask, "ROW_BLOCK, BLOCK_K", Dtype::kFloat32));
    for (const std::string& text : body) writer.line(text);
    std::vector<std::string> loop;
    append_block(loop, fmt::format("for start in range(0, {}, BLOCK_K):", end), writer.close_scope());
    for (std::string& text : loop) writer.line(std::move(text));
  };
  walk("K", {"size = tl.abs(x)", "greatest = tl.maximum(greatest, size, propagate_nan=tl.PropagateNan.ALL)", "total += size",
             "exponents += (size.to(tl.int32, bitcast=True) >> 23).to(tl.float32)", "count += (size > 0.0).to(tl.float32)"});
  writer.line("elements = tl.maximum(tl.sum(count, axis=1, keep_dims=True), 1.0)");
  writer.line("# Exponents of the largest element, of the mean, and of the geometric mean; zeros have none.");
  writer.line("top = row_max(greatest).to(tl.int32, bitcast=True) >> 23");
  writer.line("middle = (tl.sum(total, axis=1, keep_dims=True) / elements).to(tl.int32, bitcast=True) >> 23");
  writer.line("typical = tl.sum(exponents, axis=1, keep_dims=True) / elements");
  writer.line("# Few large elements among small ones would leave these too few bits.");
  writer.line("holds = (top < 217) & (top - typical <= 10.0) & (middle - typical <= 3.0)");
  writer.line("# Powers of two: scale brings the largest element to 2^13, inverse takes it back.");
  writer.line("exponent = tl.minimum(267 - top, 253)");
  writer.line("scale = (exponent << 23).to(tl.float32, bitcast=True)");
  writer.line("inverse = ((254 - exponent) << 23).to(tl.float32, bitcast=True)");
  std::string place = operand.batched ? "(batch * ROWS + row[:, None])" : "row[:, None]";
  std::string keep = row_mask;
  if (padded_depth(nest) % s.columns != 0) keep += (keep.empty() ? "" : " & ") + std::string("(k[None, :] < K_PADDED)");
  const std::string masked = keep.empty() ? "" : ", mask=" + keep;
  std::vector<std::string> cut = {"scaled = x * scale", "high = scaled.to(tl.float16)",
                                  fmt::format("at = {} * K_PADDED + k[None, :]", place),
                                  fmt::format("tl.store({}_ptr + at, high{})", parts.high, masked)};
  if (!parts.low.empty())
    cut.push_back(fmt::format("tl.store({}_ptr + at, (scaled - high.to(tl.float32)).to(tl.float16){})", parts.low, masked));
  walk("K_PADDED", cut);
  writer.line(fmt::format("tl.store({}_ptr + {}, tl.where(holds, inverse, float(\"nan\")){})", parts.scale, place,
                          row_mask.empty() ? "" : ", mask=" + row_mask));
  return function.finish(writer.close_scope());
}

}  // namespace ka
