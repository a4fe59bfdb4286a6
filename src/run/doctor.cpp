#include "run/doctor.h"

#include <unistd.h>

#include <filesystem>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/artifacts.h"
#include "process/control_group.h"
#include "process/loop.h"
#include "process/sandbox.h"
#include "process/subprocess.h"
#include "run/workshop.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using State = Diagnosis::State;

/// What a Python says about itself without importing anything heavy.
constexpr const char* kQuestion = R"(
import importlib.metadata as m, json, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": sys.version.split()[0], "torch": version("torch"), "triton": version("triton") or version("pytorch-triton"),
                  "numpy": version("numpy")}))
)";

/// Runs a short command with our own PATH; nothing where it fails.
std::optional<std::string> output_of(std::vector<std::string> arguments) {
  Loop loop;
  CommandOptions options;
  options.spawn.arguments = std::move(arguments);
  for (const char* kept : {"PATH", "HOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYENV_ROOT", "PYENV_VERSION"})
    if (const auto value = get_env(kept)) options.spawn.environment.push_back(fmt::format("{}={}", kept, *value));
  options.timeout = 30s;
  const Result<CommandOutput> output = loop.run(run_command(loop, std::move(options)));
  if (!output || !output->ending.ok()) return std::nullopt;
  return std::string(trim(output->out));
}

Diagnosis package(const std::string& name, const Json& answer, const Config& config) {
  const std::string version = string_or(answer, name);
  if (!version.empty()) return {name, State::kThere, version, {}, {}};
  return {name, State::kMissing, fmt::format("{} has none", config.python), "nothing can be traced, run or judged",
          fmt::format("{} -m pip install {}, or choose another Python with --python or KERNELAGENT_PYTHON", config.python, name)};
}

void examine_python(const Config& config, std::vector<Diagnosis>& findings) {
  const auto text = output_of({config.python, "-c", kQuestion});
  const Result<Json> answer = text ? parse_json(*text, config.python) : Result<Json>(Json());
  if (!text || !answer) {
    findings.push_back({"python", State::kMissing, fmt::format("{} does not run", config.python),
                        "nothing can be traced, run or judged",
                        "choose one with --python PATH or KERNELAGENT_PYTHON, or run ./dev build in the source tree"});
    return;
  }
  findings.push_back({"python",
                      State::kThere,
                      fmt::format("{} ({}, {})", config.python, string_or(*answer, "python"), config.origin.at("python")),
                      {},
                      {}});
  findings.push_back(package("torch", *answer, config));
  findings.push_back(package("triton", *answer, config));
}

void examine_devices(const Config& config, const std::vector<Diagnosis>& so_far, std::vector<Diagnosis>& findings) {
  const std::string cost =
      "kernels run in Triton's interpreter: slow, nothing is timed, and the GPU program itself is not proved";
  const Result<Platform> gpu = choose_platform("auto");
  if (!gpu || gpu->interpret) {
    findings.push_back(
        {"GPU", State::kOptional, "no device node", cost, "run on a machine with an NVIDIA GPU for real kernels and timing"});
    return;
  }
  for (const Diagnosis& finding : so_far)
    if (finding.state == State::kMissing) return;  // cannot ask torch
  Config asked = config;
  asked.platform = gpu->name;
  const Result<std::unique_ptr<Workshop>> workshop = Workshop::open(asked);
  if (!workshop) return;
  const Result<Json> machine = (*workshop)->run((*workshop)->machine());
  if (!machine) {
    findings.push_back({"GPU", State::kOptional, machine.error().message, cost, machine.error().hint});
    return;
  }
  std::vector<std::string> names;
  for (const Json& device : machine->at("devices")) names.push_back(string_or(device, "name", "a device"));
  findings.push_back({"GPU", State::kThere, fmt::format("{} ({})", join(names, ", "), gpu->name), {}, {}});
}

void examine_tools(std::vector<Diagnosis>& findings) {
  Loop loop;
  const Sandbox sandbox = loop.run(probe_sandbox(loop));
  if (sandbox.level == SandboxLevel::kBubblewrap) {
    findings.push_back(
        {"sandbox", State::kThere, "bubblewrap: workers have no network and see only what Python needs of your disk", {}, {}});
  } else {
    findings.push_back({"sandbox", State::kOptional, sandbox.reason,
                        "candidates run with caps and a system call filter, but see your files: judge only code that you trust",
                        sandbox.fix});
  }
  if (const Result<fs::path> groups = find_control_groups()) {
    findings.push_back(
        {"limits", State::kThere, fmt::format("control groups in {} hold memory and processes", groups->string()), {}, {}});
  } else {
    findings.push_back({"limits", State::kOptional, groups.error().message,
                        "workers' memory and processes are watched, ten times a second, instead of held by the kernel",
                        "as a user: systemd-run --user --scope -p Delegate=yes kernelagent …"});
  }
  if (const Result<std::string> picture = plan_svg(Plan{})) {
    findings.push_back({"graphviz", State::kThere, "draws plan.svg", {}, {}});
  } else {
    findings.push_back({"graphviz", State::kOptional, picture.error().message,
                        "a run has no plan.svg; plan.txt says the same in words", "apt-get install graphviz"});
  }
}

void examine_runs(const Config& config, std::vector<Diagnosis>& findings) {
  fs::path place = absolute_path(config.runs);
  while (!is_dir(place) && place.has_relative_path()) place = place.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(place, error);
  const std::string room = error ? "" : fmt::format(", {} free", human_bytes(space.available));
  if (access(place.c_str(), W_OK) != 0) {
    findings.push_back({"runs folder", State::kMissing, config.runs.string() + " cannot be written",
                        "a run has nowhere to leave its files", "choose another folder with --runs or KERNELAGENT_RUNS"});
  } else if (!error && space.available < (uint64_t{64} << 20)) {
    findings.push_back(
        {"runs folder", State::kMissing, config.runs.string() + room, "a run needs room for its files", "free some space"});
  } else {
    findings.push_back({"runs folder", State::kThere, config.runs.string() + room, {}, {}});
  }
}

}  // namespace

std::vector<Diagnosis> examine(const Config& config) {
  std::vector<Diagnosis> findings;
  if (is_file(config.worker / "kernelagent_worker/__main__.py")) {
    findings.push_back({"worker", State::kThere, config.worker.string(), {}, {}});
  } else {
    findings.push_back(
        {"worker", State::kMissing, config.worker.empty() ? "not found" : config.worker.string() + " has no kernelagent_worker/",
         "nothing can be traced, run or judged", "set KERNELAGENT_WORKER to the folder that holds kernelagent_worker/"});
  }
  examine_python(config, findings);
  std::vector<Diagnosis> devices;
  examine_devices(config, findings, devices);
  findings.insert(findings.end(), devices.begin(), devices.end());
  examine_tools(findings);
  examine_runs(config, findings);
  return findings;
}

bool can_run(const std::vector<Diagnosis>& findings) {
  for (const Diagnosis& finding : findings)
    if (finding.state == State::kMissing) return false;
  return true;
}

Json to_json(const Diagnosis& finding) {
  Json json;
  json["name"] = finding.name;
  json["state"] = finding.state == State::kThere ? "there" : finding.state == State::kMissing ? "missing" : "absent";
  json["found"] = finding.found;
  if (!finding.cost.empty()) json["cost"] = finding.cost;
  if (!finding.fix.empty()) json["fix"] = finding.fix;
  return json;
}

}  // namespace ka
