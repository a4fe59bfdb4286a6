#include <bit>
#include <limits>

#include "codegen/skeleton.h"

namespace ka {
namespace {

constexpr int64_t kLeastWidth = 16;  ///< of a tensor core's operands

int64_t padded(int64_t width) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max(width, kLeastWidth)))); }

/// Writes the skeleton of attention: a program takes a block of rows past all keys, a block at a time, and carries each row's largest
/// score, the sum of its powers, and their product with the values (plan/one_pass.cpp says why that is the softmax's product).
class AttendWriter {
 public:
  explicit AttendWriter(const SkeletonInput& input)
      : input_(input),
        nest_(input.nest),
        a_(input.nest.attention),
        function_(input, names_),
        writer_(input.graph, input.nest, names_) {}

  LaunchText write() {
    for (const char* name : {"row", "unit", "d", "key", "batch", "left", "right", "value", "acc", "largest", "total", "start",
                             "product", "score", "grown", "shift", "power", "kept"})
      names_.fresh(name);
    declare_constants();
    function_.name_tensors(writer_);
    writer_.open_scope(nest_.parallel);
    place_rows();
    if (has_product()) hold_left();
    writer_.line("largest = tl.full([ROW_BLOCK, 1], float(\"-inf\"), tl.float32)");
    writer_.line("total = tl.zeros([ROW_BLOCK, 1], tl.float32)");
    writer_.line("acc = tl.zeros([ROW_BLOCK, UNIT_BLOCK], tl.float32)");
    walk_keys();
    writer_.line(a_.safe ? "acc = acc / tl.where(total == 0.0, 1.0, total)" : "acc = acc / total");
    writer_.name_product("acc");
    for (const Write& write : nest_.writes) {
      const std::string value = writer_.value(write.value);
      writer_.line(writer_.store(write, value, "row + unit", "(row < 1) & (unit < 1)"));
    }
    return function_.finish(writer_.close_scope());
  }

 private:
  bool has_product() const { return a_.left != kNone; }
  int64_t extent(AxisId axis) const { return nest_.space.extent(axis); }
  BatchedGrid grid() const { return {ceil_div(extent(a_.row), input_.schedule.tile_m), nest_.extent(a_.batch)}; }
  std::string key_mask(const char* shape) const {
    return extent(a_.key) % input_.schedule.tile_n != 0 ? fmt::format("(key{} < KEYS)", shape) : "";
  }

  void declare_constants() {
    const Schedule& s = input_.schedule;
    function_.constant("ROWS", extent(a_.row));
    function_.constant("KEYS", extent(a_.key));
    function_.constant("UNITS", extent(a_.unit));
    function_.constant("ROW_BLOCK", s.tile_m);
    function_.constant("KEY_BLOCK", s.tile_n);
    function_.constant("UNIT_BLOCK", padded(extent(a_.unit)));
    if (has_product()) {
      function_.constant("DEPTH", extent(a_.depth));
      function_.constant("DEPTH_BLOCK", padded(extent(a_.depth)));
    }
    function_.grid(grid().extents);
    const bool has_bfloat16 = a_.value_type == Dtype::kBFloat16 || (has_product() && a_.operand_type == Dtype::kBFloat16);
    if (has_bfloat16) function_.constant("INTERPRETED", "triton.knobs.runtime.interpret");
  }

  void place_rows() {
    const std::string widen = needs_wide_offsets(input_.graph, nest_) ? ".to(tl.int64)" : "";
    if (nest_.extent(a_.batch) > 1) writer_.line("batch = " + grid().batch + widen);
    writer_.line(fmt::format("row = {}{} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]", grid().program, widen));
    writer_.line("unit = tl.arange(0, UNIT_BLOCK)[None, :]");
    bind_axes(writer_, nest_, names_, a_.batch, "batch", "batch", "");
    writer_.bind(a_.row, "row", extent(a_.row) % input_.schedule.tile_m != 0 ? "(row < ROWS)" : "");
    writer_.bind(a_.unit, "unit", extent(a_.unit) != padded(extent(a_.unit)) ? "(unit < UNITS)" : "");
  }

  void move_lines() {
    for (std::string& text : writer_.close_scope()) writer_.line(std::move(text));
  }

  /// Computes one operand's tile in a scope of its own, zero where `mask` fails.
  void tile(const std::string& name, ExprId expr, const std::vector<AxisId>& across, const std::vector<AxisId>& depth,
            const std::string& mask, const std::string& shape, Dtype type) {
    writer_.line(name + " = " + operand_block(writer_, nest_, {expr, across, true}, depth, mask, shape, type));
  }

  std::string depth_mask(const char* shape) const {
    return extent(a_.depth) != padded(extent(a_.depth)) ? fmt::format("(d{} < DEPTH)", shape) : "";
  }

  void hold_left() {
    writer_.line("d = tl.arange(0, DEPTH_BLOCK)");
    writer_.open_scope({a_.depth});
    writer_.bind(a_.depth, "d[None, :]", depth_mask("[None, :]"));
    tile("left", a_.left, {a_.row}, {a_.depth}, depth_mask("[None, :]"), "ROW_BLOCK, DEPTH_BLOCK", a_.operand_type);
    move_lines();
    as_numbers("left", a_.operand_type);
  }

  /// Are the scores -inf wherever the key stands behind the row?
  bool is_causal() const {
    const Expr& score = nest_.expr(a_.score);
    if (score.kind != Expr::Kind::kOperator || score.operands.size() != 2) return false;
    const Node& choice = input_.graph.node(score.node);
    if (choice.op != "aten.where.self" || !choice.at("other").is_number() ||
        choice.at("other").number() != -std::numeric_limits<double>::infinity())
      return false;
    const Expr& seen = nest_.expr(score.operands[0]);
    if (seen.kind != Expr::Kind::kOperator || input_.graph.node(seen.node).op != "aten.le.Tensor") return false;
    const auto stands_for = [&](ExprId id, AxisId axis) {
      const Expr& e = nest_.expr(id);
      if (e.kind != Expr::Kind::kPosition || e.index.constant != 0 || e.index.terms.size() != 1) return false;
      const Atom& atom = nest_.space.atom(e.index.terms[0].first);
      return e.index.terms[0].second == 1 && atom.kind == Atom::Kind::kAxis && atom.id == axis;
    };
    return seen.operands.size() == 2 && stands_for(seen.operands[0], a_.key) && stands_for(seen.operands[1], a_.row);
  }

  void walk_keys() {
    writer_.open_scope({});
    writer_.line("key = start + tl.arange(0, KEY_BLOCK)");
    if (has_product()) write_product();
    write_softmax();
    write_values();
    std::vector<std::string> loop;
    const std::string end = is_causal() ? fmt::format("tl.minimum(KEYS, ({} + 1) * ROW_BLOCK)", grid().program) : "KEYS";
    if (is_causal()) loop.push_back("# A row sees no later key.");
    append_block(loop, fmt::format("for start in range(0, {}, KEY_BLOCK):", end), writer_.close_scope());
    for (std::string& text : loop) writer_.line(std::move(text));
  }

  void write_product() {
    writer_.open_scope({a_.depth, a_.key});
    writer_.bind(a_.depth, "d[:, None]", depth_mask("[:, None]"));
    writer_.bind(a_.key, "key[None, :]", key_mask("[None, :]"));
    tile("right", a_.right, {a_.key}, {a_.depth}, depth_mask("[:, None]"), "DEPTH_BLOCK, KEY_BLOCK", a_.operand_type);
    move_lines();
    as_numbers("right", a_.operand_type);
    writer_.line(fmt::format("product = tl.dot(left, right{})", precision(a_.operand_type)));
    writer_.name_score("product");
  }

  void write_softmax() {
    writer_.open_scope({a_.key});
    writer_.bind(a_.key, "key[None, :]", key_mask("[None, :]"));
    std::string score = writer_.value(a_.score);
    if (const std::string mask = key_mask("[None, :]"); !mask.empty())
      score = fmt::format("tl.where(key[None, :] < KEYS, {}, float(\"-inf\"))", score);
    writer_.line(fmt::format("score = tl.broadcast_to({}, [ROW_BLOCK, KEY_BLOCK])", score));
    move_lines();
    writer_.line("grown = tl.maximum(largest, tl.max(score, axis=1, keep_dims=True))");
    writer_.line("shift = tl.where(grown == float(\"-inf\"), 0.0, grown)");
    writer_.line("power = tl.exp(score - shift)");
    writer_.line("kept = tl.exp(largest - shift)");
    writer_.line("total = total * kept + tl.sum(power, axis=1, keep_dims=True)");
    writer_.line("largest = grown");
  }

  void write_values() {
    writer_.open_scope({a_.key});
    writer_.bind(a_.key, "key[:, None]", key_mask("[:, None]"));
    tile("value", a_.value, {a_.unit}, {a_.key}, key_mask("[:, None]"), "KEY_BLOCK, UNIT_BLOCK", a_.value_type);
    move_lines();
    const bool half = byte_size(a_.value_type) == 2;
    if (half) writer_.line(fmt::format("power = power.to({})", triton_type(a_.value_type)));
    as_numbers("value", a_.value_type);
    as_numbers("power", a_.value_type);
    writer_.line(fmt::format("acc = tl.dot(power, value, acc * kept{})", precision(a_.value_type)));
  }

  /// The interpreter's dot would take bfloat16 for integers.
  void as_numbers(const std::string& name, Dtype type) {
    if (type != Dtype::kBFloat16) return;
    writer_.line("if INTERPRETED:");
    writer_.line(fmt::format("    {0} = {0}.to(tl.float32)", name));
  }

  std::string precision(Dtype type) const {
    return type == Dtype::kFloat32 ? fmt::format(", input_precision=\"{}\"", input_.schedule.precision) : "";
  }

  const SkeletonInput& input_;
  const Nest& nest_;
  const Attention& a_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
};

}  // namespace

LaunchText write_attend(const SkeletonInput& input) { return AttendWriter(input).write(); }

}  // namespace ka
