#include "run/dispatch.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "codegen/author.h"
#include "process/when_all.h"
#include "run/hunt.h"
#include "run/tuning.h"

namespace ka {
namespace {

Task<Result<SubgraphOutcome>> work_on(HuntingGround& ground, const Plan& plan, int index, Semaphore& permits) {
  const Permit permit = co_await permits.acquire();
  if (!permit) co_return interrupted_error();
  EventStream& events = ground.context.events;
  KernelHunt hunt(ground, plan, index);
  if (std::optional<SubgraphOutcome> kept = hunt.kept()) co_return std::move(*kept);
  if (ground.terms.judged != DispatchTerms::Judged::kEach) {
    KA_CO_TRY(std::optional<SubgraphOutcome> unjudged, co_await hunt.take_unjudged());
    if (unjudged) co_return std::move(*unjudged);
  }
  Result<SubgraphOutcome> outcome = co_await hunt.hunt();
  const std::string id = plan.subgraphs[static_cast<size_t>(index)].id;
  if (outcome && !outcome->success) events.emit(SubgraphFailed{id, outcome->message});
  if (outcome || outcome.error().fault == Fault::kInterrupted || outcome.error().fault == Fault::kEnvironment ||
      outcome.error().fault == Fault::kSandbox)
    co_return outcome;
  // The reference of a subgraph is ours: where it fails, this subgraph has no kernel, and the others go on.
  const std::string message = outcome.error().message;
  events.emit(SubgraphFailed{id, message});
  co_return SubgraphOutcome{id, false, true, message, {}, 0, {}};
}

int jobs_for(const Config& config, size_t subgraphs) {
  if (config.jobs > 0) return config.jobs;
  // A judgement is three processes, of which one computes at a time.
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return static_cast<int>(std::clamp<size_t>(std::min<size_t>(subgraphs, cores), 1, 8));
}

/// A subgraph's candidates are judged side by side, too.
int judgements_for(const Config& config, int jobs) {
  if (config.jobs > 0) return config.jobs;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::max(jobs, std::clamp(cores / 2, 1, 8));
}

double memory_of(const Json& machine) {
  const Json* devices = find(machine, "devices");
  return devices != nullptr && devices->is_array() && !devices->empty() ? number_or(devices->front(), "memory_bytes") : 0;
}

/// What is known before the first subgraph.
Task<Result<std::unique_ptr<HuntingGround>>> look_around(RunContext& context, std::vector<Author*> authors, DispatchTerms terms,
                                                         int jobs) {
  Workshop& workshop = context.workshop;
  const Config& config = workshop.config();
  std::unique_ptr<HuntingGround> ground(
      new HuntingGround{context, std::move(authors), terms, Semaphore(workshop.loop(), judgements_for(config, jobs))});
  KA_CO_TRY(ground->has_clock, co_await workshop.has_clock());
  const auto origin = config.origin.find("tune");
  if (!ground->has_clock && config.tune != Tuning::kOff && origin != config.origin.end() && origin->second == "flag") {
    Warned warned{fmt::format("nothing can be timed on {}: the first accepted schedule is taken", workshop.platform().name)};
    context.events.emit(warned);
  }
  KA_CO_TRY(const Json machine, co_await workshop.machine());
  ground->memory_bytes = memory_of(machine);
  ground->place = place_of(workshop.platform().name, machine, kGenerator);
  if (config.cache) ground->tuned = std::make_unique<TuningCache>(config.runs / kTuningFile);
  co_return ground;
}

Status write_summary(const RunDirectory& directory, const std::vector<SubgraphOutcome>& outcomes) {
  Json list = Json::array();
  for (const SubgraphOutcome& outcome : outcomes) {
    const std::string folder = "kernels_out/" + outcome.id;
    Json row;
    row["id"] = outcome.id;
    row["success"] = outcome.success;
    if (outcome.success) {
      row["worker_id"] = outcome.kernel.author;
      row["author"] = outcome.kernel.author;
      row["judged"] = outcome.judged;
      row["rounds"] = outcome.candidates;
      row["kernel_path"] = folder + "/kernel.py";
      row["schedule"] = outcome.kernel.schedule;
      if (!outcome.tuning.is_null()) row["tuning"] = outcome.tuning;
    } else {
      row["message"] = outcome.message;
    }
    row["session_dir"] = folder;
    list.push_back(std::move(row));
  }
  return directory.write("kernels_out/summary.json", pretty(list));
}

}  // namespace

Task<Result<SubgraphOutcome>> dispatch_one(RunContext& context, const Plan& plan, int index, std::vector<Author*> authors,
                                           DispatchTerms terms) {
  Semaphore permit(context.workshop.loop(), 1);
  KA_CO_TRY(const std::unique_ptr<HuntingGround> ground, co_await look_around(context, std::move(authors), terms, 1));
  co_return co_await work_on(*ground, plan, index, permit);
}

Task<Result<std::vector<SubgraphOutcome>>> dispatch(RunContext& context, const std::vector<Plan>& plans,
                                                    std::vector<Author*> authors, DispatchTerms terms) {
  std::vector<std::pair<const Plan*, int>> unique;
  for (const Plan& plan : plans) {
    for (size_t i = 0; i < plan.subgraphs.size(); ++i)
      if (plan.subgraphs[i].representative == static_cast<int>(i)) unique.emplace_back(&plan, static_cast<int>(i));
  }
  const int jobs = jobs_for(context.workshop.config(), unique.size());
  Semaphore permits(context.workshop.loop(), jobs);
  KA_CO_TRY(const std::unique_ptr<HuntingGround> ground, co_await look_around(context, std::move(authors), terms, jobs));
  std::vector<Task<Result<SubgraphOutcome>>> tasks;
  tasks.reserve(unique.size());
  for (const auto& [plan, index] : unique) tasks.push_back(work_on(*ground, *plan, index, permits));
  std::vector<Result<SubgraphOutcome>> results = co_await when_all(std::move(tasks));
  std::vector<SubgraphOutcome> outcomes;
  for (Result<SubgraphOutcome>& result : results) {
    if (!result) co_return tl::unexpected<Error>(std::move(result).error());
    outcomes.push_back(std::move(*result));
  }
  KA_CO_CHECK_OK(write_summary(context.directory, outcomes));
  co_return outcomes;
}

}  // namespace ka
