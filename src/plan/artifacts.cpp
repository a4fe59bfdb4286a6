#include "plan/artifacts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/json.h"
#include "base/source_writer.h"
#include "base/text.h"
#include "ops/naming.h"
#include "ops/table.h"
#include "plan/pytorch_text.h"

namespace ka {
namespace {

std::string shape_text(const TensorType& type) { return fmt::format("{}[{}]", name(type.dtype), fmt::join(type.sizes(), ", ")); }

bool is_state(const Graph& graph, ValueId value) {
  const auto input = graph.input_of(value);
  if (!input) return false;
  const InputKind kind = graph.inputs[static_cast<size_t>(*input)].kind;
  return kind != InputKind::kTensor && kind != InputKind::kScalar;
}

std::string value_name(const Graph& graph, ValueId value) {
  const auto input = graph.input_of(value);
  return input ? graph.inputs[static_cast<size_t>(*input)].name : graph.value(value).name;
}

/// The traced operators a subgraph computes, in program order.
std::vector<NodeId> traced_nodes(const Plan& plan, const Subgraph& subgraph) {
  std::set<NodeId> out;
  for (const Launchable& launch : subgraph.launches) {
    for (const NodeId node : launch.members) {
      if (plan.graph.node(node).origin != kNone) out.insert(plan.graph.node(node).origin);
    }
  }
  return {out.begin(), out.end()};
}

Json argument_json(const Graph& graph, const Argument& a) {
  if (a.is_none()) return nullptr;
  if (a.is_ref()) return "%" + graph.value(a.ref()).name;
  if (const auto* b = std::get_if<bool>(&a.value)) return *b;
  if (const auto* i = std::get_if<int64_t>(&a.value)) return *i;
  if (const auto* f = std::get_if<double>(&a.value)) return std::isfinite(*f) ? Json(*f) : Json(fmt::format("{}", *f));
  if (const auto* d = std::get_if<Dtype>(&a.value)) return std::string(name(*d));
  if (const auto* s = std::get_if<std::string>(&a.value)) return *s;
  Json list = Json::array();
  for (const Argument& element : a.list()) list.push_back(argument_json(graph, element));
  return list;
}

std::string place(const Node& node) {
  if (!node.module.empty()) return node.module;
  return node.location.file.empty() ? node.name : fmt::format("{}:{}", node.location.file, node.location.line);
}

}  // namespace

std::string subgraphs_json(const Plan& plan) {
  Json out = Json::array();
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& subgraph = plan.subgraphs[i];
    if (subgraph.representative != static_cast<int>(i)) continue;
    int64_t count = 0;
    Json where = Json::array();
    for (const Subgraph& other : plan.subgraphs) {
      if (other.representative != static_cast<int>(i)) continue;
      ++count;
      const std::vector<NodeId> nodes = traced_nodes(plan, other);
      where.push_back(nodes.empty() ? other.id : place(plan.traced.node(nodes.front())));
    }
    Json ops = Json::array();
    Cost total;
    for (const NodeId id : traced_nodes(plan, subgraph)) {
      const Node& node = plan.traced.node(id);
      Json op = {{"op", operator_word(node.op)}, {"aten", node.op}};
      for (const NamedArgument& argument : node.arguments) op[argument.name] = argument_json(plan.traced, argument.value);
      ops.push_back(std::move(op));
      total.flops += cost(plan.traced, node).flops;
    }
    Json inputs = Json::array();
    Json weights = Json::object();
    for (const ValueId value : subgraph.inputs) {
      const TensorType& type = plan.graph.type(value);
      total.bytes += static_cast<double>(type.bytes());
      if (is_state(plan.graph, value))
        weights[value_name(plan.graph, value)] = type.sizes();
      else
        inputs.push_back(type.sizes());
    }
    Json outputs = Json::array();
    for (const ValueId value : subgraph.outputs) {
      outputs.push_back(plan.graph.type(value).sizes());
      total.bytes += static_cast<double>(plan.graph.type(value).bytes());
    }
    const TensorType& first = plan.graph.type(subgraph.outputs.empty() ? subgraph.inputs.front() : subgraph.outputs.front());
    Json item;
    item["id"] = subgraph.id;
    item["type"] = subgraph.type;
    item["data_layout"] = first.rank() == 4 ? Json("NCHW") : Json(nullptr);
    item["dtype"] = std::string(name(first.dtype));
    item["ops"] = std::move(ops);
    if (inputs.size() == 1)
      item["input_shape"] = inputs[0];
    else
      item["inputs"] = inputs;
    item["output_shape"] = outputs.size() == 1 ? outputs[0] : outputs;
    item["weights_original"] = weights.empty() ? Json(nullptr) : weights;
    item["weights_fused"] = nullptr;  // weights are used as they are; nothing is folded into them
    item["count"] = count;
    item["where"] = std::move(where);
    const std::string class_name = "Subgraph" + std::to_string(i + 1);
    item["source"] = {{"module", class_name}, {"code", subgraph_class(plan, static_cast<int>(i), class_name)}};
    item["title"] = subgraph.title;
    item["signature"] = subgraph.signature;
    item["launches"] = subgraph.launches.size();
    item["bytes"] = total.bytes;
    item["flops"] = total.flops;
    out.push_back(std::move(item));
  }
  return pretty(out);
}

std::vector<std::string> cut_reasons(const Plan& plan, int subgraph) {
  std::vector<std::string> out;
  for (const Cut& cut : plan.cuts) {
    if (cut.producer != subgraph || cut.consumer == subgraph) continue;
    if (std::find(out.begin(), out.end(), cut.reason) == out.end()) out.push_back(cut.reason);
  }
  return out;
}

std::string plan_text(const Plan& plan) {
  SourceWriter out(2);
  std::set<int> unique;
  size_t launches = 0;
  for (const Subgraph& s : plan.subgraphs) {
    unique.insert(s.representative);
    launches += s.launches.size();
  }
  out.line("plan of {}: {} traced, {} ({} distinct), {}", plan.traced.name,
           plural(static_cast<int64_t>(plan.traced.nodes.size()), "operator"),
           plural(static_cast<int64_t>(plan.subgraphs.size()), "subgraph"), unique.size(),
           plural(static_cast<int64_t>(launches), "launch", "launches"));
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& s = plan.subgraphs[i];
    out.blank();
    auto body = out.block("{}  {} ({})", s.id, s.title, s.type);
    if (s.representative != static_cast<int>(i))
      out.line("same kernel as {}", plan.subgraphs[static_cast<size_t>(s.representative)].id);
    for (const ValueId value : s.inputs)
      out.line("reads  {}: {}", value_name(plan.graph, value), shape_text(plan.graph.type(value)));
    for (const ValueId value : s.outputs)
      out.line("writes {}: {}", value_name(plan.graph, value), shape_text(plan.graph.type(value)));
    for (const NodeId id : traced_nodes(plan, s)) {
      const Node& node = plan.traced.node(id);
      const std::string at =
          node.location.file.empty() ? "" : fmt::format("  line {}: {}", node.location.line, node.location.text);
      out.raw("op     " + node.op + at);
    }
    for (const Cut& cut : plan.cuts) {
      if (cut.producer != static_cast<int>(i)) continue;
      const std::string via = cut.value == kNone ? "" : " (" + plan.graph.value(cut.value).name + ")";
      if (cut.consumer == cut.producer)
        out.raw("launch cut" + via + ": " + cut.reason);
      else
        out.raw("cut before " + plan.subgraphs[static_cast<size_t>(cut.consumer)].id + via + ": " + cut.reason);
    }
  }
  return out.take();
}

}  // namespace ka
