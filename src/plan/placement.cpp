#include <algorithm>

#include "plan/fusion.h"

namespace ka {

Placement::Placement(GraphFacts& facts) : facts_(facts) {
  const Graph& graph = facts.graph;
  shown_.assign(graph.values.size(), false);
  readers_.resize(graph.values.size());
  std::vector<bool> on_host(graph.nodes.size(), false);
  for (const Output& output : graph.outputs) {
    ValueId value = output.value;
    while (graph.value(value).producer != kNone && is_host_view(graph.node(graph.value(value).producer))) {
      const NodeId view = graph.value(value).producer;
      on_host[static_cast<size_t>(view)] = true;
      value = graph.node(view).at("self").ref();
    }
    const NodeId producer = graph.value(value).producer;
    if (producer == kNone) continue;
    shown_[static_cast<size_t>(value)] = true;
    facts_.transparent[static_cast<size_t>(producer)] = false;  // what is shown is computed once, into memory
  }
  for (size_t i = 0; i < on_host.size(); ++i) {
    if (on_host[i]) host_views_.push_back(static_cast<NodeId>(i));
  }
  // Readers flow backwards through transparent nodes, so later nodes come first.
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    for (const ValueId operand : Graph::operands(node)) {
      std::vector<NodeId>& to = readers_[static_cast<size_t>(operand)];
      if (!facts_.transparent[i]) {
        to.push_back(static_cast<NodeId>(i));
        continue;
      }
      for (const ValueId output : node.outputs) {
        if (output != kNone)
          to.insert(to.end(), readers_[static_cast<size_t>(output)].begin(), readers_[static_cast<size_t>(output)].end());
      }
    }
  }
  for (std::vector<NodeId>& list : readers_) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
}

void Placement::collect_sources(ValueId value, std::vector<NodeId>& out) const {
  const NodeId producer = facts_.graph.value(value).producer;
  if (producer == kNone) return;
  if (!facts_.transparent[static_cast<size_t>(producer)]) {
    if (std::find(out.begin(), out.end(), producer) == out.end()) out.push_back(producer);
    return;
  }
  for (const ValueId operand : Graph::operands(facts_.graph.node(producer))) collect_sources(operand, out);
}

std::vector<NodeId> Placement::sources(NodeId node) const {
  std::vector<NodeId> out;
  for (const ValueId operand : Graph::operands(facts_.graph.node(node))) collect_sources(operand, out);
  return out;
}

}  // namespace ka
