#include "plan/passes.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

#include "ops/rewriter.h"
#include "ops/table.h"

namespace ka {

const std::vector<Pass>& passes() {
  static const std::vector<Pass> kPasses = {
      {"decompose", "first: drops what no output needs and leaves only primitives (pointwise, views, reductions, contractions)",
       decompose},
      {"equal-calls", "decompositions repeat themselves (two norms of one tensor share their moments)", merge_equal_calls, true},
      {"one-pass-attention", "before reductions are split, which would hide a softmax", attend_in_one_pass, true},
      {"split-reductions", "after merging, so that a shared reduction is split once", split_long_reductions, true},
      {"dead-code", "last: decompositions leave results that nobody reads (a norm's saved statistics)", drop_dead_code},
  };
  return kPasses;
}

std::vector<std::string> optional_passes() {
  std::vector<std::string> names;
  for (const Pass& pass : passes())
    if (pass.optional) names.emplace_back(pass.name);
  return names;
}

Result<Graph> run_passes(const Graph& traced, const std::vector<std::string>& left_out, std::vector<PassRecord>* records,
                         const std::function<void(std::string_view, const Graph&)>& dump) {
  Graph graph = traced;
  for (size_t i = 0; i < graph.nodes.size(); ++i) graph.nodes[i].origin = static_cast<NodeId>(i);
  for (const Pass& pass : passes()) {
    if (pass.optional && std::find(left_out.begin(), left_out.end(), pass.name) != left_out.end()) continue;
    const auto start = std::chrono::steady_clock::now();
    KA_TRY(Graph next, pass.run(graph));
    for (Node& node : next.nodes) {
      if (node.origin != kNone) node.origin = graph.node(node.origin).origin;
    }
    if (Status status = verify(next); !status) {
      return fail(Fault::kInternal, "after the pass '" + std::string(pass.name) + "': " + status.error().message);
    }
    graph = std::move(next);
    if (records != nullptr) {
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      records->push_back({pass.name, took.count(), graph.nodes.size()});
    }
    if (dump) dump(pass.name, graph);
  }
  return graph;
}

bool is_draw(const Node& node) { return op_table().find(node.op)->op_class == OpClass::kDraw; }

namespace {

Argument renamed(const Argument& argument, const std::vector<ValueId>& to) {
  if (argument.is_ref()) return Argument{Ref{to[static_cast<size_t>(argument.ref())]}};
  if (!argument.is_list()) return argument;
  Argument::List list;
  for (const Argument& element : argument.list()) list.push_back(renamed(element, to));
  return Argument{std::move(list)};
}

}  // namespace

Graph copy_kept(const Graph& graph, const std::vector<bool>& keep, const std::vector<ValueId>& replaced_by) {
  Graph out;
  out.name = graph.name;
  out.mode = graph.mode;
  out.output_tree = graph.output_tree;
  std::vector<ValueId> to(graph.values.size(), kNone);
  const auto move_value = [&](ValueId id) {
    to[static_cast<size_t>(id)] = static_cast<ValueId>(out.values.size());
    out.values.push_back(graph.value(id));
    return to[static_cast<size_t>(id)];
  };
  for (const Input& input : graph.inputs) {
    out.inputs.push_back(input);
    out.inputs.back().value = move_value(input.value);
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!keep[i]) {
      for (const ValueId value : node.outputs) {
        if (value == kNone || replaced_by[static_cast<size_t>(value)] == kNone) continue;
        to[static_cast<size_t>(value)] = to[static_cast<size_t>(replaced_by[static_cast<size_t>(value)])];
      }
      continue;
    }
    Node copy = node;
    copy.origin = static_cast<NodeId>(i);
    for (NamedArgument& argument : copy.arguments) argument.value = renamed(argument.value, to);
    for (ValueId& value : copy.outputs) {
      if (value == kNone) continue;
      value = move_value(value);
      out.value(value).producer = static_cast<NodeId>(out.nodes.size());
    }
    out.nodes.push_back(std::move(copy));
  }
  for (Output output : graph.outputs) {
    output.value = to[static_cast<size_t>(output.value)];
    out.outputs.push_back(output);
  }
  return out;
}

Result<Graph> drop_dead_code(const Graph& graph) {
  std::vector<bool> needed_value(graph.values.size(), false);
  std::vector<bool> keep(graph.nodes.size(), false);
  for (const Output& output : graph.outputs) needed_value[static_cast<size_t>(output.value)] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    for (const ValueId value : graph.nodes[i].outputs)
      keep[i] = keep[i] || (value != kNone && needed_value[static_cast<size_t>(value)]);
    if (!keep[i]) continue;
    for (const ValueId operand : Graph::operands(graph.nodes[i])) needed_value[static_cast<size_t>(operand)] = true;
  }
  Graph trimmed = graph;
  for (Node& node : trimmed.nodes) {
    for (ValueId& value : node.outputs) {
      if (value != kNone && !needed_value[static_cast<size_t>(value)]) value = kNone;
    }
  }
  return copy_kept(trimmed, keep, std::vector<ValueId>(graph.values.size(), kNone));
}

Result<Graph> merge_equal_calls(const Graph& graph) {
  const auto text = [&](const auto& self, const Argument& argument, const std::vector<ValueId>& same) -> std::string {
    if (argument.is_ref()) return "%" + std::to_string(same[static_cast<size_t>(argument.ref())]);
    if (argument.is_list()) {
      std::string out = "[";
      for (const Argument& element : argument.list()) out += self(self, element, same) + ",";
      return out + "]";
    }
    if (argument.is_none()) return "-";
    if (const auto* s = std::get_if<std::string>(&argument.value)) return "'" + *s + "'";
    if (const auto* d = std::get_if<Dtype>(&argument.value)) return std::string(name(*d));
    if (const auto* f = std::get_if<double>(&argument.value)) return fmt::format("{}f", *f);
    return std::to_string(argument.integer());
  };
  std::vector<ValueId> same(graph.values.size());
  std::iota(same.begin(), same.end(), 0);
  std::vector<ValueId> replaced_by(graph.values.size(), kNone);
  std::vector<bool> keep(graph.nodes.size(), true);
  std::map<std::string, NodeId> seen;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    // Of an opaque operator nothing is known: it may draw random numbers, too.
    if (op_table().find(node.op)->op_class == OpClass::kOpaque || is_draw(node)) continue;
    std::string key = node.op;
    for (const NamedArgument& argument : node.arguments) key += "|" + text(text, argument.value, same);
    for (const ValueId value : node.outputs) {
      if (value == kNone) continue;
      key += fmt::format("|{}[{}]", name(graph.type(value).dtype), fmt::join(graph.type(value).strides(), ","));
    }
    const auto [place, is_new] = seen.try_emplace(key, static_cast<NodeId>(i));
    if (is_new) continue;
    const Node& first = graph.node(place->second);
    bool all_there = true;
    for (size_t o = 0; o < node.outputs.size(); ++o)
      all_there = all_there && (node.outputs[o] == kNone || first.outputs[o] != kNone);
    if (!all_there) continue;
    keep[i] = false;
    for (size_t o = 0; o < node.outputs.size(); ++o) {
      if (node.outputs[o] == kNone) continue;
      replaced_by[static_cast<size_t>(node.outputs[o])] = same[static_cast<size_t>(first.outputs[o])];
      same[static_cast<size_t>(node.outputs[o])] = same[static_cast<size_t>(first.outputs[o])];
    }
  }
  return copy_kept(graph, keep, replaced_by);
}

}  // namespace ka
