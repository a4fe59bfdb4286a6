#include "agent/workload.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "ir/text.h"
#include "kernel/python_text.h"
#include "ops/naming.h"
#include "ops/table.h"

namespace ka {
namespace {

/// Words of operators that the classes of the table do not tell: looked for in `operator_word`, first match first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kWords = {{
    {"conv", "convolution"},
    {"attention", "attention"},
    {"cumsum", "scan"},
    {"cumprod", "scan"},
    {"lstm", "scan"},
    {"gru", "scan"},
    {"mm", "matmul"},
    {"linear", "matmul"},
}};

std::string_view kind_of(const Node& node) {
  const std::string word = operator_word(node.op);
  for (const auto& [part, kind] : kWords) {
    if (word.find(part) != std::string::npos) return kind;
  }
  const OpRow* row = op_table().find(node.op);
  if (row == nullptr) return "pointwise";
  if (row->op_class == OpClass::kContract) return "matmul";
  if (row->op_class == OpClass::kAttend) return "attention";
  if (row->op_class == OpClass::kReduce) return "reduction";
  if (row->op_class == OpClass::kScan) return "scan";
  if (row->op_class == OpClass::kRecur) return "recurrence";
  return "pointwise";
}

std::string typed(const Graph& graph, ValueId id) {
  return fmt::format("  {}: {}\n", graph.value(id).name, to_text(graph.type(id)));
}

}  // namespace

std::string specification(const Region& region, const Target& target) {
  const Graph& graph = region.plan->graph;
  const Subgraph& subgraph = region.subgraph;
  std::string text = fmt::format("{}: {}\nWrite Triton kernels and kernel_function(...) for {}.\n\nInputs, in order:\n",
                                 subgraph.id, subgraph.title, target.platform);
  for (const ValueId id : subgraph.inputs) text += typed(graph, id);
  text += "Outputs, in order:\n";
  for (const ValueId id : subgraph.outputs) text += typed(graph, id);
  text += "Operators:\n";
  for (const NodeId id : subgraph.nodes) {
    const Node& node = graph.node(id);
    text += fmt::format("  {} = {}", node.name, node.op);
    if (node.location.line > 0)
      text += fmt::format("    # {}:{} {}", node.location.file, node.location.line, trim(node.location.text));
    text += "\n";
  }
  return text + "\nReference: problem.py. It is judged by kernelagent, not by test_kernel.py.\n";
}

std::vector<std::string> kinds_of_work(const Region& region) {
  constexpr std::array<std::string_view, 6> kOrder = {"pointwise", "reduction", "matmul", "convolution", "attention", "scan"};
  std::vector<std::string> kinds;
  for (const std::string_view kind : kOrder) {
    const auto is_of_kind = [&](NodeId id) { return kind_of(region.plan->graph.node(id)) == kind; };
    if (std::any_of(region.subgraph.nodes.begin(), region.subgraph.nodes.end(), is_of_kind)) kinds.emplace_back(kind);
  }
  return kinds;
}

Kernel module_kernel(const Region& region, std::string author, std::string source) {
  const Graph& graph = region.plan->graph;
  Kernel kernel;
  kernel.name = python_identifier(region.subgraph.id.substr(region.subgraph.id.find('_', 3) + 1));
  kernel.author = std::move(author);
  kernel.summary = region.subgraph.title;
  kernel.source = std::move(source);
  NameScope names;
  for (const ValueId id : region.subgraph.inputs)
    kernel.buffers.push_back({names.take(graph.value(id).name), Role::kInput, graph.type(id), {}});
  for (const ValueId id : region.subgraph.outputs)
    kernel.buffers.push_back({names.take(graph.value(id).name), Role::kOutput, graph.type(id), {}});
  return kernel;
}

}  // namespace ka
