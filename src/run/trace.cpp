#include "run/trace.h"

#include <map>

#include "base/file.h"
#include "base/text.h"
#include "ops/table.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

std::string place(const Location& location) {
  return location.line > 0 ? fmt::format("{}:{}", location.file, location.line) : location.file;
}

}  // namespace

Task<Result<Traced>> trace_problem(Workshop& workshop, std::filesystem::path problem) {
  const std::filesystem::path path = absolute_path(problem);
  KA_CO_TRY(const std::unique_ptr<WorkerSession> session, co_await workshop.pool().open(WorkerRole::kTrace));
  Json request;
  request["request"] = "trace";
  request["problem"] = path.string();
  request["source"] = packed_source(path);
  request["mode"] = workshop.config().mode;
  const std::chrono::milliseconds timeout = workshop.config().timeout;
  KA_CO_TRY(const Json reply, co_await session->call(std::move(request), timeout));
  if (!bool_or(reply, "ok")) {
    const Json* error = find(reply, "error");
    co_return tl::unexpected<Error>(worker_refusal(error != nullptr ? *error : Json::object(), problem, workshop.config()));
  }
  const Json* json = find(reply, "graph");
  if (json == nullptr) co_return fail(Fault::kInternal, "the worker's answer has no graph", problem.string());
  Traced traced;
  KA_CO_TRY(traced.graph, graph_from_json(*json));
  KA_CO_CHECK_OK(verify(traced.graph));
  if (const Json* warnings = find(reply, "warnings"); warnings != nullptr && warnings->is_array()) {
    for (const Json& warning : *warnings)
      if (warning.is_string()) traced.warnings.push_back(warning.get<std::string>());
  }
  co_return traced;
}

std::string summary(const Graph& graph) {
  int64_t inputs = 0, parameters = 0, buffers = 0, outputs = 0, mutations = 0;
  for (const Input& input : graph.inputs) {
    inputs += input.kind == InputKind::kTensor || input.kind == InputKind::kScalar;
    parameters += input.kind == InputKind::kParameter;
    buffers += input.kind == InputKind::kBuffer || input.kind == InputKind::kAttribute;
  }
  for (const Output& output : graph.outputs) ++(output.kind == OutputKind::kUser ? outputs : mutations);
  std::string text = plural(static_cast<int64_t>(graph.nodes.size()), "operator") + ", " + plural(inputs, "input");
  if (parameters > 0) text += ", " + plural(parameters, "parameter");
  if (buffers > 0) text += ", " + plural(buffers, "buffer");
  text += ", " + plural(outputs, "output");
  if (mutations > 0) text += ", " + plural(mutations, "update") + " in place";
  return text;
}

Route choose_route(const Graph& graph, bool has_agent) {
  Route route;
  std::map<std::string, int64_t> operators;
  for (const Node& node : graph.nodes) {
    ++operators[node.op];
    Decision decision = can_emit(graph, node);
    if (decision) continue;
    // The table's reasons begin with the operator's name; here it stands beside them.
    if (const std::string head = node.op + ": "; decision.reason.starts_with(head)) decision.reason.erase(0, head.size());
    bool known = false;
    for (Route::Refused& refused : route.refused) {
      if (refused.op != node.op || refused.reason != decision.reason) continue;
      ++refused.count;
      known = true;
    }
    if (!known) route.refused.push_back({node.op, decision.reason, node.location, 1});
  }
  route.operators.assign(operators.begin(), operators.end());
  route.strategy = route.refused.empty() ? "codegen" : has_agent ? "pipeline" : "none";
  route.reason = route.refused.empty()
                     ? "every operator can be emitted: codegen writes the kernels"
                     : fmt::format("{} cannot be emitted{}", plural(static_cast<int64_t>(route.refused.size()), "operator"),
                                   has_agent ? ": the agent writes these, codegen the rest" : "");
  return route;
}

Json to_json(const Route& route) {
  Json json;
  json["strategy"] = route.strategy;
  json["reason"] = route.reason;
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

Error refusal(const Route& route, const std::string& problem) {
  Error error{Fault::kInput, "no author can take this program", problem, {}};
  if (route.refused.empty()) return error;
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
