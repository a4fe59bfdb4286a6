#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "server/browser.h"
#include "server/entry_modes.h"
#include "server/serve.h"

namespace ka::cli_drawer {
namespace {

struct UiOptions {
  ServeOptions serve;
  size_t at_a_time = 1;
  std::vector<std::string> problems;
  std::string entry;
  bool no_open = false;
};

Result<int> perform(const UiOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  Place place{invocation.folder, exe_path(), {}};
  for (const std::string& folder : options.problems) {
    if (!is_dir(folder))
      return fail(Fault::kInput, "there is no such folder", folder, "--problems names a folder of problem files");
    place.problems.push_back(absolute_path(folder));
  }
  Desk desk(config, invocation.flags, std::move(place), options.at_a_time);
  KA_CHECK_OK(serve(desk, options.serve, [&](const std::string& address) {
    const std::string form = options.entry.empty() ? "" : "#/new/" + options.entry;
    const std::string page = address + (options.serve.token.empty() ? "" : "?token=" + options.serve.token) + form;
    if (invocation.json) {
      print_text(compact({{"address", address}, {"page", address + form}}) + "\n");
    } else {
      print_text(
          fmt::format("kernelagent ui · {}\n  runs in {}; Ctrl-C ends the page, not the runs\n", page, config.runs.string()));
    }
    if (!options.no_open) open_browser(page);
  }));
  return kExitOk;
}

}  // namespace

void ui(CommandTable& table) {
  const auto options = std::make_shared<UiOptions>();
  table.add(
      {"ui",
       "show runs as a web page: start, watch, compare",
       "Answers on 127.0.0.1 only, unless --host and --token are given. Each run is a process of its own, started as\n"
       "`kernelagent run`; it goes on when the page's server ends, and a server started again shows it again.\n"
       "Other programs: the page does nothing that /api/v1 (described in /api/v1/openapi.json) does not.\n"
       "Settings given here hold for every run that is started from the page.",
       {"platform", "python", "runs", "mode", "effort", "judge_seed", "jobs", "model", "prompts", "budget", "max_calls",
        "timeout", "memory_mb", "require_sandbox"},
       [options](CLI::App& app) {
         app.add_option("--host", options->serve.host, "address to listen on")->type_name("ADDRESS")->capture_default_str();
         app.add_option("--port", options->serve.port, "port; 0: any that is free")
             ->type_name("N")
             ->check(CLI::Range(0, 65535))
             ->capture_default_str();
         app.add_option("--token", options->serve.token, "what every request must know; needed where --host is not loopback")
             ->type_name("SECRET");
         app.add_option("--runs-at-a-time", options->at_a_time, "further runs wait in a queue")
             ->type_name("N")
             ->check(CLI::Range(1, 64))
             ->capture_default_str();
         app.add_option("--problems", options->problems, "a further folder of problems; may be given again")->type_name("FOLDER");
         app.add_option("--entry", options->entry,
                        "the form to open: kernel (one kernel), fuser (plan only), pipeline (everything)")
             ->type_name("MODE")
             ->check([](const std::string& mode) {
               return entry_mode(mode) != nullptr ? "" : fmt::format("there is no form '{}'", mode);
             });
         app.add_flag("--no-open", options->no_open, "do not open a browser");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
