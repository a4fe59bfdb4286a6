#include "run/launch_graph.h"

#include "base/check.h"
#include "base/text.h"
#include "run/floor.h"

namespace ka {
namespace {

constexpr std::string_view kLikeGpu = "NVIDIA H100 80GB";
constexpr double kReplaySeconds = 20e-6;  ///< checks of addresses, copies' launches, the replay itself

}  // namespace

Decision choose_launch_graph(std::string_view when, const Plan& plan, const std::vector<Kernel>& kernels, const Target& target) {
  if (target.platform != "cuda") return Decision::refuse("CUDA graphs are CUDA's");
  if (when == "never") return Decision::refuse("switched off");
  if (when == "always") return Decision::accept("asked for");
  const GpuFigures* figures = figures_of(kLikeGpu);
  KA_CHECK(figures != nullptr, "the table of GPUs has an H100");
  const Traffic traffic = traffic_of(plan, kernels);
  const Floor floor = floor_of(least_work(plan.graph), *figures);
  const double launching = static_cast<double>(traffic.launches) * figures->launch_seconds;
  const double computing = std::max(traffic.bytes / figures->bytes_per_second, floor.compute_ms / 1e3);
  const double borders = kReplaySeconds + traffic.borders / figures->bytes_per_second;
  const std::string why = fmt::format("{} take about {:.0f} us to launch, {:.0f} us to run, {:.0f} us of copies in a graph",
                                      plural(traffic.launches, "kernel"), launching * 1e6, computing * 1e6, borders * 1e6);
  return launching > computing + borders ? Decision::accept(why) : Decision::refuse(why);
}

}  // namespace ka
