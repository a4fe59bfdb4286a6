#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/terminal.h"
#include "run/judgement.h"

namespace ka::cli_drawer {
namespace {

struct Options {
  std::vector<std::string> what;
  std::string problem;
};

/// Judges several candidates against one problem with one set of warm workers: a line each, the moment it is known.
Result<int> judge_several(const Config& config, const std::vector<Case>& cases, const std::vector<std::string>& names, bool json) {
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  int worst = kExitOk;
  for (size_t i = 0; i < cases.size(); ++i) {
    KA_TRY(const Verdict verdict, workshop->run(verify_case(*workshop, cases[i], {})));
    if (json) {
      Json line = to_json(verdict);
      line["candidate"] = names[i];
      print_text(compact(line) + "\n");
    } else {
      const std::string text = verdict_text(verdict);
      print_text(fmt::format("{}: {}\n", names[i], text.substr(0, text.find('\n'))));
    }
    if (!verdict.accepted()) worst = kExitNotVerified;
  }
  return worst;
}

Result<int> perform(const Options& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  std::vector<Case> cases;
  for (const std::string& what : options.what) {
    KA_TRY(Case found, find_case(config, what, options.problem));
    cases.push_back(std::move(found));
  }
  if (cases.size() > 1) return judge_several(config, cases, options.what, invocation.json);
  const Case& which = cases.front();
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
             "Several are judged one after another and get a line each (with --json, an object a line).\n"
             "Exits 0 where all are accepted, 1 where one is not.",
             {"platform", "python", "runs", "mode", "effort", "timeout", "memory_mb", "log_level"},
             [options](CLI::App& app) {
               app.add_option("KERNEL.py|RUN", options->what, "candidate files, or runs")->required();
               app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
