#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/replay_command.h"
#include "cli/watched.h"
#include "run/judgement.h"
#include "run/replay.h"

namespace ka::cli_drawer {
namespace {

struct VerifyOptions {
  std::vector<std::string> what;
  std::string problem, certificate;
  bool bench = false;
};

/// Judges several candidates against one problem with one set of warm workers: a line each, the moment it is known.
Result<int> judge_several(const Config& config, const std::vector<Case>& cases, const std::vector<std::string>& names,
                          bool json) {
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

/// Times an accepted candidate and puts the times into its verdict, and so into its certificate. Says whether it has a time.
Result<bool> time_accepted(Workshop& workshop, const Case& which, Verdict& verdict, std::string& text) {
  const BenchChoice choice{BenchChoice().seconds, baselines_of(workshop.config().effort)};
  const Result<BenchTimes> times =
      run_watched(workshop, [&](auto progress) { return bench_case(workshop, which, choice, std::move(progress)); });
  if (!times) return tl::unexpected<Error>(times.error());
  verdict.details["timings"] = to_json(*times);
  text = bench_text(*times);
  return times->candidate.timed();
}

Result<int> perform(const VerifyOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  const bool several = options.what.size() > 1;
  if (several && !options.certificate.empty())
    return fail(Fault::kInput, "a certificate is about one candidate", options.certificate, "verify them one by one");
  if (several && options.bench) return fail(Fault::kInput, "--bench times one candidate", "", "verify them one by one");
  if (several) {
    std::vector<Case> cases;
    for (const std::string& what : options.what) {
      KA_TRY(Case found, find_case(config, what, options.problem));
      cases.push_back(std::move(found));
    }
    return judge_several(config, cases, options.what, invocation.json);
  }
  const std::string& what = options.what.front();
  KA_TRY(const std::optional<Replay> opened, open_replay(config, what, options.problem));
  if (opened && !options.certificate.empty())
    return fail(Fault::kInput, "a replay writes no certificate", options.certificate,
                "name a kernel file, or leave --certificate away");
  if (opened && options.bench)
    return fail(Fault::kInput, "a replay times nothing", what, fmt::format("`kernelagent bench {}` times a run's program", what));
  if (opened) return replay_command(config, *opened, invocation.json);
  KA_TRY(Case which, find_case(config, what, options.problem));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  if (options.bench) {
    KA_CHECK_OK(can_time(*workshop));
  }
  Result<Verdict> verdict =
      run_watched(*workshop, [&](auto progress) { return verify_case(*workshop, which, std::move(progress)); });
  if (!verdict) return tl::unexpected<Error>(verdict.error());
  bool has_time = true;
  std::string times;
  if (options.bench && verdict->accepted()) {
    KA_TRY(has_time, time_accepted(*workshop, which, *verdict, times));
  }
  if (!options.certificate.empty()) {
    KA_CHECK_OK(workshop->run(issue_certificate(*workshop, which, *verdict, options.certificate)));
  }
  if (invocation.json) {
    print_json(to_json(*verdict));
  } else {
    print_text(verdict_text(*verdict) + times);
  }
  return verdict->accepted() && has_time ? kExitOk : kExitNotVerified;
}

}  // namespace

void verify(CommandTable& table) {
  const auto options = std::make_shared<VerifyOptions>();
  table.add(
      {"verify",
       "judge a Triton program against a problem file, or replay a certificate",
       "KERNEL.py defines kernel_function or ModelNew; --problem names the reference. A RUN, or a certificate's path, is judged\n"
       "again as it was judged then, after a look at its manifest; what differs is said.\n"
       "Several candidates are judged one after another and get a line each (with --json, an object a line).\n"
       "Exits 0 where all are accepted, 1 where one is not, 5 where a certificate's verdict holds but a file is not the certified one.",
       {"platform", "python", "runs", "mode", "effort", "judge_seed", "timeout", "memory_mb", "require_sandbox", "log_level"},
       [options](CLI::App& app) {
         app.add_option("KERNEL.py|RUN|CERTIFICATE", options->what, "candidate files, or a run, or a certificate")->required();
         app.add_option("--problem", options->problem, "the reference, in KernelBench form")->type_name("FILE");
         app.add_option("--certificate", options->certificate, "write a certificate here, its manifest beside it")
             ->type_name("FILE");
         app.add_flag("--bench", options->bench, "time an accepted candidate, as `bench` does; the certificate has the times");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
