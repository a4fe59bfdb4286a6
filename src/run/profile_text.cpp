#include "base/text.h"
#include "run/profile.h"

namespace ka {
namespace {

Json to_json(const LaunchProfile& launch) {
  Json json = {{"entry", launch.entry}, {"grid", launch.grid}, {"warps", launch.warps}, {"stages", launch.stages}};
  if (!launch.failure.empty()) {
    json["failure"] = launch.failure;
    return json;
  }
  json["registers"] = launch.registers;
  json["shared_bytes"] = launch.shared_bytes;
  json["spill_bytes"] = launch.spill_bytes;
  if (launch.occupancy)
    json["occupancy"] = {{"share", launch.occupancy->share},
                         {"programs_per_multiprocessor", launch.occupancy->programs},
                         {"limited_by", launch.occupancy->limited_by}};
  return json;
}

std::optional<Floor> floor_of(const Profile& profile, const KernelProfile& kernel) {
  const GpuFigures* figures = figures_of(profile.gpu);
  if (figures == nullptr) return std::nullopt;
  return floor_of(kernel.work, *figures);
}

std::string launch_text(const LaunchProfile& launch, int capability) {
  std::string text = fmt::format("    {}[{}]  {}, {}\n", launch.entry, join(launch.grid, ", "), plural(launch.warps, "warp"),
                                 plural(launch.stages, "stage"));
  if (!launch.failure.empty()) return text + fmt::format("      does not compile for sm_{}: {}\n", capability, launch.failure);
  text += fmt::format(
      "      sm_{}: {}, {} of shared memory, {}", capability, plural(launch.registers, "register"),
      human_bytes(static_cast<uint64_t>(launch.shared_bytes)),
      launch.spill_bytes == 0 ? "no spills" : fmt::format("{} spilled", human_bytes(static_cast<uint64_t>(launch.spill_bytes))));
  if (launch.occupancy)
    text += fmt::format("; occupancy {:.0f} %, {} a multiprocessor, limited by {}", 100 * launch.occupancy->share,
                        plural(launch.occupancy->programs, "program"), launch.occupancy->limited_by);
  return text + "\n";
}

}  // namespace

Json to_json(const Profile& profile) {
  Json json;
  json["what"] = profile.what;
  json["gpu"] = profile.gpu;
  json["target"] = profile.capability;
  json["kernels"] = Json::array();
  for (const KernelProfile& kernel : profile.kernels) {
    Json one = {{"id", kernel.id},
                {"title", kernel.title},
                {"author", kernel.author},
                {"schedule", kernel.schedule},
                {"count", kernel.count},
                {"bytes", kernel.work.bytes},
                {"flops", kernel.work.flops},
                {"milliseconds", kernel.milliseconds}};
    if (const std::optional<Floor> floor = floor_of(profile, kernel)) one["floor_ms"] = floor->ms();
    one["launches"] = Json::array();
    for (const LaunchProfile& launch : kernel.launches) one["launches"].push_back(to_json(launch));
    json["kernels"].push_back(std::move(one));
  }
  json["missing"] = profile.missing;
  return json;
}

std::string profile_text(const Profile& profile) {
  std::string text = profile.what + (profile.gpu.empty() ? "" : ", timed on " + profile.gpu) + "\n";
  for (const KernelProfile& kernel : profile.kernels) {
    text += fmt::format("\n  {}  {}, by {}{}\n", kernel.id, kernel.title, kernel.author,
                        kernel.count > 1 ? fmt::format(", called from {} places", kernel.count) : "");
    text += fmt::format("    moves {} at the least{}\n", human_bytes(static_cast<uint64_t>(kernel.work.bytes)),
                        kernel.work.flops > 0 ? fmt::format(", {:.3g} MFLOP", kernel.work.flops / 1e6) : "");
    if (const std::optional<Floor> floor = floor_of(profile, kernel); floor && kernel.milliseconds > 0)
      text += fmt::format("    {:.3g} ms; floor {:.3g} ms ({}), {:.0f} % of it\n", kernel.milliseconds, floor->ms(),
                          floor->is_memory_bound() ? "memory" : "arithmetic", 100 * floor->ms() / kernel.milliseconds);
    else if (kernel.milliseconds > 0)
      text += fmt::format("    {:.3g} ms\n", kernel.milliseconds);
    for (const LaunchProfile& launch : kernel.launches) text += launch_text(launch, profile.capability);
  }
  for (const std::string& missing : profile.missing) text += fmt::format("\n  missing: {}", missing);
  return text + (profile.missing.empty() ? "" : "\n");
}

}  // namespace ka
