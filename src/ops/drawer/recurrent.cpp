// Recurrent layers: the input's share of all gates is one product over all steps, the rest one walk per layer and direction.
#include "ops/contraction.h"
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

const char* primitive_of(const Node& node) {
  if (node.op.starts_with("aten.lstm")) return "ka.lstm";
  if (node.op.starts_with("aten.gru")) return "ka.gru";
  return node.op.starts_with("aten.rnn_relu") ? "ka.rnn_relu" : "ka.rnn_tanh";
}

ValueId joined(Rewriter& rewriter, const std::vector<ValueId>& parts, int64_t dim) {
  if (parts.size() == 1) return parts.front();
  Shape size = rewriter.shape(parts.front());
  size[static_cast<size_t>(dim)] *= static_cast<int64_t>(parts.size());
  return rewriter.call("aten.cat.default", {{"tensors", reference_list(parts)}, {"dim", Argument{dim}}},
                       contiguous_type(rewriter.dtype(parts.front()), size));
}

Status layers_and_directions(Rewriter& rewriter, const Node& node) {
  const bool has_biases = node.at("has_biases").truth();
  const bool is_lstm = node.op.starts_with("aten.lstm");
  const int64_t layers = node.at("num_layers").integer();
  const int64_t directions = node.at("bidirectional").truth() ? 2 : 1;
  const bool batch_first = node.at("batch_first").truth();
  if (layers > 1 && node.at("train").truth() && number_or(node, "dropout", 0) != 0)
    return cannot("dropout between layers draws random numbers, which are not emitted yet; use eval() or dropout=0");
  const Argument::List& parameters = node.at("params").list();
  const size_t each = has_biases ? 4 : 2;
  if (parameters.size() != each * static_cast<size_t>(layers * directions))
    return cannot("projected hidden states (proj_size) are not emitted");

  std::vector<ValueId> first;  // the hidden and, in an LSTM, the cell states that the layers start from
  if (is_lstm) {
    for (const Argument& state : node.at("hx").list()) first.push_back(rewriter.mapped(state.ref()));
  } else {
    first.push_back(rewriter.operand(node, "hx"));
  }
  ValueId input = rewriter.operand(node, "input");
  if (batch_first) input = rewriter.transpose(input, 0, 1);
  const int64_t steps = rewriter.shape(input)[0];
  const int64_t rows = rewriter.shape(input)[1];
  const int64_t units = rewriter.shape(first.front()).back();
  const Dtype dtype = rewriter.dtype(input);
  if (units == 1) return cannot("a hidden state of one unit is not emitted; it is no matrix product");
  std::vector<std::vector<ValueId>> last(first.size());
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::vector<ValueId> both;
    for (int64_t direction = 0; direction < directions; ++direction) {
      const int64_t place = layer * directions + direction;
      const auto parameter = [&](size_t i) { return rewriter.mapped(parameters[each * static_cast<size_t>(place) + i].ref()); };
      const ValueId gates = linear(rewriter, input, parameter(0), has_biases ? parameter(2) : kNone, dtype);
      const auto start = [&](size_t state) {
        return state < first.size() ? Argument{Ref{rewriter.select(first[state], 0, place)}} : Argument{};
      };
      const ValueId states = rewriter.call(primitive_of(node),
                                           {{"self", Argument{Ref{gates}}},
                                            {"weight", Argument{Ref{parameter(1)}}},
                                            {"bias", has_biases ? Argument{Ref{parameter(3)}} : Argument{}},
                                            {"hidden", start(0)},
                                            {"cell", start(1)},
                                            {"reverse", Argument{direction == 1}}},
                                           contiguous_type(dtype, {static_cast<int64_t>(first.size()), steps, rows, units}));
      for (size_t state = 0; state < first.size(); ++state) {
        const ValueId over_time = rewriter.select(states, 0, static_cast<int64_t>(state));
        last[state].push_back(rewriter.unsqueeze(rewriter.select(over_time, 0, direction == 1 ? 0 : steps - 1), 0));
        if (state == 0) both.push_back(over_time);
      }
    }
    input = joined(rewriter, both, 2);
  }
  if (rewriter.result(node, 0) != nullptr) bind_copy(rewriter, node, 0, batch_first ? rewriter.transpose(input, 0, 1) : input);
  for (size_t state = 0; state < first.size(); ++state) {
    if (rewriter.result(node, state + 1) != nullptr) bind_copy(rewriter, node, state + 1, joined(rewriter, last[state], 0));
  }
  return {};
}

Decision only_float32(const Graph& graph, const Node& node) {
  return result_dtype(graph, node) == Dtype::kFloat32 ? Decision::accept()
                                                      : Decision::refuse("recurrent layers are emitted in float32 alone so far");
}

}  // namespace

void recurrent(OpTable& table) {
  primitive(table, {"ka.lstm", "ka.gru", "ka.rnn_tanh", "ka.rnn_relu"}, OpClass::kRecur);
  composite(table, {"aten.lstm.input", "aten.gru.input", "aten.rnn_tanh.input", "aten.rnn_relu.input"}, layers_and_directions);
  restrict(table, {"aten.lstm.input", "aten.gru.input", "aten.rnn_tanh.input", "aten.rnn_relu.input"}, only_float32);
}

}  // namespace ka::ops_drawer
