#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/profile.h"

namespace ka::cli_drawer {
namespace {

struct ProfileOptions {
  std::string what = "last", subgraph;
};

Result<int> perform(const ProfileOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(Profile profile, read_profile(config, options.what, options.subgraph));
  KA_CHECK_OK(compile_profile(config, profile));
  if (invocation.json) {
    print_json(to_json(profile));
  } else {
    print_text(profile_text(profile));
  }
  return kExitOk;
}

}  // namespace

void profile(CommandTable& table) {
  const auto options = std::make_shared<ProfileOptions>();
  table.add(
      {"profile",
       "say what a run's kernels do and need: bytes, FLOPs, time against the floor, registers, occupancy",
       "Times are those that the run measured while it chose its kernels. Registers, shared memory, spills and occupancy come from\n"
       "compiling each launch ahead of time, for this machine's GPU or else for sm_90; no GPU is needed. Says what is missing.",
       {"python", "runs", "memory_mb", "require_sandbox", "log_level"},
       [options](CLI::App& app) {
         app.add_option("RUN|KERNEL", options->what, "a run: its id, part of it, a path, or `last`; or a kernel.json")
             ->capture_default_str();
         app.add_option("SUBGRAPH", options->subgraph, "only this one of the run's subgraphs");
       },
       [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
