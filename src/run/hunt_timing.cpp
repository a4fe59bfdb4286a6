#include <algorithm>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/hunt.h"
#include "tune/contest.h"

namespace ka {
namespace {

constexpr double kTimedCopies = 3;  ///< results of two calls, and what lies between a kernel's launches; inputs are shared
constexpr size_t kMostAtOnce = 16;
constexpr double kShareOfMemory = 0.5;
constexpr double kSeconds = 0.2;  ///< of turns for each, at least

double slower(double milliseconds) { return milliseconds > 0 ? milliseconds : 1e30; }  // untimed ones stay behind timed ones

}  // namespace

size_t KernelHunt::at_once(double copies) const {
  double bytes = 0;
  for (const ValueId value : subgraph_.inputs) bytes += static_cast<double>(plan_.graph.type(value).bytes());
  for (const ValueId value : subgraph_.outputs) bytes += static_cast<double>(plan_.graph.type(value).bytes());
  if (ground_.memory_bytes <= 0 || bytes <= 0) return kMostAtOnce;
  return static_cast<size_t>(std::clamp(kShareOfMemory * ground_.memory_bytes / (copies * bytes), 1.0, double{kMostAtOnce}));
}

Task<Status> KernelHunt::time_accepted() {
  if (accepted_.size() < 2 || !ground_.has_clock) co_return Status();
  std::vector<size_t> contestants;
  for (size_t i = 0; i < accepted_.size(); ++i)
    if (accepted_[i].milliseconds == 0) contestants.push_back(i);
  if (contestants.empty()) co_return Status();
  // The fastest of those that were timed before stands for them all.
  const auto faster = [](const Accepted& a, const Accepted& b) { return slower(a.milliseconds) < slower(b.milliseconds); };
  const auto champion = std::min_element(accepted_.begin(), accepted_.end(), faster);
  if (champion->milliseconds > 0) contestants.push_back(static_cast<size_t>(champion - accepted_.begin()));

  const Stopwatch watch;
  Contest contest;
  contest.request.problem = absolute_path(context_.directory.file(folder_ + "/problem.py"));
  contest.request.device = target_.device;
  contest.request.gpu = target_.gpu;
  contest.request.mode = context_.workshop.config().mode;
  contest.request.seconds = kSeconds;
  EventStream* const events = &context_.events;
  contest.request.progress = [events, id = subgraph_.id, count = contestants.size()](const std::string& step) {
    events->emit(Progressed{"write", fmt::format("{}: timing {} schedules: {}", id, count, step)});
  };
  contest.at_once = at_once(kTimedCopies);
  for (const size_t i : contestants) contest.candidates.push_back(absolute_path(context_.directory.file(accepted_[i].file)));
  WorkerPool& pool = context_.workshop.pool();
  KA_CO_TRY(const std::vector<ContenderTime> times, co_await time_candidates(pool, std::move(contest)));
  for (size_t c = 0; c < contestants.size(); ++c) {
    Accepted& entry = accepted_[contestants[c]];
    if (!times[c].timed()) {
      log_warning("{} candidate {} was not timed: {}", subgraph_.id, entry.number, times[c].failure);
      continue;
    }
    entry.milliseconds = times[c].time.median_ms;
    for (Tried& tried : tried_)
      if (tried.number == entry.number) tried.milliseconds = entry.milliseconds;
    context_.events.emit(
        CandidateTimed{subgraph_.id, entry.kernel.schedule, entry.number, times[c].time.turns, entry.milliseconds});
    remember(key_of(sha256(compact(to_json(entry.kernel)))), entry);
  }
  timing_seconds_ += watch.seconds();
  // Ties stay in the author's order.
  std::stable_sort(accepted_.begin(), accepted_.end(), faster);
  co_return Status();
}

std::optional<FoundTuning> KernelHunt::remembered() const {
  if (ground_.tuned == nullptr) return std::nullopt;
  std::optional<FoundTuning> found = ground_.tuned->find(subgraph_.signature, ground_.place);
  if (found && ground_.has_clock && found->entry.depth < context_.workshop.config().tune) return std::nullopt;
  return found;
}

TuningEntry KernelHunt::entry_for(const Accepted& best) const {
  TuningEntry entry{subgraph_.signature,
                    ground_.place,
                    subgraph_.title,
                    context_.workshop.config().tune,
                    best.kernel.schedule,
                    best.milliseconds,
                    {},
                    utc_timestamp()};
  for (const Tried& tried : tried_)
    if (tried.author == best.kernel.author && tried.number != best.number)
      entry.others.push_back({tried.schedule, tried.verdict, tried.milliseconds});
  return entry;
}

Status KernelHunt::settle_tuning() {
  std::sort(tried_.begin(), tried_.end(), [](const Tried& a, const Tried& b) { return a.number < b.number; });
  const auto best =
      std::find_if(accepted_.begin(), accepted_.end(), [](const Accepted& one) { return one.kernel.author == "codegen"; });
  if (best == accepted_.end()) return {};
  const auto is_mine = [](const Tried& tried) { return tried.author == "codegen"; };
  const bool is_known = known_ && best->kernel.schedule == known_->entry.schedule;
  const auto judged = std::count_if(tried_.begin(), tried_.end(), is_mine);
  if (!is_known && (judged < 2 || !ground_.has_clock)) return {};  // there was nothing to choose from
  SubgraphTuned event;
  event.subgraph = subgraph_.id, event.schedule = best->kernel.schedule;
  event.judged = judged, event.milliseconds = best->milliseconds, event.seconds = timing_seconds_;
  Json candidates = Json::array();
  for (const Tried& tried : tried_) {
    event.timed += tried.milliseconds > 0 && is_mine(tried);
    if (event.first_ms == 0 && is_mine(tried)) event.first_ms = tried.milliseconds;
    candidates.push_back({{"number", tried.number},
                          {"author", tried.author},
                          {"schedule", tried.schedule},
                          {"predicted_ms", tried.predicted_ms},
                          {"verdict", tried.verdict},
                          {"milliseconds", tried.milliseconds}});
  }
  event.how = is_known ? "remembered" : event.timed > 0 ? "timed" : "alone";
  if (is_known) event.source = known_->source;
  if (is_known && event.milliseconds == 0) event.milliseconds = known_->entry.milliseconds;
  tuning_ = to_json(event);
  tuning_.erase("event");
  Json told = tuning_;
  told["candidates"] = std::move(candidates);
  KA_CHECK_OK(context_.directory.write(folder_ + "/tuning.json", pretty(told)));
  context_.events.emit(event);
  if (is_known || ground_.tuned == nullptr || !may_round() || context_.workshop.config().tune == Tuning::kOff) return {};
  if (const Status kept = ground_.tuned->keep(entry_for(*best)); !kept) log_warning("{}", kept.error().message);
  return {};
}

}  // namespace ka
