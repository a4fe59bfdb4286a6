#include <algorithm>

#include "ops/rewriter.h"
#include "ops/table.h"

namespace ka {
namespace {

double elements(const Graph& graph, ValueId value) { return static_cast<double>(graph.type(value).element_count()); }

double output_elements(const Graph& graph, const Node& node) {
  double total = 0;
  for (const ValueId output : node.outputs) total += output == kNone ? 0 : elements(graph, output);
  return total;
}

double bytes_of(const Graph& graph, std::vector<ValueId> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  double total = 0;
  for (const ValueId value : values) total += value == kNone ? 0 : static_cast<double>(graph.type(value).bytes());
  return total;
}

double product_flops(const Graph& graph, const Node& node) {
  const double k = static_cast<double>(graph.type(node.at("self").ref()).sizes().back());
  return 2 * output_elements(graph, node) * k;
}

/// Every output element of a convolution sums over a filter; every input element of a transposed one meets a filter.
double convolution_flops(const Graph& graph, const Node& node) {
  const ValueId weight = node.at("weight").ref();
  const double filter = elements(graph, weight) / static_cast<double>(std::max<int64_t>(1, graph.type(weight).sizes().front()));
  const Argument* transposed = node.find("transposed");
  const bool backwards =
      node.op.find("transpose") != std::string::npos || (transposed != nullptr && transposed->is_number() && transposed->truth());
  return 2 * filter * (backwards ? elements(graph, node.at("input").ref()) : output_elements(graph, node));
}

/// Sums over the primitives that a composite becomes; what cannot be rewritten counts one operation per element.
double composite_flops(const Graph& graph, const Node& node) {
  const bool convolves = node.op.rfind("aten.conv", 0) == 0 || node.op.rfind("aten._conv", 0) == 0;
  if (convolves && node.find("weight") != nullptr && node.at("weight").is_ref()) return convolution_flops(graph, node);
  const OpRow* row = op_table().find(node.op);
  if (row != nullptr && row->refusal.empty()) {
    if (const Result<Graph> parts = decompose_alone(graph, node)) {
      double total = 0;
      for (const Node& part : parts->nodes) total += cost(*parts, part).flops;
      return total;
    }
  }
  double most = output_elements(graph, node);
  for (const ValueId operand : Graph::operands(node)) most = std::max(most, elements(graph, operand));
  return most;
}

}  // namespace

Cost cost(const Graph& graph, const Node& node) {
  const OpRow* row = op_table().find(node.op);
  const OpClass op_class = row == nullptr ? OpClass::kComposite : row->op_class;
  if (op_class == OpClass::kView) return {};
  const double written = bytes_of(graph, node.outputs);
  const std::vector<ValueId> operands = Graph::operands(node);
  Cost out{bytes_of(graph, operands) + written, 0};
  switch (op_class) {
    case OpClass::kPointwise: out.flops = row->flops * output_elements(graph, node); break;
    case OpClass::kReduce:
    case OpClass::kScan: out.flops = row->flops * elements(graph, operands.front()); break;
    case OpClass::kRecur:  // every step multiplies its states with the weights of all gates
      out.flops =
          2 * elements(graph, node.at("self").ref()) * static_cast<double>(graph.type(node.at("weight").ref()).sizes().back());
      break;
    case OpClass::kContract: out.flops = product_flops(graph, node); break;
    case OpClass::kAttend:  // the product, and of every score its exponential and what brings it there
      out.flops = product_flops(graph, node) + 20 * elements(graph, operands.front());
      break;
    case OpClass::kGather: {
      // Only what is picked is read, and the indices.
      std::vector<ValueId> indices = operands;
      indices.erase(indices.begin());
      out.bytes = bytes_of(graph, indices) + 2 * written;
      break;
    }
    case OpClass::kDraw:
    case OpClass::kSource:
    case OpClass::kView: break;
    case OpClass::kOpaque:
    case OpClass::kComposite: out.flops = composite_flops(graph, node); break;
  }
  return out;
}

}  // namespace ka
