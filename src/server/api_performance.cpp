#include "run/timing_record.h"
#include "server/api.h"
#include "server/performance.h"

namespace ka {
namespace {

/// A run that has no kernel yet has a profile that says so.
Profile profile_of(const Desk& desk, const RunDirectory& run) {
  Profile none;
  none.what = run.id();
  none.missing.emplace_back("kernels: the run has planned none");
  if (!run.has("subgraphs.json")) return none;
  Result<Profile> profile = read_profile(desk.config(), run.path().string(), "");
  if (profile) return std::move(*profile);
  none.missing.front() = profile.error().message;
  return none;
}

Reply performance(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  const Result<Json> bench = run->read_json(kTimingRecord);
  return json_reply(performance_json(profile_of(desk, *run), bench ? *bench : Json()));
}

Reply roofline(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  Reply reply;
  reply.type = "image/svg+xml";
  reply.body = roofline_svg(profile_of(desk, *run));
  if (reply.body.empty())
    return error_reply({Fault::kInput, "there is nothing to draw", run->id(), "no kernel, or a GPU that nobody has measured"},
                       404);
  return reply;
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/runs/{run}/performance", performance},
    {"GET", "/api/v1/runs/{run}/roofline.svg", roofline},
};

}  // namespace

std::span<const HttpRoute> performance_routes() { return kRoutes; }

}  // namespace ka
