#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/terminal.h"
#include "run/judgement.h"

namespace ka::cli_drawer {
namespace {

struct Options {
  std::string what, problem;
};

Result<int> perform(const Options& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(Case which, find_case(config, options.what, options.problem));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  // Steps move on standard error; standard output carries the answer.
  Terminal terminal(stderr, detect_style(stderr));
  workshop->every(std::chrono::milliseconds(100), [&terminal] { terminal.tick(); });
  terminal.hear(PhaseStarted{"judge"}, {});
  const auto progress = [&terminal](const std::string& step) { terminal.hear(Progressed{"judge", step}, {}); };
  const Result<Verdict> verdict = workshop->run(verify_case(*workshop, which, progress));
  const Result<std::vector<std::string>> changes = workshop->run(changes_in(*workshop, which));
  terminal.rest();
  if (!verdict) return tl::unexpected<Error>(verdict.error());
  if (invocation.json) {
    print_json(to_json(*verdict));
  } else {
    print_text(verdict_text(*verdict));
    if (changes && !changes->empty()) print_text(fmt::format("  since the certificate: {}\n", fmt::join(*changes, ", ")));
  }
  return verdict->accepted() ? kExitOk : kExitNotVerified;
}

}  // namespace

void verify(CommandTable& table) {
  const auto options = std::make_shared<Options>();
  table.add({"verify",
             "judge a Triton program against a problem file",
             "KERNEL.py defines kernel_function or ModelNew; --problem names the reference. A RUN is judged again as a whole.\n"
             "Exits 0 where it is accepted, 1 where it is not.",
             {"platform", "python", "runs", "mode", "effort", "timeout", "memory_mb", "require_sandbox", "log_level"},
             [options](CLI::App& app) {
               app.add_option("KERNEL.py|RUN", options->what, "a candidate file, or a run")->required();
               app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
