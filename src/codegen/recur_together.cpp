#include "codegen/recur_cell.h"

namespace ka {
namespace {

/// Writes the skeleton of a recurrent layer that many programs walk together: each keeps the weights of a few units in registers for the
/// whole walk, and waits in every step until all programs of its rows have stored theirs. They must run at the same time (Launch::cooperative).
/// Persistent kernels of this kind: Diamos et al., "Persistent RNNs", ICML 2016.
class RecurTogetherWriter : CellWriter {
 public:
  explicit RecurTogetherWriter(const SkeletonInput& input) : CellWriter(input) {}

  LaunchText write() {
    const Schedule& s = input_.schedule;
    const int64_t rows = nest_.space.extent(r_.row);
    const int64_t depth = padded_units(nest_);
    ragged_ = depth != r_.units;
    row_mask_ = rows % s.tile_m != 0 ? "(row < ROWS)" : "";
    unit_mask_ = r_.units % s.share != 0 ? "(unit < UNITS)" : "";
    cached_ = ", cache_modifier=\".cg\"";  // a multiprocessor's own cache may hold what the memory held before
    function_.constant("ROWS", rows);
    function_.constant("STEPS", nest_.space.extent(r_.step));
    function_.constant("UNITS", r_.units);
    function_.constant("ROW_BLOCK", s.tile_m);
    function_.constant("UNIT_BLOCK", s.share);
    function_.constant("DEPTH", depth);
    function_.constant("PROGRAMS", ceil_div(r_.units, s.share));
    function_.grid({std::to_string(ceil_div(r_.units, s.share)), std::to_string(ceil_div(rows, s.tile_m))});
    for (const char* name : {"own", "weight", "turn", "share", "left", "right", "first_gates", "last_gates"}) names_.fresh(name);
    const bool wide = needs_wide_offsets(input_.graph, nest_);

    writer_.open_scope({r_.row});
    writer_.line(
        fmt::format("row = tl.program_id(1){} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]", wide ? ".to(tl.int64)" : ""));
    writer_.bind(r_.row, "row", row_mask_);
    writer_.line("own = tl.program_id(0) * UNIT_BLOCK + tl.arange(0, UNIT_BLOCK)");
    writer_.line("unit = own[None, :]");
    writer_.line("k = tl.arange(0, DEPTH)");
    writer_.line(fmt::format("turn = {}_ptr + tl.program_id(1) * STEPS", input_.turns));
    write_weights();
    writer_.open_scope({r_.step, r_.unit});
    writer_.bind(r_.step, "step", "");
    writer_.bind(r_.unit, "unit", unit_mask_);
    write_step();
    nested(fmt::format("for step in range(0, {}):", wide ? "tl.full([], STEPS, tl.int64)" : "STEPS"), writer_.close_scope());
    return function_.finish(writer_.close_scope());
  }

 private:
  /// The weights of the program's units, [DEPTH, units · gates]: a unit's gates are neighbours. Three gates are kept as four.
  void write_weights() {
    writer_.open_scope({r_.unit, r_.depth});
    writer_.bind(r_.unit, "own[:, None]", unit_mask_.empty() ? "" : "(own[:, None] < UNITS)");
    writer_.bind(r_.depth, "k[None, :]", ragged_ ? "(k[None, :] < UNITS)" : "");
    std::vector<std::string> gates;
    for (const ExprId weight : r_.weights)
      gates.push_back(fmt::format("tl.broadcast_to({}, [UNIT_BLOCK, DEPTH])", writer_.value(weight)));
    if (gates.size() == 1) {
      writer_.line(fmt::format("weight = tl.trans({})", gates[0]));
    } else {
      gates.resize(4, gates.back());
      writer_.line(fmt::format("first_gates = tl.join({}, {})", gates[0], gates[1]));
      writer_.line(fmt::format("last_gates = tl.join({}, {})", gates[2], gates[3]));
      writer_.line("weight = tl.reshape(tl.permute(tl.join(first_gates, last_gates), [1, 0, 2, 3]), [DEPTH, 4 * UNIT_BLOCK])");
    }
    move_lines();
  }

  void write_step() {
    writer_.open_scope({r_.depth});
    writer_.bind(r_.depth, "k[None, :]", ragged_ ? "(k[None, :] < UNITS)" : "");
    state("hidden", r_.first_hidden_deep, r_.last_hidden_deep, "[ROW_BLOCK, DEPTH]");
    move_lines();
    writer_.line(fmt::format("share = tl.dot(hidden, weight, input_precision=\"{}\")", input_.schedule.precision));
    std::vector<std::string> shares;
    for (const std::string_view gate : gate_names()) shares.push_back(names_.fresh("acc_" + std::string(gate)));
    if (shares.size() == 1) {
      writer_.line(shares[0] + " = share");
    } else {
      writer_.line("left, right = tl.split(tl.reshape(share, [ROW_BLOCK, UNIT_BLOCK, 2, 2]))");
      writer_.line(fmt::format("{}, {} = tl.split(left)", shares[0], shares[1]));
      writer_.line(fmt::format("{}, {} = tl.split(right)", shares[2], shares.size() > 3 ? shares[3] : names_.fresh("unused")));
    }
    cell(shares);
    writer_.line("tl.debug_barrier()");
    writer_.line("tl.atomic_add(turn + step, 1, sem=\"release\")");
    nested("while tl.atomic_add(turn + step, 0, sem=\"acquire\") < PROGRAMS:", {"pass"});
    writer_.line("tl.debug_barrier()");
  }

  bool ragged_ = false;
  std::string unit_mask_;
};

}  // namespace

LaunchText write_recur_together(const SkeletonInput& input) {
  LaunchText text = RecurTogetherWriter(input).write();
  text.launch.cooperative = true;
  return text;
}

}  // namespace ka
