#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/run_until.h"

namespace ka::cli_drawer {
namespace {

struct GenerateOptions {
  std::string words, problem;
};

/// What the first argument says: a file's content, or itself.
Result<std::string> description_of(const std::string& words) {
  if (words.ends_with(".py"))
    return fail(Fault::kInput, "a Python file is a problem, not a description", words, "name it with --problem");
  std::string text = words;
  if (is_file(words)) {
    KA_TRY(text, read_file(words));
  }
  if (trim(text).empty()) return fail(Fault::kInput, "the description is empty", words);
  return text;
}

Result<int> perform(const GenerateOptions& options, Invocation invocation) {
  if (options.words.empty() == options.problem.empty())
    return fail(Fault::kInput, "say what to generate in words, or name a problem with --problem", {},
                "for example: kernelagent generate \"Implement ReLU over a contiguous 1D tensor of length 1024\" --model NAME");
  KA_TRY(const Config config, invocation.config());
  if (config.model.empty())
    return fail(Fault::kInput, "a model writes what is generated, and none is named", {},
                "name one with --model; `kernelagent models` lists what is configured");
  RunRequest request;
  if (options.problem.empty()) {
    KA_TRY(request.description, description_of(options.words));
  } else {
    request.problem = options.problem;
    if (config.origin.at("route") == "default") invocation.flags["route"] = "agent";
  }
  return follow_run(request, invocation, RunShape::kKernel);
}

}  // namespace

void generate(CommandTable& table) {
  const auto options = std::make_shared<GenerateOptions>();
  table.add(
      {"generate",
       "have a model write a kernel from a description in words, or one kernel for a whole problem",
       "From words, the model first writes the problem file, which is shown and judged as any other; the verdict says that a model\n"
       "wrote the problem, until `kernelagent confirm RUN`. With --problem the agent writes one kernel for all of the program.\n"
       "Leaves a run; `kernelagent run --resume RUN` goes on with it. --json adds success, kernel_path and session_dir.",
       {"platform",  "python",          "runs",         "mode",         "effort",       "judge_seed",
        "jobs",      "authors",         "route",        "fallback",     "router_cache", "router_memory",
        "model",     "extract_model",   "router_model", "test",         "always_agent", "candidates",
        "tune",      "judge_first",     "no_pass",      "launch_graph", "fusions",      "seeds",
        "rounds",    "prompts",         "budget",       "max_calls",    "record",       "timeout",
        "memory_mb", "require_sandbox", "cache",        "fused_check",  "log_level"},
       [options](CLI::App& app) {
         app.add_option("DESCRIPTION|FILE", options->words, "what is wanted, in words, or a text file that says it");
         app.add_option("--problem", options->problem, "a problem file: one kernel for the whole of it")->type_name("FILE");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
