#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "cli/watched.h"
#include "run/judgement.h"
#include "run/timing_record.h"

namespace ka::cli_drawer {
namespace {

struct BenchOptions {
  std::string what, problem, against;
  double seconds = 2.0;
};

Result<int> perform(const BenchOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  BenchChoice choice{options.seconds, baselines_of(config.effort)};
  if (!options.against.empty()) {
    KA_TRY(choice.against, parse_baselines(options.against));
  }
  KA_TRY(const Case which, find_case(config, options.what, options.problem));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  const Result<BenchTimes> times =
      run_watched(*workshop, [&](auto progress) { return bench_case(*workshop, which, choice, std::move(progress)); });
  if (!times) return tl::unexpected<Error>(times.error());
  if (!is_file(options.what) && options.problem.empty()) {
    KA_TRY(RunDirectory directory, RunDirectory::open(config.runs, options.what));
    KA_CHECK_OK(workshop->run(record_times(*workshop, std::move(directory), which, *times)));
  }
  if (invocation.json) {
    print_json(to_json(*times));
  } else {
    print_text(bench_text(*times));
  }
  return times->candidate.timed() ? kExitOk : kExitNotVerified;
}

}  // namespace

void bench(CommandTable& table) {
  const auto options = std::make_shared<BenchOptions>();
  table.add({"bench",
             "time the Triton program, eager PyTorch and torch.compile in turns",
             "Needs a CUDA GPU, which nobody else of yours uses meanwhile: other commands wait. A run keeps the times in\n"
             "compose_out/bench.json. Candidates are taken as they are: `verify --bench` judges before it times.\n"
             "Exits 0 where the program has a time, 1 where it fails, or returns other results while it is timed.",
             {"platform", "python", "runs", "mode", "effort", "timeout", "memory_mb", "require_sandbox", "log_level"},
             [options](CLI::App& app) {
               app.add_option("KERNEL.py|RUN", options->what, "a candidate file, or a run")->required();
               app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
               app.add_option("--seconds", options->seconds, "how long each contender is timed")->capture_default_str();
               app.add_option("--against", options->against,
                              "what to compare with: eager,compile,reduce-overhead (the default; max-autotune with\n"
                              "--effort thorough); self times the program twice")
                   ->type_name("LIST");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
