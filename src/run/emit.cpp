#include "run/emit.h"

#include <limits>

#include "base/file.h"
#include "codegen/author.h"
#include "plan/plan.h"
#include "run/platforms.h"

namespace ka {
namespace {

Json names_of(const Graph& graph, const std::vector<ValueId>& values) {
  Json names = Json::array();
  for (ValueId id : values) names.push_back(graph.value(id).name);
  return names;
}

/// Writes one subgraph's candidates; codegen never waits.
Result<std::vector<Kernel>> candidates_of(Author& author, const Plan& plan, const Subgraph& subgraph, const Target& target,
                                          bool all) {
  if (const Decision decision = author.accepts({&plan, subgraph}); !decision)
    return fail(Fault::kInput, fmt::format("{} ({}) cannot be written: {}", subgraph.id, subgraph.title, decision.reason));
  Assignment assignment;
  assignment.region = {&plan, subgraph};
  assignment.target = target;
  assignment.candidates = std::numeric_limits<int>::max();
  const std::unique_ptr<Attempt> attempt = author.begin(std::move(assignment));
  std::vector<Kernel> kernels;
  std::string reason = "no reason given";
  for (bool more = true; more;) {
    StepResult step = attempt->step();
    if (auto* candidates = std::get_if<Candidates>(&step)) {
      for (Kernel& kernel : candidates->kernels) kernels.push_back(std::move(kernel));
      if (!all && !kernels.empty()) more = false;
    } else {
      if (const auto* done = std::get_if<Done>(&step)) reason = done->reason;
      more = false;
    }
  }
  if (kernels.empty())
    return fail(Fault::kInternal, fmt::format("no kernel was written for {} ({}): {}", subgraph.id, subgraph.title, reason));
  if (!all) kernels.resize(1);
  return kernels;
}

}  // namespace

bool is_graph_file(const std::filesystem::path& path) { return path.extension() == ".json" || path.extension() == ".graph"; }

Result<Graph> read_graph(const std::filesystem::path& path) {
  KA_TRY(const std::string text, read_file(path));
  Graph graph;
  if (path.extension() == ".json") {
    KA_TRY(const Json json, parse_json(text, path.string()));
    KA_TRY(graph, graph_from_json(json));
  } else {
    KA_TRY(graph, parse_graph(text));
  }
  KA_CHECK_OK(verify(graph));
  return graph;
}

Result<Emission> emit_kernels(Graph graph, const Config& config, bool all_candidates) {
  KA_TRY(const Platform row, choose_platform(config.platform));
  const Target target = target_of(row, Json());
  KA_TRY(const Plan plan, make_plan(std::move(graph), {Unemitted::kRefuse, config.no_pass}));
  const std::unique_ptr<Author> author = make_codegen_author();
  Emission emission;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& subgraph = plan.subgraphs[i];
    if (subgraph.representative != static_cast<int>(i)) continue;
    KA_TRY(const std::vector<Kernel> kernels, candidates_of(*author, plan, subgraph, target, all_candidates));
    for (const Kernel& kernel : kernels) {
      Json entry;
      entry["subgraph"] = subgraph.id;
      entry["inputs"] = names_of(plan.graph, subgraph.inputs);
      entry["outputs"] = names_of(plan.graph, subgraph.outputs);
      entry["kernel"] = to_json(kernel);
      entry["source"] = module_source(kernel);
      emission.kernels.push_back(std::move(entry));
    }
  }
  for (NodeId id : plan.host_views) emission.host_views.push_back(plan.graph.node(id).name);
  return emission;
}

}  // namespace ka
