#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

Result<int> perform(const std::string& like, const Invocation& invocation) {
  Json list = Json::array();
  for (const OperatorLine& line : operator_lines()) {
    if (line.name.find(like) == std::string::npos) continue;
    if (invocation.json) {
      list.push_back({{"name", line.name}, {"how", line.how}, {"reason", line.reason}});
    } else {
      print_text(fmt::format("{:<44} {}{}\n", line.name, line.how, line.reason.empty() ? "" : ": " + line.reason));
    }
  }
  if (invocation.json) print_json(list);
  return kExitOk;
}

}  // namespace

void ops(CommandTable& table) {
  const auto like = std::make_shared<std::string>();
  table.add({"ops",
             "list the operators that can be emitted",
             "Names are ATen's; `aten.linear.default` is torch.nn.functional.linear.",
             {},
             [like](CLI::App& app) { app.add_option("PART", *like, "only operators whose name has this in it"); },
             [like](const Invocation& invocation) { return perform(*like, invocation); }});
}

}  // namespace ka::cli_drawer
