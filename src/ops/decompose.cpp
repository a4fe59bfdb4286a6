#include <algorithm>
#include <utility>

#include "base/check.h"
#include "ops/rewriter.h"
#include "ops/table.h"

namespace ka {
namespace {

/// Which nodes an output depends on.
std::vector<bool> live_nodes(const Graph& graph) {
  std::vector<bool> live(graph.nodes.size(), false);
  std::vector<NodeId> stack;
  const auto visit = [&](ValueId value) {
    const NodeId producer = graph.value(value).producer;
    if (producer == kNone || live[static_cast<size_t>(producer)]) return;
    live[static_cast<size_t>(producer)] = true;
    stack.push_back(producer);
  };
  for (const Output& output : graph.outputs) visit(output.value);
  while (!stack.empty()) {
    const NodeId node = stack.back();
    stack.pop_back();
    for (const ValueId operand : Graph::operands(graph.node(node))) visit(operand);
  }
  return live;
}

void renumber(Argument& argument, const std::vector<ValueId>& ids) {
  if (Ref* ref = std::get_if<Ref>(&argument.value)) ref->id = ids[static_cast<size_t>(ref->id)];
  if (auto* list = std::get_if<Argument::List>(&argument.value)) {
    for (Argument& element : *list) renumber(element, ids);
  }
}

/// Drops nodes that no output depends on and the values nobody reads: decompositions compute all their outputs, used or not.
void prune(Graph& graph) {
  const std::vector<bool> live = live_nodes(graph);
  std::vector<bool> read(graph.values.size(), false);
  for (const Input& input : graph.inputs) read[static_cast<size_t>(input.value)] = true;
  for (const Output& output : graph.outputs) read[static_cast<size_t>(output.value)] = true;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!live[i]) continue;
    for (const ValueId operand : Graph::operands(graph.nodes[i])) read[static_cast<size_t>(operand)] = true;
  }

  std::vector<ValueId> ids(graph.values.size(), kNone);
  std::vector<Value> values;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (!read[i]) continue;
    ids[i] = static_cast<ValueId>(values.size());
    values.push_back(std::move(graph.values[i]));
  }
  std::vector<Node> nodes;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!live[i]) continue;
    Node& node = graph.nodes[i];
    for (NamedArgument& argument : node.arguments) renumber(argument.value, ids);
    for (ValueId& output : node.outputs) {
      if (output != kNone) output = ids[static_cast<size_t>(output)];
      if (output != kNone) values[static_cast<size_t>(output)].producer = static_cast<NodeId>(nodes.size());
    }
    nodes.push_back(std::move(node));
  }
  for (Input& input : graph.inputs) input.value = ids[static_cast<size_t>(input.value)];
  for (Output& output : graph.outputs) output.value = ids[static_cast<size_t>(output.value)];
  graph.values = std::move(values);
  graph.nodes = std::move(nodes);
}

/// A graph that holds one node, its operands as inputs and its outputs as outputs: what a dry run of its decomposition needs.
Graph only(const Graph& graph, const Node& node) {
  Graph alone;
  alone.name = graph.name;
  alone.values = graph.values;
  for (Value& value : alone.values) value.producer = kNone;
  for (size_t id = 0; id < alone.values.size(); ++id) {
    const auto value = static_cast<ValueId>(id);
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) continue;
    Input input;
    input.name = alone.values[id].name;
    input.value = value;
    alone.inputs.push_back(std::move(input));
  }
  alone.nodes.push_back(node);
  for (const ValueId output : node.outputs) {
    if (output == kNone) continue;
    alone.value(output).producer = 0;
    alone.outputs.push_back({.kind = OutputKind::kUser, .value = output, .target = kNone});
  }
  return alone;
}

/// Keeps the values that the node mentions and renumbers them, so that a dry run costs nothing on a large graph.
Graph cut_out(const Graph& graph, const Node& node) {
  std::vector<ValueId> kept = Graph::operands(node);
  for (const ValueId output : node.outputs) {
    if (output != kNone) kept.push_back(output);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  const auto renumber = [&](ValueId id) {
    return static_cast<ValueId>(std::lower_bound(kept.begin(), kept.end(), id) - kept.begin());
  };
  const auto rewrite = [&](const auto& self, Argument& argument) -> void {
    if (Ref* ref = std::get_if<Ref>(&argument.value)) ref->id = renumber(ref->id);
    if (auto* list = std::get_if<Argument::List>(&argument.value)) {
      for (Argument& element : *list) self(self, element);
    }
  };
  Graph small;
  small.name = graph.name;
  for (const ValueId id : kept) small.values.push_back(graph.value(id));
  Node copy = node;
  for (NamedArgument& argument : copy.arguments) rewrite(rewrite, argument.value);
  for (ValueId& output : copy.outputs) output = output == kNone ? kNone : renumber(output);
  return only(small, copy);
}

std::string place(const Node& node) {
  return node.location.file.empty() ? std::string() : fmt::format("{}:{}", node.location.file, node.location.line);
}

Error refusal(const Node& node, const std::string& reason) {
  return {Fault::kInput, fmt::format("{}: {}", node.op, reason), place(node),
          "rewrite this line with operators that `kernelagent ops` lists"};
}

Status rewrite(Rewriter& rewriter, const Node& node) {
  if (const Decision decision = row_accepts(rewriter.from(), node); !decision)
    return tl::unexpected(refusal(node, decision.reason));
  const OpRow* row = op_table().find(node.op);
  if (row->decompose == nullptr) {
    KA_CHECK(row->op_class != OpClass::kComposite, node.op + " is composite and has no decomposition");
    rewriter.copy(node);
    return {};
  }
  const Graph& graph = rewriter.so_far();
  const size_t first = graph.nodes.size();
  if (const Status done = row->decompose(rewriter, node); !done) return tl::unexpected(refusal(node, done.error().message));
  for (size_t i = first; i < graph.nodes.size(); ++i) {
    const Node& part = graph.nodes[i];
    const Decision decision = row_accepts(graph, part);
    if (!decision) return tl::unexpected(refusal(node, fmt::format("needs {}: {}", part.op, decision.reason)));
  }
  if (!rewriter.problem().empty()) return fail(Fault::kInternal, node.op + ": " + rewriter.problem(), place(node), "report this");
  return {};
}

}  // namespace

Result<Graph> decompose_alone(const Graph& graph, const Node& node) { return decompose(cut_out(graph, node)); }

Result<Graph> decompose(const Graph& traced) {
  Rewriter rewriter(traced);
  const std::vector<bool> live = live_nodes(traced);
  for (size_t i = 0; i < traced.nodes.size(); ++i) {
    if (!live[i]) continue;
    rewriter.enter(static_cast<NodeId>(i));
    KA_CHECK_OK(rewrite(rewriter, traced.nodes[i]));
  }
  Graph graph = std::move(rewriter.to());
  for (const Output& output : traced.outputs) {
    graph.outputs.push_back(output);
    graph.outputs.back().value = rewriter.mapped(output.value);
  }
  prune(graph);
  return graph;
}

}  // namespace ka
