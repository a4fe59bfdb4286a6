#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "judge/race.h"

namespace ka {
namespace {

constexpr double kTurnMs =
    60;  ///< how long one contender runs before the next has its turn: event times are checked over this much
constexpr int kQuietCalls = 300;  ///< of nothing, to learn what a turn takes beside its calls
constexpr int kQuietTurns = 5;
constexpr int kFirstCalls = 3;       ///< of a contender; four times as many until they fill a good part of a turn
constexpr int kIdleCalls = 100;      ///< of nothing in every round
constexpr double kDisturbed = 1.25;  ///< calls of nothing take this much longer where others use the GPU
constexpr int kChecks = 4;           ///< rounds whose values are fresh and whose results are looked at
constexpr int kHeat = 2;             ///< rounds before the slower half of several candidates leaves

/// The times of a turn, as its contender's process reports them; nothing where they are no times.
std::vector<double> calls_in(const Json& reply) {
  std::vector<double> calls;
  const Json* list = find(reply, "calls_ms");
  if (list == nullptr || !list->is_array()) return calls;
  for (const Json& one : *list) {
    if (!one.is_number() || !(one.get<double>() > 0) || !std::isfinite(one.get<double>())) return {};
    calls.push_back(one.get<double>());
  }
  return calls;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// A turn's calls, and a random few more, so that a contender cannot know which call is the last.
int calls_of_turn(double call_ms, double cycle_ms, std::mt19937& random) {
  return calls_per_turn(call_ms + cycle_ms, kTurnMs) + static_cast<int>(random() % 3);
}

}  // namespace

Task<Result<double>> Race::idle(int calls) {
  std::vector<std::string> groups;
  groups.reserve(static_cast<size_t>(sets_));
  for (int set = 0; set < sets_; ++set) groups.push_back(fmt::format("inputs{}", set));
  const Stopwatch watch;
  KA_CO_TRY(const Json clocks, co_await compare_->idle(calls, std::move(groups)));
  const double each_ms = watch.seconds() * 1e3 / calls;
  note_clocks(clocks);
  co_return each_ms;
}

Task<Status> Race::calibrate() {
  std::vector<double> quiet;
  for (int turn = 0; turn < kQuietTurns; ++turn) {
    KA_CO_TRY(const double each_ms, co_await idle(kQuietCalls));
    quiet.push_back(each_ms);
  }
  cycle_ms_ = median(std::move(quiet));
  for (size_t index = 0; index < runners_.size(); ++index) {
    Runner& runner = runners_[index];
    KA_CO_CHECK_OK(co_await turn(index, kFirstCalls));  // loads what first calls load
    for (int calls = kFirstCalls; runner.party != nullptr; calls *= 4) {
      runner.turns.clear();
      KA_CO_CHECK_OK(co_await turn(index, calls));
      const ClockCheck about = check_clock(runner.turns, cycle_ms_);
      runner.call_ms = std::max(about.events_ms, about.wall_ms);
      if (runner.turns.empty() || runner.turns.back().wall_ms > kTurnMs / 4) break;
    }
    runner.turns.clear();
  }
  co_return Status();
}

Task<Status> Race::turn(size_t index, int calls) {
  if (runners_[index].party == nullptr) co_return Status();
  Json request = make_request("time", Json{{"calls", calls}});
  const Stopwatch watch;
  Result<Json> reply = co_await runners_[index].party->need(std::move(request));
  const double wall_ms = watch.seconds() * 1e3;
  Runner& runner = runners_[index];
  if (!reply) co_return drop(runner, std::move(reply).error());
  Turn done{calls_in(*reply), wall_ms};
  if (done.calls_ms.size() != static_cast<size_t>(calls)) {
    co_return drop(runner, Error{Fault::kInput, "its process reports times that are none", {}, {}});
  }
  runner.turns.push_back(std::move(done));
  co_return Status();
}

Task<Status> Race::take_turns() {
  const int last_heat = kHeat * heats();
  const int rounds = std::max({kLeastTurns, static_cast<int>(request_.seconds * 1000 / kTurnMs), last_heat + kHeat});
  checked_rounds_.insert(0);
  while (checked_rounds_.size() < kChecks) checked_rounds_.insert(static_cast<int>(random_() % static_cast<unsigned>(rounds)));
  for (int round = 0; round < rounds; ++round) {
    const bool checked = checked_rounds_.contains(round);
    if (checked) {
      KA_CO_CHECK_OK(co_await fill(static_cast<int64_t>(random_() >> 1)));
    }
    KA_CO_TRY(const double each_ms, co_await idle(kIdleCalls));
    idle_ms_.push_back(each_ms);
    for (size_t place = 0; place < runners_.size(); ++place) {
      const size_t index = (place + static_cast<size_t>(round)) % runners_.size();
      const int calls = calls_of_turn(runners_[index].call_ms, cycle_ms_, random_);
      KA_CO_CHECK_OK(co_await turn(index, calls));
      if (runners_[index].is_candidate() && checked) {
        KA_CO_CHECK_OK(co_await compare_results(index, std::nullopt, (calls - 1) % sets_));
      }
    }
    if ((round + 1) % kHeat == 0 && round + 1 <= last_heat) halve();
  }
  co_return Status();
}

std::vector<size_t> Race::candidates() const {
  std::vector<size_t> running;
  for (size_t index = 0; index < runners_.size(); ++index)
    if (runners_[index].is_candidate() && runners_[index].party != nullptr) running.push_back(index);
  return running;
}

int Race::heats() const {
  int count = 0;
  for (size_t left = candidates().size(); left > 2; left = (left + 1) / 2) ++count;
  return count;
}

void Race::halve() {
  std::vector<size_t> running = candidates();
  if (running.size() <= 2) return;
  std::stable_sort(running.begin(), running.end(),
                   [&](size_t a, size_t b) { return time_of(runners_[a]).time.median_ms < time_of(runners_[b]).time.median_ms; });
  for (size_t place = (running.size() + 1) / 2; place < running.size(); ++place) {
    runners_[running[place]].party = nullptr;
    runners_[running[place]].process.reset();
  }
}

ContenderTime Race::time_of(const Runner& runner) const {
  ContenderTime time;
  time.name = runner.name;
  time.failure = runner.failure;
  if (!time.failure.empty()) return time;
  time.clock = check_clock(runner.turns, cycle_ms_);
  time.time = scaled(summarize(runner.turns), time.clock.factor());
  if (!time.clock.agree)
    time.note = fmt::format("its events say {:.4g} ms a call, our clock {:.4g} ms: the slower counts", time.clock.events_ms,
                            time.clock.wall_ms);
  return time;
}

void Race::note_clocks(const Json& clocks) {
  for (const char* key : {"sm_mhz", "memory_mhz"}) {
    const int64_t now = int_or(clocks, key);
    if (now <= 0) continue;
    Json& range = clocks_[key];
    if (range.is_null()) range = Json{now, now};
    range[0] = std::min(range[0].get<int64_t>(), now);
    range[1] = std::max(range[1].get<int64_t>(), now);
  }
  const Json* reasons = find(clocks, "held_back_by");
  if (reasons == nullptr || !reasons->is_array()) return;
  Json& all = clocks_["held_back_by"];
  if (all.is_null()) all = Json::array();
  for (const Json& reason : *reasons) {
    if (std::find(all.begin(), all.end(), reason) == all.end()) all.push_back(reason);
  }
}

void Race::conclude() {
  times_.candidate = time_of(runners_.front());
  for (size_t index = 1; index < runners_.size(); ++index)
    (runners_[index].is_candidate() ? times_.rivals : times_.baselines).push_back(time_of(runners_[index]));
  Json& conditions = times_.conditions = Json::object();
  conditions["inputs"] = fmt::format(
      "{} {} of own values; two elements of each tensor change places before every call; fresh values before {} of {} rounds",
      sets_, sets_ == 1 ? "set" : "sets in turn", checked_rounds_.size(), idle_ms_.size());
  conditions["flush"] = "256 MiB before every call";
  conditions["interval"] = "95 % of the median, order statistics of the turns' medians";
  conditions["turn_ms"] = kTurnMs;
  conditions["cycle_ms"] = cycle_ms_;
  conditions["results"] = drifts() ? "not looked at: the program draws random numbers or writes to its state"
                                   : fmt::format("those of the last call of {} turns were looked at", checked_);
  conditions["clocks"] = clocks_;
  if (const double busy = median(idle_ms_); busy > kDisturbed * cycle_ms_)
    conditions["disturbed"] = fmt::format(
        "calls of nothing took {:.4g} ms between turns and {:.4g} ms before: something else used the GPU", busy, cycle_ms_);
}

}  // namespace ka
