#include "base/check.h"
#include "ops/table.h"

namespace ka {
namespace {

double elements(const Graph& graph, ValueId value) { return static_cast<double>(graph.type(value).element_count()); }

/// 2·M·N·K multiply-adds of operators that are contractions, or 0. `weight` holds the contracted extents of convolutions.
double contraction_flops(const Graph& graph, const Node& node, double outputs) {
  const auto last_extent = [&](std::string_view argument) {
    const Argument* a = node.find(argument);
    if (a == nullptr || !a->is_ref() || graph.type(a->ref()).rank() == 0) return 0.0;
    return static_cast<double>(graph.type(a->ref()).sizes().back());
  };
  const std::string& op = node.op;
  if (op == "aten.linear.default") return 2 * outputs * last_extent("input");
  if (op == "aten.mm.default" || op == "aten.bmm.default" || op == "aten.matmul.default" || op == "aten.dot.default" || op == "aten.mv.default") {
    return 2 * outputs * last_extent("self");
  }
  if (op == "aten.addmm.default") return 2 * outputs * last_extent("mat1");
  if (op == "aten.baddbmm.default") return 2 * outputs * last_extent("batch1");
  if (op.starts_with("aten.scaled_dot_product_attention")) {
    const double length = static_cast<double>(graph.type(node.at("key").ref()).sizes()[static_cast<size_t>(graph.type(node.at("key").ref()).rank() - 2)]);
    return 2 * elements(graph, node.at("query").ref()) * length + 2 * outputs * length;
  }
  if (op.starts_with("aten.conv")) {
    const Argument* weight = node.find("weight");
    if (weight == nullptr || !weight->is_ref()) return 0;
    const Shape sizes = graph.type(weight->ref()).sizes();
    const double per_weight = elements(graph, weight->ref()) / static_cast<double>(sizes[0]);
    const bool transposed = op.find("transpose") != std::string::npos;
    return 2 * (transposed ? elements(graph, node.at("input").ref()) : outputs) * per_weight;
  }
  return 0;
}

}  // namespace

Cost cost(const Graph& graph, const Node& node) {
  Cost out;
  double outputs = 0;
  for (const ValueId value : node.outputs) {
    if (value == kNone) continue;
    out.bytes += static_cast<double>(graph.type(value).bytes());
    outputs = outputs == 0 ? elements(graph, value) : outputs;
  }
  double largest_input = 0;
  for (const ValueId value : Graph::operands(node)) {
    out.bytes += static_cast<double>(graph.type(value).bytes());
    largest_input = std::max(largest_input, elements(graph, value));
  }
  const OpRow* row = op_table().find(node.op);
  if (row == nullptr) return out;
  if (row->op_class == OpClass::kView || row->op_class == OpClass::kSource) return {};
  const double products = contraction_flops(graph, node, outputs);
  const bool reads_more = row->op_class == OpClass::kReduce || row->op_class == OpClass::kComposite;
  out.flops = products > 0 ? products : row->flops * (reads_more ? std::max(largest_input, outputs) : outputs);
  return out;
}

}  // namespace ka
