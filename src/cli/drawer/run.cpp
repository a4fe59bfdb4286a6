#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {
namespace {

struct RunOptions {
  std::vector<std::string> problems;
  std::string resume, until = "judge";
};

Result<int> perform(const RunOptions& options, const Invocation& invocation) {
  if (options.problems.empty() == options.resume.empty())
    return fail(Fault::kInput, "name a problem file, or a run with --resume", {},
                "for example: kernelagent run examples/gelu_mlp.py");
  KA_TRY(const Phase until, phase_named(options.until, "--until"));
  if (!options.resume.empty()) return run_until(options.resume, until, invocation);
  if (options.problems.size() == 1) return run_until(options.problems.front(), until, invocation);
  int code = kExitOk;
  std::unique_ptr<Workshop> workshop;  // its workers stay warm from one problem to the next
  for (const std::string& problem : options.problems) {
    const Result<int> mine = run_until(problem, until, invocation, &workshop);
    if (!mine) std::fputs((to_text(mine.error()) + "\n").c_str(), stderr);
    code = std::max(code, mine ? *mine : exit_code(mine.error().fault));
    if (code == exit_code(Fault::kInterrupted)) break;
    if (!invocation.json && &problem != &options.problems.back()) print_text("\n");
  }
  return code;
}

}  // namespace

void run(CommandTable& table) {
  const auto options = std::make_shared<RunOptions>();
  table.add(
      {"run",
       "turn a PyTorch program into a verified Triton program: all phases",
       "Leaves everything in .fuse/<run>/: the composed program in compose_out/composed_kernel.py, its certificate beside it.\n"
       "A run that was interrupted or killed goes on with --resume, without redoing finished work.\n"
       "Of several problems the worst exit code counts; --json prints one document for each.",
       {"platform",  "python",          "runs",         "mode",         "effort",       "judge_seed",
        "jobs",      "authors",         "route",        "fallback",     "router_cache", "router_memory",
        "model",     "extract_model",   "router_model", "test",         "always_agent", "candidates",
        "tune",      "judge_first",     "no_pass",      "launch_graph", "fusions",      "seeds",
        "rounds",    "prompts",         "budget",       "max_calls",    "record",       "timeout",
        "memory_mb", "require_sandbox", "cache",        "fused_check",  "log_level"},
       [options](CLI::App& app) {
         app.add_option("PROBLEM", options->problems, "problem files: class Model, get_inputs(), get_init_inputs()");
         app.add_option("--resume", options->resume, "go on with a run (its id, part of it, or `last`)")->type_name("RUN");
         app.add_option("--until", options->until, "the last phase to do: " + phase_names())->type_name("PHASE");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
