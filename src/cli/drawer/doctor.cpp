#include "run/doctor.h"

#include "base/build_info.h"
#include "cli/command.h"
#include "run/attack.h"

namespace ka::cli_drawer {
namespace {

const char* sign(Diagnosis::State state) {
  switch (state) {
    case Diagnosis::State::kThere: return "ok";
    case Diagnosis::State::kMissing: return "MISSING";
    case Diagnosis::State::kOptional: return "absent";
  }
  return "";
}

Json to_json(const Result<Siege>& siege) {
  if (!siege) return {{"error", siege.error().message}};
  Json json = {{"level", siege->level}, {"reason", siege->reason}, {"attacks", Json::array()}};
  for (const Attack& attack : siege->attacks) json["attacks"].push_back(ka::to_json(attack));
  return json;
}

std::string siege_text(const Result<Siege>& siege) {
  if (!siege) return fmt::format("\nThe sandbox was not attacked: {}\n", siege.error().message);
  std::string text = fmt::format("\nA worker's child attacks its sandbox ({}){}:\n", siege->level,
                                 siege->reason.empty() ? "" : ", because " + siege->reason);
  for (const Attack& attack : siege->attacks)
    text += fmt::format("  {:<8} {:<32} {}\n", attack.held ? "held" : "NOT HELD", attack.name, attack.limit);
  return text;
}

Result<int> perform(const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  const std::vector<Diagnosis> findings = examine(config);
  const bool works = can_run(findings);
  const Result<Siege> siege =
      works ? attack_sandbox(config) : fail(Fault::kEnvironment, "no worker can start before what is MISSING is there");
  if (invocation.json) {
    Json json;
    json["version"] = version();
    json["can_run"] = works;
    json["findings"] = Json::array();
    for (const Diagnosis& finding : findings) json["findings"].push_back(ka::to_json(finding));
    json["sandbox"] = to_json(siege);
    print_json(json);
  } else {
    std::string text = fmt::format("kernelagent {} ({})\n\n", version(), commit());
    for (const Diagnosis& finding : findings) {
      text += fmt::format("  {:<12} {:<8} {}\n", finding.name, sign(finding.state), finding.found);
      if (!finding.cost.empty()) text += fmt::format("  {:<12} {:<8} without it: {}\n", "", "", finding.cost);
      if (!finding.fix.empty()) text += fmt::format("  {:<12} {:<8} to do: {}\n", "", "", finding.fix);
    }
    text += siege_text(siege);
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
             "A worker's child then attacks its sandbox: files, network, processes, memory, disk. Each line says what held.\n"
             "Exits 3 where `run` cannot work.",
             {"python", "runs"},
             {},
             perform});
}

}  // namespace ka::cli_drawer
