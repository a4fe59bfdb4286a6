#include "base/build_info.h"
#include "cli/command.h"

namespace ka::cli_drawer {

void version(CommandTable& table) {
  table.add({"version",
             "print the version and the commit it was built from",
             {},
             {},
             {},
             [](const Invocation& invocation) -> Result<int> {
               if (invocation.json) {
                 print_json({{"version", ka::version()}, {"commit", commit()}});
               } else {
                 print_text(fmt::format("kernelagent {} ({})\n", ka::version(), commit()));
               }
               return kExitOk;
             }});
}

}  // namespace ka::cli_drawer
