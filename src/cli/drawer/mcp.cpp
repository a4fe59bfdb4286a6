#include <CLI/CLI.hpp>

#include "base/file.h"
#include "cli/command.h"
#include "server/mcp.h"

namespace ka::cli_drawer {
namespace {

Result<int> perform(const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  Desk desk(config, invocation.flags, {invocation.folder, exe_path(), {}}, 1);
  KA_CHECK_OK(serve_mcp(desk));
  return kExitOk;
}

}  // namespace

void mcp(CommandTable& table) {
  table.add(
      {"mcp",
       "give coding agents the judge and the compiler as tools (Model Context Protocol)",
       "Speaks JSON-RPC on standard input and output until the input ends. Tools: trace, plan, generate, verify, bench, run, run_status.\n"
       "In an agent's configuration: {\"command\": \"kernelagent\", \"args\": [\"mcp\"]}. `kernelagent ui` has the same tools at /mcp.",
       {"platform", "python", "runs", "mode", "effort", "judge_seed", "jobs", "model", "budget", "max_calls", "timeout",
        "memory_mb", "require_sandbox"},
       {},
       perform});
}

}  // namespace ka::cli_drawer
