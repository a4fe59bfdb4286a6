#include <array>

#include "base/text.h"
#include "codegen/skeleton.h"

namespace ka {
namespace {

/// Writes the skeleton of a recurrent layer: a program walks all steps of some rows. States go through memory, where the next
/// step's product reads them; a barrier makes a step's stores visible to the program's other threads.
class RecurWriter {
 public:
  explicit RecurWriter(const SkeletonInput& input)
      : input_(input),
        nest_(input.nest),
        r_(input.nest.recurrence),
        function_(input, names_),
        writer_(input.graph, input.nest, names_) {}

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
    function_.name_tensors(writer_);
    for (const char* name : {"row", "step", "unit", "k", "first", "start", "before", "hidden", "cell", "now", "fresh", "reset",
                             "update", "taken", "kept", "shown"})
      names_.fresh(name);
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
  void nested(const std::string& header, const std::vector<std::string>& block) {
    std::vector<std::string> lines;
    append_block(lines, header, block);
    for (std::string& text : lines) writer_.line(std::move(text));
  }

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
    for (size_t gate = 0; gate < r_.biases.size(); ++gate)
      writer_.line(fmt::format("{} += {}", shares[gate], writer_.value(r_.biases[gate])));
    std::vector<std::string> inputs;
    for (const ExprId gate : r_.gates) inputs.push_back(writer_.value(gate));
    write_cell(inputs, shares);
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

  /// Closes a scope that is no block of its own.
  void move_lines() {
    for (std::string& text : writer_.close_scope()) writer_.line(std::move(text));
  }

  /// A state before this step: what it started from, or what the step before left.
  void state(const std::string& name, ExprId first, const Index& last, const std::string& shape) {
    writer_.bind(r_.row, "row", "(step == 0)" + (row_mask_.empty() ? "" : " & " + row_mask_));
    const std::string start = writer_.value(first);
    writer_.bind(r_.row, "row", row_mask_);
    const std::string inside = writer_.mask(last, {});
    writer_.line(fmt::format("before = tl.load({}_ptr + {}, mask=(step > 0){}, other=0)", states(), writer_.index(last),
                             inside.empty() ? "" : " & " + inside));
    writer_.line(fmt::format("{} = tl.broadcast_to(tl.where(step == 0, {}, before), {})", name, start, shape));
  }

  void store(const Write& write, const std::string& value) {
    const bool alone = nest_.space.extent(r_.row) == 1;  // then no offset names the row, and one lane of it has to store
    const std::string inside = alone ? join_masks(row_mask_, writer_.mask(write.offset, {})) : writer_.mask(write.offset, {});
    writer_.line(fmt::format("tl.store({}_ptr + {}{}, {}{})", states(), alone ? "row * 0 + " : "", writer_.index(write.offset),
                             value, inside.empty() ? "" : ", mask=" + inside));
  }

  static std::string join_masks(const std::string& a, const std::string& b) { return b.empty() ? a : a + " & " + b; }
  const std::string& states() const { return input_.tensors.back().second; }

  std::vector<std::string_view> gate_names() const {
    if (r_.cell == CellKind::kLstm) return {"input", "forget", "cell", "output"};
    if (r_.cell == CellKind::kGru) return {"reset", "update", "new"};
    return {"hidden"};
  }

  void write_cell(const std::vector<std::string>& inputs, const std::vector<std::string>& shares) {
    const std::string shape = "[ROW_BLOCK, UNIT_BLOCK]";
    const auto sigmoid = [&](const char* name, size_t gate) {
      writer_.line(fmt::format("{} = 1.0 / (1.0 + tl.exp(-({} + {})))", name, inputs[gate], shares[gate]));
    };
    switch (r_.cell) {
      case CellKind::kTanh: writer_.line(fmt::format("now = tanh({} + {})", inputs[0], shares[0])); break;
      case CellKind::kRelu:
        writer_.line(fmt::format("now = {} + {}", inputs[0], shares[0]));
        writer_.line("now = tl.where(now < 0.0, 0.0, now)");
        break;
      case CellKind::kGru:
        sigmoid("reset", 0);
        sigmoid("update", 1);
        writer_.line(fmt::format("fresh = tanh({} + reset * {})", inputs[2], shares[2]));
        state("hidden", r_.first[0], r_.last[0], shape);
        writer_.line("now = (hidden - fresh) * update + fresh");
        break;
      case CellKind::kLstm:
        state("cell", r_.first[1], r_.last[1], shape);
        sigmoid("taken", 0);
        sigmoid("kept", 1);
        writer_.line(fmt::format("cell = kept * cell + taken * tanh({} + {})", inputs[2], shares[2]));
        sigmoid("shown", 3);
        writer_.line("now = shown * tanh(cell)");
        break;
    }
    constexpr std::array<const char*, 2> kStates = {"now", "cell"};
    for (size_t i = 0; i < nest_.writes.size(); ++i) store(nest_.writes[i], kStates[i]);
  }

  const SkeletonInput& input_;
  const Nest& nest_;
  const Recurrence& r_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
  std::string row_mask_;
};

}  // namespace

LaunchText write_recur(const SkeletonInput& input) { return RecurWriter(input).write(); }

}  // namespace ka
