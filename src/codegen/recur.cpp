#include "codegen/recur_cell.h"

namespace ka {
namespace {

/// Writes the skeleton of a recurrent layer: a program walks all steps of some rows. States go through memory, where the next
/// step's product reads them; a barrier makes a step's stores visible to the program's other threads.
class RecurWriter : CellWriter {
 public:
  explicit RecurWriter(const SkeletonInput& input) : CellWriter(input) {}

  LaunchText write() {
    const Schedule& s = input_.schedule;
    const int64_t rows = nest_.space.extent(r_.row);
    function_.constant("ROWS", rows);
    function_.constant("STEPS", nest_.space.extent(r_.step));
    function_.constant("UNITS", r_.units);
    function_.constant("ROW_BLOCK", s.tile_m);
    function_.constant("UNIT_BLOCK", s.tile_n);
    function_.constant("DEPTH_BLOCK", s.tile_k);
    function_.grid({std::to_string(ceil_div(rows, s.tile_m))});
    row_mask_ = rows % s.tile_m != 0 ? "(row < ROWS)" : "";
    const bool wide = needs_wide_offsets(input_.graph, nest_);

    writer_.open_scope({r_.row});
    writer_.line(
        fmt::format("row = tl.program_id(0){} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]", wide ? ".to(tl.int64)" : ""));
    writer_.bind(r_.row, "row", row_mask_);
    writer_.open_scope({r_.step});
    writer_.bind(r_.step, "step", "");
    nested("for first in range(0, UNITS, UNIT_BLOCK):", write_units());
    writer_.line("tl.debug_barrier()");
    nested(fmt::format("for step in range(0, {}):", wide ? "tl.full([], STEPS, tl.int64)" : "STEPS"), writer_.close_scope());
    return function_.finish(writer_.close_scope());
  }

 private:
  /// One block of units: the hidden state's share of every gate, then the cell.
  std::vector<std::string> write_units() {
    writer_.open_scope({r_.unit});
    writer_.line("unit = first + tl.arange(0, UNIT_BLOCK)[None, :]");
    writer_.bind(r_.unit, "unit", r_.units % input_.schedule.tile_n != 0 ? "(unit < UNITS)" : "");
    std::vector<std::string> shares;
    for (const std::string_view gate : gate_names()) {
      shares.push_back(names_.fresh("acc_" + std::string(gate)));
      writer_.line(shares.back() + " = tl.zeros([ROW_BLOCK, UNIT_BLOCK], tl.float32)");
    }
    nested("for start in range(0, UNITS, DEPTH_BLOCK):", write_product(shares));
    cell(shares);
    return writer_.close_scope();
  }

  std::vector<std::string> write_product(const std::vector<std::string>& shares) {
    const bool ragged = r_.units % input_.schedule.tile_k != 0;
    writer_.open_scope({});
    writer_.line("k = start + tl.arange(0, DEPTH_BLOCK)");
    writer_.open_scope({r_.depth});
    writer_.bind(r_.depth, "k[None, :]", ragged ? "(k[None, :] < UNITS)" : "");
    state("hidden", r_.first_hidden_deep, r_.last_hidden_deep, "[ROW_BLOCK, DEPTH_BLOCK]");
    move_lines();
    writer_.open_scope({r_.depth});
    writer_.bind(r_.depth, "k[:, None]", ragged ? "(k[:, None] < UNITS)" : "");
    for (size_t gate = 0; gate < shares.size(); ++gate) {
      writer_.line(fmt::format("{0} = tl.dot(hidden, {1}, {0}, input_precision=\"{2}\")", shares[gate],
                               writer_.value(r_.weights[gate]), input_.schedule.precision));
    }
    move_lines();
    return writer_.close_scope();
  }
};

}  // namespace

LaunchText write_recur(const SkeletonInput& input) {
  return is_shared(input.schedule) ? write_recur_together(input) : RecurWriter(input).write();
}

}  // namespace ka
