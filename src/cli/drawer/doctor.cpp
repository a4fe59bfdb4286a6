#include "run/doctor.h"

#include "base/build_info.h"
#include "cli/command.h"

namespace ka::cli_drawer {
namespace {

const char* sign(Finding::State state) {
  switch (state) {
    case Finding::State::kThere: return "ok";
    case Finding::State::kMissing: return "MISSING";
    case Finding::State::kOptional: return "absent";
  }
  return "";
}

Result<int> perform(const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  const std::vector<Finding> findings = examine(config);
  const bool works = can_run(findings);
  if (invocation.json) {
    Json json;
    json["version"] = version();
    json["can_run"] = works;
    json["findings"] = Json::array();
    for (const Finding& finding : findings) json["findings"].push_back(to_json(finding));
    print_json(json);
  } else {
    std::string text = fmt::format("kernelagent {} ({})\n\n", version(), commit());
    for (const Finding& finding : findings) {
      text += fmt::format("  {:<12} {:<8} {}\n", finding.name, sign(finding.state), finding.found);
      if (!finding.cost.empty()) text += fmt::format("  {:<12} {:<8} without it: {}\n", "", "", finding.cost);
      if (!finding.fix.empty()) text += fmt::format("  {:<12} {:<8} to do: {}\n", "", "", finding.fix);
    }
    text += works ? "\n`kernelagent run PROBLEM` works on this machine.\n"
                  : "\n`kernelagent run` cannot work before what is MISSING is there.\n";
    print_text(text);
  }
  return works ? kExitOk : exit_code(Fault::kEnvironment);
}

}  // namespace

void doctor(CommandTable& table) {
  table.add({"doctor",
             "say what this machine has, and what each missing piece costs",
             "Exits 3 where `run` cannot work.",
             {"python", "runs"},
             {},
             perform});
}

}  // namespace ka::cli_drawer
