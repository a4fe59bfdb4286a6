#include "suite/conduct.h"

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "run/workshop.h"

namespace ka {
namespace {

Result<Sitting> prepare(const Suite& suite, const Site& site, const SittingRequest& request) {
  Sitting sitting;
  sitting.settings = site.settings;
  sitting.config = site.config;
  sitting.program = exe_path();
  sitting.folder = site.folder;
  sitting.timing = site.platform.timing;
  sitting.limit = request.limit;
  if (const Json* devices = find(site.machine, "devices"); devices != nullptr && devices->is_array())
    for (const Json& device : *devices) sitting.names.push_back(string_or(device, "name"));
  if (!request.gpus.empty()) sitting.gpus = request.gpus;
  for (const int gpu : sitting.gpus)
    if (gpu != 0 && static_cast<size_t>(gpu) >= sitting.names.size())
      return fail(Fault::kInput, fmt::format("there is no GPU {}", gpu), "--gpus",
                  fmt::format("this machine shows {} of them", sitting.names.size()));
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int fitting = site.platform.interpret ? std::max(1, cores / 4) : 2 * static_cast<int>(sitting.gpus.size());
  sitting.jobs = request.jobs > 0 ? request.jobs : fitting;
  if (!suite.order().baselines.empty()) {
    KA_TRY(sitting.baselines, read_baselines(suite.order().baselines));
  }
  return sitting;
}

/// As if it had never been looked at.
void forget(SuiteRow& row) {
  SuiteRow fresh;
  fresh.problem = row.problem;
  fresh.path = row.path;
  row = std::move(fresh);
}

}  // namespace

Result<Site> look_over(const Overrides& settings, const Overrides& flags, const std::filesystem::path& folder) {
  Site site;
  site.settings = flags;
  site.settings.insert(settings.begin(), settings.end());
  KA_TRY(site.config, load_config(site.settings, folder));
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(site.config));
  site.platform = workshop->platform();
  KA_TRY(site.machine, workshop->run(workshop->machine()));
  site.folder = folder;
  return site;
}

Status conduct(Suite& suite, const Site& site, const SittingRequest& request, const SuiteAudience& audience) {
  KA_TRY(const Sitting sitting, prepare(suite, site, request));
  for (SuiteRow& row : suite.rows())
    if (request.retry && row.judged && !row.accepted()) forget(row);
  Loop loop;
  loop.stop_on_signals();
  const Status worked = loop.run(work_on(loop, suite, sitting, audience));
  KA_CHECK_OK(suite.report());
  return worked;
}

}  // namespace ka
