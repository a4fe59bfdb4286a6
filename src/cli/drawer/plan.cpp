#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

struct PlanOptions {
  std::vector<std::string> files;
  bool graph = false, fused = false, svg = false;
};

Result<std::string> view(const PlanOptions& options, const std::string& file, const Config& config, bool json) {
  KA_TRY(Traced traced, look_at(config, file));
  const PlanTerms terms = {config.model.empty() ? Unemitted::kRefuse : Unemitted::kLeave, config.no_pass};
  if (options.svg) return draw_plan(std::move(traced.graph), terms);
  if (options.fused) return view_fused(std::move(traced.graph), file, terms);
  KA_TRY(PlanView plan, view_plan(std::move(traced.graph), terms));
  return std::move(json ? plan.subgraphs : options.graph ? plan.graph : plan.text);
}

Result<int> perform(const PlanOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  for (const std::string& file : options.files) {
    KA_TRY(const std::string text, view(options, file, config, invocation.json));
    print_text(text);
  }
  return kExitOk;
}

}  // namespace

void plan(CommandTable& table) {
  const auto options = std::make_shared<PlanOptions>();
  table.add({"plan",
             "print how a program is cut into subgraphs, with the reason for every cut",
             "--json prints the subgraphs.json of a run. With --model, operators that cannot be emitted become subgraphs for it.",
             {"python", "mode", "model", "no_pass", "timeout", "memory_mb", "log_level"},
             [options](CLI::App& app) {
               app.add_option("PROBLEM|GRAPH", options->files, "problem files or graph files")->required();
               app.add_flag("--graph", options->graph, "print the graph after all passes");
               app.add_flag("--fused", options->fused, "print the subgraphs as PyTorch modules");
               app.add_flag("--svg", options->svg, "print a picture");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
