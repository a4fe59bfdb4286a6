#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/run_until.h"
#include "run/run_directory.h"

namespace ka::cli_drawer {
namespace {

constexpr const char* kProgram = "compose_out/composed_kernel.py";

Result<int> perform(const std::string& run, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const RunDirectory before, RunDirectory::open(config.runs, run));
  RunRequest request;
  request.replay = before.path().string();
  KA_TRY(const int code, follow_run(request, invocation, RunShape::kProgram));
  KA_TRY(const RunDirectory now, RunDirectory::open(config.runs, "last"));
  const Result<std::string> old_program = before.read(kProgram), program = now.read(kProgram);
  const bool same = old_program && program ? *old_program == *program : !old_program && !program;
  const char* const answer = !same     ? "The program is not the one that the run had."
                             : program ? "The program is the same, byte for byte."
                                       : "";
  if (!invocation.json) print_text(fmt::format("{}\n", answer));
  return same ? code : kExitNotVerified;
}

}  // namespace

void replay(CommandTable& table) {
  const auto run = std::make_shared<std::string>();
  table.add({"replay",
             "repeat a run with the replies that its models gave then; nobody is asked",
             "Makes a new run with the old one's settings, judges everything anew and compares the programs byte for byte.\n"
             "Exits as `run` does, and with 1 where the program is another.",
             {"python", "runs", "timeout", "memory_mb", "require_sandbox", "log_level"},
             [run](CLI::App& app) { app.add_option("RUN", *run, "a run (its id, part of it, or `last`)")->required(); },
             [run](const Invocation& invocation) { return perform(*run, invocation); }});
}

}  // namespace ka::cli_drawer
