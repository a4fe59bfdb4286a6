#include "run/profile.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "run/platforms.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

constexpr int kUsualCapability = 90;  ///< what a machine without a GPU compiles for

LaunchProfile described(const Launch& launch) {
  LaunchProfile profile;
  profile.entry = launch.entry;
  profile.grid = launch.grid;
  profile.warps = launch.num_warps;
  profile.stages = launch.num_stages;
  return profile;
}

double bytes_of(const Kernel& kernel) {
  double bytes = 0;
  for (const Buffer& buffer : kernel.buffers) bytes += static_cast<double>(buffer.type.bytes());
  return bytes;
}

Result<Kernel> read_kernel(const std::filesystem::path& file) {
  KA_TRY(const std::string text, read_file(file));
  KA_TRY(const Json json, parse_json(text, file.string()));
  return kernel_from_json(json);
}

KernelProfile described(const Kernel& kernel) {
  KernelProfile profile;
  profile.title = kernel.summary;
  profile.author = kernel.author;
  profile.schedule = kernel.schedule;
  profile.work.bytes = bytes_of(kernel);
  for (const Launch& launch : kernel.launches) profile.launches.push_back(described(launch));
  profile.kernel = kernel;
  return profile;
}

/// The time of each subgraph's kernel, as the run measured it last.
std::map<std::string, double> times_of(const RunDirectory& run) {
  std::map<std::string, double> times;
  const Result<std::vector<TimedEvent>> events = read_events(run);
  if (!events) return times;
  for (const TimedEvent& timed : *events)
    if (const auto* chosen = std::get_if<KernelChosen>(&timed.event)) times[chosen->subgraph] = chosen->milliseconds;
  return times;
}

std::string gpu_of(const RunDirectory& run) {
  const Result<Json> certificate = run.read_json("compose_out/certificate.json");
  const Json* machine = certificate ? find(*certificate, "machine") : nullptr;
  const Json* gpu = machine == nullptr ? nullptr : find(*machine, "gpu");
  if (gpu == nullptr) return {};
  return gpu->is_string() ? gpu->get<std::string>() : string_or(*gpu, "name");
}

Result<Profile> profile_of_run(const RunDirectory& run, const std::string& subgraph) {
  Profile profile;
  profile.what = run.id();
  profile.gpu = gpu_of(run);
  KA_TRY(const Json subgraphs, run.read_json("subgraphs.json"));
  const std::map<std::string, double> times = times_of(run);
  for (const Json& one : subgraphs) {
    const std::string id = string_or(one, "id");
    if (!subgraph.empty() && id != subgraph) continue;
    const std::string file = fmt::format("kernels_out/{}/kernel.json", id);
    if (!run.has(file)) {
      profile.missing.push_back(fmt::format("{} has no accepted kernel", id));
      continue;
    }
    KA_TRY(const Kernel kernel, read_kernel(run.file(file)));
    KernelProfile mine = described(kernel);
    mine.id = id;
    mine.title = string_or(one, "title");
    mine.count = int_or(one, "count", 1);
    mine.work.flops = number_or(one, "flops");
    if (const auto time = times.find(id); time != times.end()) mine.milliseconds = time->second;
    profile.kernels.push_back(std::move(mine));
  }
  if (profile.kernels.empty())
    return fail(Fault::kInput, subgraph.empty() ? "this run has no kernel" : fmt::format("this run has no kernel '{}'", subgraph),
                run.path().string(), "`kernelagent show RUN plan` lists its subgraphs");
  if (std::all_of(profile.kernels.begin(), profile.kernels.end(), [](const KernelProfile& one) { return one.milliseconds == 0; }))
    profile.missing.emplace_back("times: the run timed no kernel (without a GPU, or taken from the cache)");
  else if (figures_of(profile.gpu) == nullptr)
    profile.missing.push_back(fmt::format("floors: nobody has measured the bandwidth of '{}'", profile.gpu));
  return profile;
}

/// Takes what the worker says of the launches, which come in order, one result each.
void take_results(const Json& answer, int capability, KernelProfile& kernel) {
  const Json* results = find(answer, "results");
  for (size_t i = 0; i < kernel.launches.size(); ++i) {
    LaunchProfile& launch = kernel.launches[i];
    const Json* result = results != nullptr && results->is_array() && i < results->size() ? &results->at(i) : nullptr;
    launch.failure = result == nullptr ? "the worker said nothing about it" : string_or(*result, "error");
    if (result == nullptr || !result->contains("registers")) continue;
    launch.registers = int_or(*result, "registers");
    launch.shared_bytes = int_or(*result, "shared_bytes");
    launch.spill_bytes = int_or(*result, "spill_bytes");
    launch.occupancy = occupancy_of({launch.registers, launch.shared_bytes, launch.warps}, capability);
  }
}

Task<Status> compile_all(Workshop& workshop, Profile& profile, bool has_gpu) {
  profile.capability = kUsualCapability;
  if (has_gpu) {
    KA_CO_TRY(const Target target, co_await workshop.target());
    profile.capability = target.capability;
  }
  WorkerPool& pool = workshop.pool();
  KA_CO_TRY(const std::unique_ptr<WorkerSession> session, co_await pool.open(WorkerRole::kInspect));
  for (KernelProfile& kernel : profile.kernels) {
    if (kernel.launches.empty()) {
      profile.missing.push_back(fmt::format("{}: its author wrote a whole module, whose launches are not listed", kernel.id));
      continue;
    }
    Json request;
    request["request"] = "compile";
    request["kernel"] = to_json(kernel.kernel);
    request["targets"].push_back(profile.capability);
    KA_CO_TRY(const Json answer, co_await session->call(std::move(request), 300s));
    take_results(answer, profile.capability, kernel);
  }
  co_return Status();
}

}  // namespace

Result<Profile> read_profile(const Config& config, const std::string& what, const std::string& subgraph) {
  if (!is_file(what)) {
    KA_TRY(const RunDirectory run, RunDirectory::open(config.runs, what));
    return profile_of_run(run, subgraph);
  }
  KA_TRY(const Kernel kernel, read_kernel(what));
  Profile profile;
  profile.what = what;
  profile.kernels.push_back(described(kernel));
  profile.kernels.back().id = kernel.name;
  profile.missing.emplace_back("times and FLOPs: they are known of a run's kernels only");
  return profile;
}

Status compile_profile(Config config, Profile& profile) {
  KA_TRY(const Platform cuda, choose_platform("cuda"));
  const bool has_gpu = is_present(cuda);
  config.platform = "cuda";
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  return workshop->run(compile_all(*workshop, profile, has_gpu));
}

}  // namespace ka
