#include "run/look.h"

#include "compose/fused_code.h"
#include "ops/table.h"
#include "plan/artifacts.h"
#include "plan/plan.h"
#include "run/emit.h"

namespace ka {
namespace {

std::string_view name(OpClass op_class) {
  switch (op_class) {
    case OpClass::kPointwise: return "pointwise";
    case OpClass::kView: return "view";
    case OpClass::kGather: return "gather";
    case OpClass::kSource: return "source";
    case OpClass::kReduce: return "reduce";
    case OpClass::kRecur: return "recur";
    case OpClass::kScan: return "scan";
    case OpClass::kContract: return "contract";
    case OpClass::kAttend: return "attend";
    case OpClass::kDraw: return "draw";
    case OpClass::kOpaque: return "opaque";
    case OpClass::kComposite: return "composite";
  }
  return "";
}

}  // namespace

Result<Traced> look_at(const Config& config, const std::filesystem::path& path) {
  KA_TRY(const std::string text, read_problem(path));
  Traced traced;
  if (is_graph_file(path)) {
    KA_TRY(traced.graph, read_graph(path));
    return traced;
  }
  // Tracing runs on the CPU, whatever the kernels will run on.
  Config here = config;
  here.platform = "cpu";
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(here));
  KA_TRY(traced, workshop->run(trace_problem(*workshop, path)));
  return traced;
}

Result<Route> look_for_route(const Config& config, const std::filesystem::path& path) {
  KA_TRY(const Traced traced, look_at(config, path));
  KA_TRY(const std::string text, read_problem(path));
  KA_TRY(const Platform platform, choose_platform(config.platform));
  const std::span<const Graph> graphs(&traced.graph, 1);
  Route route = choose_route(graphs, is_graph_file(path) ? "" : text, config);
  RouterCache(config, std::string(platform.name), graphs).remind(route);
  return route;
}

Result<PlanView> view_plan(Graph graph, const PlanTerms& terms) {
  KA_TRY(const Plan plan, make_plan(std::move(graph), terms));
  return PlanView{plan_text(plan), subgraphs_json(plan), print(plan.graph)};
}

Result<std::string> view_fused(Graph graph, const std::filesystem::path& problem, const PlanTerms& terms) {
  if (is_graph_file(problem))
    return fail(Fault::kInput, "a graph has no constructor to take over", problem.string(), "give the problem file");
  KA_TRY(const std::string text, read_problem(problem));
  KA_TRY(const Plan plan, make_plan(std::move(graph), terms));
  return fused_code(plan, text, problem.string());
}

Result<std::string> draw_plan(Graph graph, const PlanTerms& terms) {
  KA_TRY(const Plan plan, make_plan(std::move(graph), terms));
  return plan_svg(plan);
}

std::vector<OperatorLine> operator_lines() {
  std::vector<OperatorLine> lines;
  for (const OpRow& row : op_table().rows())
    lines.push_back({row.name, row.refusal.empty() ? std::string(name(row.op_class)) : "refused", row.refusal});
  return lines;
}

}  // namespace ka
