#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

struct Options {
  std::string problem;
  bool graph = false, fused = false, svg = false;
};

Result<int> perform(const Options& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(Traced traced, look_at(config, options.problem));
  const Unemitted unemitted = config.model.empty() ? Unemitted::kRefuse : Unemitted::kLeave;
  if (options.svg) {
    KA_TRY(const std::string picture, draw_plan(std::move(traced.graph), unemitted));
    print_text(picture);
    return kExitOk;
  }
  if (options.fused) {
    KA_TRY(const std::string fused, view_fused(std::move(traced.graph), options.problem, unemitted));
    print_text(fused);
    return kExitOk;
  }
  KA_TRY(const PlanView view, view_plan(std::move(traced.graph), unemitted));
  print_text(invocation.json ? view.subgraphs : options.graph ? view.graph : view.text);
  return kExitOk;
}

}  // namespace

void plan(CommandTable& table) {
  const auto options = std::make_shared<Options>();
  table.add({"plan",
             "print how a program is cut into subgraphs, with the reason for every cut",
             "--json prints the subgraphs.json of a run. With --model, operators that cannot be emitted become subgraphs for it.",
             {"python", "mode", "model", "timeout", "memory_mb", "log_level"},
             [options](CLI::App& app) {
               app.add_option("PROBLEM|GRAPH", options->problem, "a problem file, or a graph.json")->required();
               app.add_flag("--graph", options->graph, "print the graph after all passes");
               app.add_flag("--fused", options->fused, "print the subgraphs as PyTorch modules");
               app.add_flag("--svg", options->svg, "print a picture");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
