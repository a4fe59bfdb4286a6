#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/terminal.h"
#include "run/run_directory.h"
#include "run/tuning.h"

namespace ka::cli_drawer {
namespace {

struct ShowOptions {
  std::string run = "last", what;
};

/// Files that have a short name; anything else is a subgraph's id, or a file of the run.
std::string file_of(const RunDirectory& directory, const std::string& what) {
  if (what == "program") return "compose_out/composed_kernel.py";
  if (what == "certificate") return "compose_out/certificate.json";
  if (what == "verdict") return "compose_out/verdict.json";
  if (what == "times") return "compose_out/bench.json";
  if (what == "plan") return "plan.txt";
  if (what == "graph") return "graph.json";
  if (what == "subgraphs") return "subgraphs.json";
  if (directory.has("kernels_out/" + what + "/kernel.py")) return "kernels_out/" + what + "/kernel.py";
  return what;
}

Result<int> perform(const ShowOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const RunDirectory directory, RunDirectory::open(config.runs, options.run));
  if (options.what == "tuning") {
    KA_TRY(const std::string story, tuning_story(directory));
    print_text(story);
    return kExitOk;
  }
  if (!options.what.empty()) {
    const Result<std::string> text = directory.read(file_of(directory, options.what));
    if (!text)
      return fail(Fault::kInput, fmt::format("this run has no '{}'", options.what), directory.path().string(),
                  "program, certificate, verdict, times, tuning, plan, graph, subgraphs, a subgraph's id, or a file of the run");
    print_text(*text);
    return kExitOk;
  }
  KA_TRY(const std::vector<TimedEvent> events, read_events(directory));
  if (invocation.json) {
    Json list = Json::array();
    for (const TimedEvent& timed : events) {
      Json entry;
      entry["time"] = timed.time;
      entry.update(to_json(timed.event));
      list.push_back(std::move(entry));
    }
    print_json(list);
    return kExitOk;
  }
  TerminalStyle style = detect_style(stdout);
  style.live = false;  // nothing moves any more
  Terminal terminal(stdout, style);
  bool ended = false;
  for (const TimedEvent& timed : events) {
    terminal.hear(timed.event, timed.time);
    ended = std::holds_alternative<RunFinished>(timed.event);
  }
  if (!ended) {
    print_text(directory.is_live()
                   ? "\nThis run is going on.\n"
                   : fmt::format("\nThis run ended without a word; go on with: kernelagent run --resume {}\n", directory.id()));
  }
  return kExitOk;
}

}  // namespace

void show(CommandTable& table) {
  const auto options = std::make_shared<ShowOptions>();
  table.add(
      {"show",
       "show a run again, or one of its files",
       "WHAT: program, certificate, verdict, times, tuning, plan, graph, subgraphs, a subgraph's id (its kernel), or a file below the run's\ndirectory.",
       {"runs"},
       [options](CLI::App& app) {
         app.add_option("RUN", options->run, "a run: its id, part of it, a path, or `last`")->capture_default_str();
         app.add_option("WHAT", options->what, "what to print instead of the run's story");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
