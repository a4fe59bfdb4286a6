#include "run/platforms.h"

#include <array>
#include <filesystem>

#include "run/floor.h"

namespace ka {
namespace {

constexpr std::array<Platform, 4> kPlatforms = {{
    {"cuda", "cuda", false, true, true, "an NVIDIA GPU, its driver, a CUDA build of torch, triton",
     "tested on H100 80GB (sm_90), torch 2.11, Triton 3.6; other GPUs are expected to work from sm_80 on"},
    {"rocm", "cuda", false, false, false, "an AMD GPU, a ROCm build of torch and its triton",
     "untested: kernels ask for nothing by vendor, but nothing has run here yet; no timing"},
    {"xpu", "xpu", false, false, false, "an Intel GPU, an XPU build of torch and its triton",
     "untested: kernels ask for nothing by vendor, but nothing has run here yet; no timing"},
    {"cpu", "cpu", true, false, true, "torch and triton; kernels run in Triton's interpreter",
     "tested with torch 2.11 and 2.13, Triton 3.6; proves the algorithm, not the GPU program; no timing"},
}};

bool exists(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

std::span<const Platform> platforms() { return kPlatforms; }

bool is_present(const Platform& platform) {
  if (platform.name == "cuda") return exists("/dev/nvidiactl") || exists("/dev/dxg");
  if (platform.name == "rocm") return exists("/dev/kfd");
  if (platform.name == "xpu") return exists("/sys/module/xe") || exists("/sys/module/intel_vpu");
  return true;
}

Result<Platform> choose_platform(std::string_view name) {
  if (name == "auto") {
    // An Intel display adapter says nothing about an XPU build of torch, so xpu is only taken by name.
    for (const Platform& row : kPlatforms)
      if (row.name != "xpu" && is_present(row)) return row;
  }
  std::string names = "auto";
  for (const Platform& row : kPlatforms) {
    if (row.name == name) return row;
    names += fmt::format(", {}", row.name);
  }
  return fail(Fault::kInput, fmt::format("there is no platform '{}'", name), "--target-platform", "use one of " + names);
}

Target target_of(const Platform& platform, const Json& answer) {
  Target target;
  target.platform = platform.name;
  target.device = platform.device;
  if (!answer.is_object()) return target;
  const auto devices = answer.find("devices");
  if (devices == answer.end() || !devices->is_array() || devices->empty()) return target;
  const Json& first = devices->front();
  target.capability = first.value("capability", target.capability);
  target.multiprocessors = first.value("multiprocessors", target.multiprocessors);
  if (const GpuFigures* figures = figures_of(string_or(first, "name"))) {
    target.bytes_per_second = figures->bytes_per_second;
    target.launch_seconds = figures->launch_seconds;
  }
  return target;
}

}  // namespace ka
