#include "run/trace.h"

#include "base/file.h"
#include "base/text.h"
#include "syntax/packed_source.h"

namespace ka {
Task<Result<TraceAnswer>> try_trace(Workshop& workshop, std::filesystem::path problem) {
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
    const Json told = error != nullptr ? *error : Json::object();
    Error refused = worker_refusal(told, problem, workshop.config());
    if (string_or(told, "kind") != "untraceable") co_return tl::unexpected<Error>(std::move(refused));
    TraceAnswer answer;
    answer.untraceable = std::move(refused);
    co_return answer;
  }
  const Json* json = find(reply, "graph");
  if (json == nullptr) co_return fail(Fault::kInternal, "the worker's answer has no graph", problem.string());
  TraceAnswer answer;
  Traced& traced = answer.traced;
  KA_CO_TRY(traced.graph, graph_from_json(*json));
  KA_CO_CHECK_OK(verify(traced.graph));
  if (const Json* warnings = find(reply, "warnings"); warnings != nullptr && warnings->is_array()) {
    for (const Json& warning : *warnings)
      if (warning.is_string()) traced.warnings.push_back(warning.get<std::string>());
  }
  co_return answer;
}

Task<Result<Traced>> trace_problem(Workshop& workshop, std::filesystem::path problem) {
  KA_CO_TRY(TraceAnswer answer, co_await try_trace(workshop, std::move(problem)));
  if (answer.untraceable) co_return tl::unexpected<Error>(std::move(*answer.untraceable));
  co_return std::move(answer.traced);
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

}  // namespace ka
