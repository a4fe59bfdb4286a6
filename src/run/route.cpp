#include "run/route.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "ops/naming.h"
#include "ops/rewriter.h"
#include "ops/table.h"
#include "syntax/module.h"

namespace ka {
namespace {

std::string place(const Location& location) {
  return location.line > 0 ? fmt::format("{}:{}", location.file, location.line) : location.file;
}

int64_t count_control_flow(const SyntaxNode& node) {
  int64_t count = node.is("if_statement") || node.is("for_statement") || node.is("while_statement");
  for (const SyntaxNode& child : node.named_children()) count += count_control_flow(child);
  return count;
}

int64_t control_flow_in_forward(std::string_view problem_text) {
  const SyntaxTree tree = SyntaxTree::parse(std::string(problem_text));
  const auto model = find_definition(tree.root(), "Model");
  const auto forward = model ? find_definition(model->body, "forward") : std::nullopt;
  return forward ? count_control_flow(forward->body) : 0;
}

int64_t longest_chain(const Graph& graph) {
  std::vector<int64_t> depth(graph.values.size(), 0);
  int64_t longest = 0;
  for (const Node& node : graph.nodes) {
    int64_t below = 0;
    for (const ValueId operand : Graph::operands(node)) below = std::max(below, depth[static_cast<size_t>(operand)]);
    for (const ValueId output : node.outputs)
      if (output != kNone) depth[static_cast<size_t>(output)] = below + 1;
    longest = std::max(longest, below + 1);
  }
  return longest;
}

/// The graph in primitives, opaque where an operator has none.
Graph in_primitives(const Graph& traced) {
  Graph graph = traced;
  for (Node& node : graph.nodes) {
    if (!can_emit(traced, node)) make_opaque(node);
  }
  Result<Graph> primitive = decompose(graph);
  return primitive ? std::move(*primitive) : graph;
}

/// Counts the operators that contain a matmul or a reduction, however deep: attention, normalisation, losses, recurrent layers.
void count_inside(const Graph& graph, RouteFeatures& features) {
  std::set<NodeId> matmuls, reductions;
  for (const Node& node : in_primitives(graph).nodes) {
    const OpRow* row = op_table().find(node.op);
    if (row == nullptr || node.origin == kNone) continue;
    if (row->op_class == OpClass::kContract || row->op_class == OpClass::kAttend || row->op_class == OpClass::kRecur)
      matmuls.insert(node.origin);
    if (row->op_class == OpClass::kReduce) reductions.insert(node.origin);
  }
  const auto is_convolution = [&](NodeId id) { return operator_word(graph.node(id).op).find("conv") != std::string::npos; };
  std::erase_if(matmuls, is_convolution);
  std::erase_if(reductions, is_convolution);
  features.matmuls += static_cast<int64_t>(matmuls.size());
  features.reductions += static_cast<int64_t>(reductions.size());
}

void add_features(const Graph& graph, RouteFeatures& features) {
  features.operators += static_cast<int64_t>(graph.nodes.size());
  features.longest_chain = std::max(features.longest_chain, longest_chain(graph));
  std::set<std::string> owners;
  for (const Input& input : graph.inputs) {
    const size_t dot = input.name.rfind('.');
    const bool state = input.kind == InputKind::kParameter || input.kind == InputKind::kBuffer;
    if (state && dot != std::string::npos) owners.insert(input.name.substr(0, dot));
  }
  features.modules += static_cast<int64_t>(owners.size());
  for (const Node& node : graph.nodes) {
    const std::string word = operator_word(node.op);
    const bool convolution = word.find("conv") != std::string::npos;
    features.attention += word.find("attention") != std::string::npos;
    features.convolutions += convolution;
    const Argument* transposed = convolution ? node.find("transposed") : nullptr;
    features.transposed_convolutions +=
        word.find("conv_transpose") != std::string::npos || (transposed != nullptr && transposed->integer() != 0);
  }
  count_inside(graph, features);
}

void list_operators(std::span<const Graph> graphs, Route& route) {
  std::map<std::string, int64_t> operators;
  for (const Graph& graph : graphs) {
    for (const Node& node : graph.nodes) {
      ++operators[node.op];
      Decision decision = can_emit(graph, node);
      if (decision) continue;
      // The table's reasons begin with the operator's name; here it stands beside them.
      if (const std::string head = node.op + ": "; decision.reason.starts_with(head)) decision.reason.erase(0, head.size());
      const auto same = [&](const Route::Refused& refused) { return refused.op == node.op && refused.reason == decision.reason; };
      const auto known = std::find_if(route.refused.begin(), route.refused.end(), same);
      if (known != route.refused.end()) {
        ++known->count;
      } else {
        route.refused.push_back({node.op, decision.reason, node.location, 1});
      }
    }
  }
  route.operators.assign(operators.begin(), operators.end());
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr int64_t kOneKernel = 12;  ///< operators that one kernel may well hold

/// Where most of a small program is left to a model anyway, one kernel for all of it is as good as one for each operator.
bool is_tie(const Route& route) {
  int64_t refused = 0;
  for (const Route::Refused& one : route.refused) refused += one.count;
  return route.features.operators > 1 && route.features.operators <= kOneKernel && 2 * refused >= route.features.operators;
}

void choose_ways(Route& route, const Config& config) {
  const bool has_agent = !config.model.empty() && has(config.authors, "agent");
  const bool can_emit_all = route.refused.empty();
  const std::string missing = plural(static_cast<int64_t>(route.refused.size()), "operator") + " cannot be emitted";
  if (config.route == "codegen" && can_emit_all) route.ways = {Way::kCodegen};
  if (config.route == "pipeline" && has_agent) route.ways = {Way::kPipeline};
  if (config.route == "agent" && has_agent) route.ways = {Way::kAgent};
  if (config.route != "auto" && config.route != "refactor") {
    route.reason = route.ways.empty() ? missing : "as asked";
    return;
  }
  if (can_emit_all) {
    route.ways = {Way::kCodegen};
    if (has_agent) route.ways.push_back(Way::kAgent);
    route.reason = "every operator can be emitted: codegen writes the kernels";
  } else if (has_agent) {
    route.ways = {Way::kPipeline, Way::kAgent};
    route.reason = missing + ": the agent writes these, codegen the rest";
    route.tie = config.fallback && is_tie(route);
  } else {
    route.reason = missing;
  }
  if (!config.fallback && route.ways.size() > 1) route.ways.resize(1);
}

}  // namespace

std::string_view name(Way way) {
  switch (way) {
    case Way::kCodegen: return "codegen";
    case Way::kPipeline: return "pipeline";
    case Way::kAgent: return "agent";
  }
  return "";
}

std::string Route::strategy() const {
  if (ways.empty()) return "none";
  return refactored ? "refactor" : std::string(name(ways.front()));
}

Route choose_route(std::span<const Graph> graphs, std::string_view problem_text, const Config& config) {
  Route route;
  route.features.control_flow = control_flow_in_forward(problem_text);
  for (const Graph& graph : graphs) add_features(graph, route.features);
  list_operators(graphs, route);
  choose_ways(route, config);
  return route;
}

Json to_json(const Route& route) {
  Json json;
  json["strategy"] = route.strategy();
  json["reason"] = route.reason;
  json["ways"] = Json::array();
  for (const Way way : route.ways) json["ways"].push_back(name(way));
  json["tie"] = route.tie;
  if (!route.chosen_by.empty()) json["chosen_by"] = route.chosen_by;
  if (!route.remembered.empty()) json["remembered_from"] = route.remembered;
  const RouteFeatures& f = route.features;
  json["features"] = {{"operators", f.operators},
                      {"longest_chain", f.longest_chain},
                      {"modules", f.modules},
                      {"control_flow", f.control_flow},
                      {"attention", f.attention},
                      {"convolutions", f.convolutions},
                      {"transposed_convolutions", f.transposed_convolutions},
                      {"matmuls", f.matmuls},
                      {"reductions", f.reductions}};
  json["operators"] = Json::object();
  for (const auto& [op, count] : route.operators) json["operators"][op] = count;
  json["refused"] = Json::array();
  for (const Route::Refused& refused : route.refused)
    json["refused"].push_back({{"op", refused.op},
                               {"reason", refused.reason},
                               {"count", refused.count},
                               {"where", place(refused.location)},
                               {"line", refused.location.text}});
  return json;
}

std::string to_text(const RouteFeatures& features) {
  std::vector<std::string> parts = {plural(features.operators, "operator"),
                                    fmt::format("longest chain {}", features.longest_chain)};
  const auto add = [&](int64_t count, std::string_view one, std::string_view many = {}) {
    if (count > 0) parts.push_back(plural(count, one, many));
  };
  add(features.modules, "module with state", "modules with state");
  add(features.control_flow, "branch or loop in forward", "branches and loops in forward");
  add(features.attention, "attention", "attentions");
  add(features.convolutions, "convolution");
  add(features.transposed_convolutions, "of them transposed", "of them transposed");
  add(features.matmuls, "matmul");
  add(features.reductions, "reduction");
  return "  " + join(parts, ", ") + "\n";
}

Error refusal(const Route& route, const std::string& problem) {
  Error error{Fault::kInput, "no author can take this program", problem, {}};
  if (route.refused.empty()) {
    error.hint = "this way needs a model: --model NAME";
    return error;
  }
  const Route::Refused& first = route.refused.front();
  error.message = fmt::format("{} cannot be emitted: {}", first.op, first.reason);
  if (route.refused.size() > 1) {
    std::vector<std::string> others;
    for (size_t i = 1; i < route.refused.size(); ++i) others.push_back(route.refused[i].op);
    error.message += fmt::format("; nor can {}", join(others, ", "));
  }
  if (first.location.line > 0) error.where = place(first.location);
  error.hint = first.location.text.empty() ? "" : fmt::format("`{}`: ", trim(first.location.text));
  error.hint += "rewrite it with operators that `kernelagent ops` lists, or let a model write it (--model NAME)";
  return error;
}

}  // namespace ka
