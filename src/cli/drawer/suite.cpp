#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/suite_terminal.h"
#include "run/judgement.h"
#include "suite/conduct.h"
#include "suite/problems.h"

namespace ka::cli_drawer {
namespace {

struct SuiteOptions {
  std::vector<std::string> problems, merge, only;
  std::string resume, shard, against, gpus, baselines;
  int jobs = 0, limit = 1800;
  size_t first = 0;
  double seconds = 2;
  bool no_bench = false, retry = false;
};

Result<std::vector<int>> gpu_numbers(const std::string& text) {
  std::vector<int> gpus;
  if (text.empty()) return gpus;
  for (const std::string& word : split(text, ',')) {
    int gpu = -1;
    const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), gpu);
    if (bad != std::errc() || end != word.data() + word.size() || gpu < 0)
      return fail(Fault::kInput, fmt::format("'{}' is no GPU's number", word), "--gpus", "for example 0,1");
    gpus.push_back(gpu);
  }
  return gpus;
}

Result<SuiteOrder> order_of(const SuiteOptions& options, const Invocation& invocation) {
  SuiteOrder order;
  Selection selection;
  if (!options.shard.empty()) {
    KA_TRY(selection, parse_shard(options.shard));
  }
  selection.only = options.only;
  selection.limit = options.first;
  KA_TRY(order.problems, find_problems(options.problems, selection));
  if (!options.against.empty()) KA_CHECK_OK(parse_baselines(options.against));  // here, not after hours of judging
  order.against = options.against;
  order.shard = options.shard;
  order.bench = !options.no_bench;
  order.bench_seconds = options.seconds;
  if (!options.baselines.empty()) {
    KA_TRY(const Baselines readable, read_baselines(options.baselines));
    order.baselines = absolute_path(options.baselines);
  }
  order.settings = invocation.flags;
  return order;
}

/// The last words: what came out, and where it is.
int tell_end(const Suite& suite, const Invocation& invocation) {
  size_t accepted = 0, judged = 0;
  for (const SuiteRow& row : suite.rows()) accepted += row.accepted(), judged += row.judged;
  if (invocation.json) {
    const Result<std::string> report = read_file(suite.path() / "report.json");
    if (report) print_text(*report);
  } else {
    print_text(fmt::format("\n{} of {} accepted.\n", accepted, plural(static_cast<int64_t>(suite.rows().size()), "problem")));
    for (const char* name : {"report.html", "report.md", "report.json"})
      print_text(fmt::format("  {:<12} {}\n", name, (suite.path() / name).string()));
    if (judged < suite.rows().size()) print_text(fmt::format("  go on with   kernelagent suite --resume {}\n", suite.id()));
  }
  return accepted == suite.rows().size() ? kExitOk : kExitNotVerified;
}

Result<int> work(const SuiteOptions& options, const Invocation& invocation) {
  SittingRequest request{options.jobs, {}, std::chrono::seconds(options.limit), options.retry};
  KA_TRY(request.gpus, gpu_numbers(options.gpus));
  std::optional<Suite> suite;
  std::optional<Site> site;
  if (options.resume.empty()) {
    KA_TRY(SuiteOrder order, order_of(options, invocation));
    KA_TRY(site, look_over({}, invocation.flags, invocation.folder));
    KA_TRY(suite, Suite::begin(site->config.runs, std::move(order), site->machine));
  } else {
    KA_TRY(const Config config, invocation.config());
    KA_TRY(suite, Suite::resume(config.runs, options.resume));
    KA_TRY(site, look_over(suite->order().settings, invocation.flags, invocation.folder));
  }
  std::FILE* stream = invocation.json ? stderr : stdout;
  SuiteTerminal terminal(stream, detect_style(stream));
  terminal.say(fmt::format("suite of {} on {}\n  in {}\n", plural(static_cast<int64_t>(suite->rows().size()), "problem"),
                           site->platform.name, suite->path().string()));
  SuiteAudience audience;
  audience.judged = [&](const SuiteRow& row, const SuiteProgress& progress) { terminal.judged(row, progress); };
  audience.timed = [&](const SuiteRow& row, const SuiteProgress& progress) { terminal.timed(row, progress); };
  audience.tick = [&](const SuiteProgress& progress) { terminal.tick(progress); };
  const Status done = conduct(*suite, *site, request, audience);
  if (!done && done.error().fault == Fault::kInterrupted)
    return fail(Fault::kInterrupted, "interrupted; the rows that are done are kept", suite->path().string(),
                "go on with: kernelagent suite --resume " + suite->id());
  KA_CHECK_OK(done);
  return tell_end(*suite, invocation);
}

Result<int> perform(const SuiteOptions& options, const Invocation& invocation) {
  const int ways = !options.problems.empty() + !options.resume.empty() + !options.merge.empty();
  if (ways != 1)
    return fail(Fault::kInput, "name problems, or a suite with --resume, or several with --merge", {},
                "for example: kernelagent suite examples/");
  if (options.merge.empty()) return work(options, invocation);
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const Suite suite, Suite::merge(config.runs, options.merge));
  KA_CHECK_OK(suite.report());
  return tell_end(suite, invocation);
}

}  // namespace

void suite(CommandTable& table) {
  const auto options = std::make_shared<SuiteOptions>();
  table.add(
      {"suite",
       "run, judge and time a batch of problems, with a report",
       "Each problem is a run of its own in a process of its own; whatever happens to one costs its own row. Judges several at a time, then\n"
       "times those accepted one at a time. Leaves report.html, report.md and report.json in .fuse/suite_…/, and goes on after a kill at\n"
       "any point with --resume. Exits with 0 where every problem was accepted, else with 1.",
       {"platform",    "python",      "runs",         "mode",          "effort",    "judge_seed",      "authors",
        "route",       "fallback",    "router_cache", "router_memory", "model",     "always_agent",    "candidates",
        "tune",        "judge_first", "no_pass",      "launch_graph",  "fusions",   "seeds",           "rounds",
        "prompts",     "budget",      "max_calls",    "timeout",       "memory_mb", "require_sandbox", "cache",
        "fused_check", "log_level"},
       [options](CLI::App& app) {
         app.add_option("DIR|FILE", options->problems, "problem files, and folders with all that lies below them");
         app.add_option("--resume", options->resume, "go on with a suite (its id, part of it, or `last`)")->type_name("SUITE");
         app.add_option("--merge", options->merge, "make one report of several suites (shards) of one kind of machine")
             ->type_name("SUITE");
         app.add_option("--only", options->only,
                        "problems whose name matches: a part of it, or a pattern with * (may be given again)")
             ->type_name("PATTERN")
             ->allow_extra_args(false);
         app.add_option("--first", options->first, "at most so many problems")->type_name("N");
         app.add_option("--shard", options->shard, "every n-th problem, beginning with number i")->type_name("I/N");
         app.add_option("--jobs", options->jobs,
                        "problems worked on at a time (else two for each GPU, or a quarter of the cores)")
             ->type_name("N")
             ->check(CLI::Range(1, 256));
         app.add_option("--gpus", options->gpus, "GPUs to spread the problems over")->type_name("0,1,…");
         app.add_option("--limit", options->limit, "seconds that one run, or one bench, may take")
             ->type_name("SECONDS")
             ->check(CLI::Range(1, 7 * 24 * 3600))
             ->capture_default_str();
         app.add_option("--against", options->against,
                        "baselines to time: eager, compile, reduce-overhead, max-autotune (else those of `bench`)")
             ->type_name("LIST");
         app.add_option("--seconds", options->seconds, "how long each contender is timed")
             ->type_name("SECONDS")
             ->capture_default_str();
         app.add_option("--baselines", options->baselines, "table of baselines' times for those that are not timed here")
             ->type_name("FILE");
         app.add_flag("--no-bench", options->no_bench, "judge only");
         app.add_flag("--retry", options->retry, "with --resume: judge again what was not accepted");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
