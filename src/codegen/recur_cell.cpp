#include "codegen/recur_cell.h"

#include <array>

namespace ka {
namespace {

std::string join_masks(const std::string& a, const std::string& b) { return a.empty() || b.empty() ? a + b : a + " & " + b; }

}  // namespace

CellWriter::CellWriter(const SkeletonInput& input)
    : input_(input),
      nest_(input.nest),
      r_(input.nest.recurrence),
      function_(input, names_),
      writer_(input.graph, input.nest, names_) {
  function_.name_tensors(writer_);
  for (const char* name : {"row", "step", "unit", "k", "first", "start", "before", "hidden", "cell", "now", "fresh", "reset",
                           "update", "taken", "kept", "shown"})
    names_.fresh(name);
}

void CellWriter::nested(const std::string& header, const std::vector<std::string>& block) {
  std::vector<std::string> lines;
  append_block(lines, header, block);
  for (std::string& text : lines) writer_.line(std::move(text));
}

void CellWriter::move_lines() {
  for (std::string& text : writer_.close_scope()) writer_.line(std::move(text));
}

void CellWriter::state(const std::string& name, ExprId first, const Index& last, const std::string& shape) {
  writer_.bind(r_.row, "row", join_masks("(step == 0)", row_mask_));
  const std::string start = writer_.value(first);
  writer_.bind(r_.row, "row", row_mask_);
  writer_.line(fmt::format("before = tl.load({}_ptr + {}, mask={}, other=0{})", states(), writer_.index(last),
                           join_masks("(step > 0)", writer_.mask(last, {})), cached_));
  writer_.line(fmt::format("{} = tl.broadcast_to(tl.where(step == 0, {}, before), {})", name, start, shape));
}

void CellWriter::store(const Write& write, const std::string& value) {
  const bool alone = nest_.space.extent(r_.row) == 1;  // then no offset names the row, and one lane of it has to store
  const std::string mask = writer_.mask(write.offset, {});
  const std::string inside = alone ? join_masks(row_mask_, mask) : mask;
  writer_.line(fmt::format("tl.store({}_ptr + {}{}, {}{})", states(), alone ? "row * 0 + " : "", writer_.index(write.offset),
                           value, inside.empty() ? "" : ", mask=" + inside));
}

std::vector<std::string_view> CellWriter::gate_names() const {
  if (r_.cell == CellKind::kLstm) return {"input", "forget", "cell", "output"};
  if (r_.cell == CellKind::kGru) return {"reset", "update", "new"};
  return {"hidden"};
}

void CellWriter::cell(const std::vector<std::string>& shares) {
  for (size_t gate = 0; gate < r_.biases.size(); ++gate)
    writer_.line(fmt::format("{} += {}", shares[gate], writer_.value(r_.biases[gate])));
  std::vector<std::string> inputs;
  for (const ExprId gate : r_.gates) inputs.push_back(writer_.value(gate));
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

}  // namespace ka
