#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "run/tuning.h"

namespace ka::cli_drawer {
namespace {

struct TuneOptions {
  std::string action = "list", file;
};

Result<int> perform(const TuneOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  if (options.file.empty() != (options.action == "list"))
    return fail(Fault::kInput, options.action == "list" ? "list takes no file" : fmt::format("{} needs a file", options.action),
                {}, "kernelagent tune export FILE, kernelagent tune import FILE, or kernelagent tune");
  if (options.action == "import") {
    KA_TRY(const MergedTuning merged, import_tuning(config, options.file));
    if (invocation.json) {
      print_json({{"added", merged.added}, {"replaced", merged.replaced}, {"known", merged.known}});
    } else {
      print_text(fmt::format("{} added, {} replaced, {} known already\n", merged.added, merged.replaced, merged.known));
    }
    return kExitOk;
  }
  if (options.action == "export") {
    KA_TRY(const size_t count, export_tuning(config, options.file));
    if (invocation.json) {
      print_json({{"file", options.file}, {"entries", count}});
    } else {
      print_text(fmt::format("{} in {}\n", plural(static_cast<int64_t>(count), "entry", "entries"), options.file));
    }
    return kExitOk;
  }
  invocation.json ? print_json(tuning_json(config)) : print_text(tuning_list(config));
  return kExitOk;
}

}  // namespace

void tune(CommandTable& table) {
  const auto options = std::make_shared<TuneOptions>();
  table.add(
      {"tune",
       "list, export or import the schedules that tuning found to be the fastest",
       "They lie in tuning.jsonl beside the runs, by subgraph, GPU and versions; what came with the program stands below them.\n"
       "A run takes a schedule from there before it tries others; the judge judges it as any other. An import keeps, of two\n"
       "entries about the same, the one that was tuned deeper, or later. `kernelagent show RUN tuning` tells of one run.",
       {"runs", "log_level"},
       [options](CLI::App& app) {
         app.add_option("ACTION", options->action, "list, export or import")
             ->check(CLI::IsMember({"list", "export", "import"}))
             ->capture_default_str();
         app.add_option("FILE", options->file, "the file to write or read: a JSON object a line");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
