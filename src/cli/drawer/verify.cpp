#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/replay_command.h"
#include "cli/terminal.h"
#include "run/judgement.h"
#include "run/replay.h"

namespace ka::cli_drawer {
namespace {

struct Options {
  std::string what, problem, certificate;
};

Result<int> perform(const Options& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const std::optional<Replay> opened, open_replay(config, options.what, options.problem));
  if (opened && !options.certificate.empty())
    return fail(Fault::kInput, "a replay writes no certificate", options.certificate,
                "name a kernel file, or leave --certificate away");
  if (opened) return replay_command(config, *opened, invocation.json);
  KA_TRY(Case which, find_case(config, options.what, options.problem));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  // Steps move on standard error; standard output carries the answer.
  Terminal terminal(stderr, detect_style(stderr));
  workshop->every(std::chrono::milliseconds(100), [&terminal] { terminal.tick(); });
  terminal.hear(PhaseStarted{"judge"}, {});
  const auto progress = [&terminal](const std::string& step) { terminal.hear(Progressed{"judge", step}, {}); };
  const Result<Verdict> verdict = workshop->run(verify_case(*workshop, which, progress));
  terminal.rest();
  if (!verdict) return tl::unexpected<Error>(verdict.error());
  if (!options.certificate.empty()) {
    KA_CHECK_OK(workshop->run(issue_certificate(*workshop, which, *verdict, options.certificate)));
  }
  if (invocation.json) {
    print_json(to_json(*verdict));
  } else {
    print_text(verdict_text(*verdict));
  }
  return verdict->accepted() ? kExitOk : kExitNotVerified;
}

}  // namespace

void verify(CommandTable& table) {
  const auto options = std::make_shared<Options>();
  table.add(
      {"verify",
       "judge a Triton program against a problem file, or replay a certificate",
       "KERNEL.py defines kernel_function or ModelNew; --problem names the reference. A RUN, or a certificate's path, is judged\n"
       "again as it was judged then, after a look at its manifest; what differs is said.\n"
       "Exits 0 where it is accepted, 1 where it is not, 5 where a certificate's verdict holds but a file is not the certified one.",
       {"platform", "python", "runs", "mode", "effort", "timeout", "memory_mb", "require_sandbox", "log_level"},
       [options](CLI::App& app) {
         app.add_option("KERNEL.py|RUN|CERTIFICATE", options->what, "a candidate file, a run, or a certificate")->required();
         app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
         app.add_option("--certificate", options->certificate, "write a certificate here, its manifest beside it")
             ->type_name("FILE");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
