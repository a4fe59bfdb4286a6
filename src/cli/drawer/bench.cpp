#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/judgement.h"

namespace ka::cli_drawer {
namespace {

struct Options {
  std::string what, problem;
  double seconds = 2.0;
  bool no_compile = false;
};

std::string line(const char* name, double ms, double candidate_ms) {
  if (ms <= 0) return fmt::format("  {:<14} not measured\n", name);
  return fmt::format("  {:<14} {:>9.4f} ms   {:.2f}×\n", name, ms, ms / candidate_ms);
}

Result<int> perform(const Options& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const Case which, find_case(config, options.what, options.problem));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  KA_TRY(const BenchTimes times, workshop->run(bench_case(*workshop, which, options.seconds, !options.no_compile)));
  if (invocation.json) {
    Json json;
    json["candidate_ms"] = times.candidate_ms;
    json["eager_ms"] = times.eager_ms;
    json["compile_ms"] = times.compile_ms;
    json["details"] = times.details;
    print_json(json);
  } else {
    print_text("medians, interleaved, and how many times faster the Triton program is\n");
    print_text(fmt::format("  {:<14} {:>9.4f} ms\n", "Triton", times.candidate_ms));
    print_text(line("eager", times.eager_ms, times.candidate_ms));
    print_text(line("torch.compile", times.compile_ms, times.candidate_ms));
  }
  return kExitOk;
}

}  // namespace

void bench(CommandTable& table) {
  const auto options = std::make_shared<Options>();
  table.add({"bench",
             "time eager PyTorch, torch.compile and the Triton program, interleaved",
             "Needs a CUDA GPU.",
             {"platform", "python", "runs", "mode", "timeout", "memory_mb", "require_sandbox", "log_level"},
             [options](CLI::App& app) {
               app.add_option("KERNEL.py|RUN", options->what, "a candidate file, or a run")->required();
               app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
               app.add_option("--seconds", options->seconds, "how long each contender is timed")->capture_default_str();
               app.add_flag("--no-compile", options->no_compile, "leave torch.compile out");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
