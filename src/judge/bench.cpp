#include <algorithm>
#include <array>

#include "base/file.h"
#include "judge/comparer.h"
#include "judge/facts.h"
#include "judge/judge.h"
#include "judge/numerics.h"
#include "judge/timing.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

constexpr double kTurnMs = 100;                      ///< how long one contender runs before the next has its turn
constexpr double kFlushMs = 0.2;                     ///< what flushing the cache adds to every call
constexpr int64_t kRotatedBytes = int64_t{4} << 30;  ///< up to here inputs exist three times, and calls go through them in turn
constexpr int64_t kInputSeed = 42;
constexpr double kSaneDistance = 2e-2;  ///< timed results differ by less, relative to their size: a sanity check only

/// One contender: which process runs it, under which name.
struct Contender {
  std::string name;
  Party* party = nullptr;
  std::vector<double> samples_ms;
  double call_ms = 0;
};

/// Times the problem and the candidate in two processes that take turns on one GPU.
class Stopwatches {
 public:
  Stopwatches(WorkerPool& pool, BenchRequest request)
      : pool_(pool), request_(std::move(request)), deadline_(after(std::chrono::minutes(20))) {}

  Task<Result<BenchTimes>> run() {
    KA_CO_CHECK_OK(co_await open());
    KA_CO_CHECK_OK(co_await load());
    KA_CO_CHECK_OK(co_await share());
    contenders_.push_back({"candidate", candidate_.get(), {}, 0});
    contenders_.push_back({"eager", problem_.get(), {}, 0});
    KA_CO_CHECK_OK(co_await prepare(0));
    KA_CO_CHECK_OK(co_await prepare(1));
    if (request_.compile) {
      contenders_.push_back({"compile", problem_.get(), {}, 0});
      const Status compiled = co_await prepare(2);
      if (!compiled) {
        times_.details["compile_error"] = compiled.error().message;
        contenders_.pop_back();
      }
    }
    KA_CO_CHECK_OK(co_await take_turns());
    KA_CO_CHECK_OK(co_await check_results());
    co_return summary();
  }

 private:
  Task<Status> open() {
    KA_CO_TRY(auto comparing, co_await open_party(pool_, WorkerRole::kCompare, deadline_));
    KA_CO_TRY(problem_, co_await open_party(pool_, WorkerRole::kBench, deadline_));
    KA_CO_TRY(candidate_, co_await open_party(pool_, WorkerRole::kBench, deadline_));
    compare_ = std::make_unique<Comparer>(std::move(comparing));
    times_.details = Json::object();
    co_return Status();
  }

  Task<Status> load() {
    Json load = load_problem_request(request_.problem, request_.device, request_.mode);
    load["side"] = "reference";
    KA_CO_TRY(const Json reply, co_await problem_->need(std::move(load)));
    KA_CO_TRY(facts_, read_facts(reply));
    Json other = load_candidate_request(request_.candidate, request_.device, request_.mode, facts_);
    other["side"] = "candidate";
    other["source"] = packed_source(request_.candidate);
    KA_CO_CHECK_OK(co_await candidate_->need(std::move(other)));
    sets_ = facts_.input_bytes * 3 <= kRotatedBytes ? 3 : 1;
    co_return Status();
  }

  /// Inputs, state and results live in the comparing process; both sides see the same inputs, each its own results.
  Task<Status> share() {
    Json groups = Json::object(), results = Json::object();
    for (int set = 0; set < sets_; ++set) groups[fmt::format("inputs{}", set)] = facts_.input_types;
    groups["state"] = facts_.state_types;
    for (const auto& [name, type] : facts_.results) {
      if (name.starts_with("output.")) results[name] = contiguous_type(type, string_or(type, "dtype"));
    }
    groups["reference"] = results;
    groups["candidate"] = results;
    std::string device = request_.device;
    KA_CO_TRY(const SharedGroups made, co_await compare_->allocate(std::move(groups), std::move(device)));
    std::vector<std::string> for_problem, for_candidate;
    for (const auto& [name, group] : made.described.items()) {
      if (name != "candidate") for_problem.push_back(name);
      if (name != "reference") for_candidate.push_back(name);
    }
    KA_CO_CHECK_OK(co_await made.bind(*problem_, std::move(for_problem)));
    KA_CO_CHECK_OK(co_await made.bind(*candidate_, std::move(for_candidate)));
    Json exported = make_request("export", Json{{"state", "state"}});
    KA_CO_CHECK_OK(co_await problem_->need(std::move(exported)));
    for (int set = 0; set < sets_; ++set) {
      Json fill = make_request("inputs", Json{{"seed", kInputSeed + set}, {"group", fmt::format("inputs{}", set)}});
      KA_CO_TRY(const Json filled, co_await problem_->need(std::move(fill)));
      if (const Json* items = find(filled, "inputs"); items != nullptr && items->is_array()) items_.push_back(*items);
    }
    co_return Status();
  }

  /// Warms a contender up (compiling what it compiles) and estimates the time of one call.
  Task<Status> prepare(size_t index) {
    Party& party = *contenders_[index].party;
    Json request = make_request(
        "prepare", Json{{"contender", contenders_[index].name}, {"sets", items_}, {"state", "state"}, {"seed", kInputSeed}});
    KA_CO_CHECK_OK(co_await party.need(std::move(request)));
    KA_CO_CHECK_OK(co_await time(index, 3));
    contenders_[index].call_ms = summarize(contenders_[index].samples_ms).median_ms;
    contenders_[index].samples_ms.clear();
    co_return Status();
  }

  Task<Status> time(size_t index, int calls) {
    Contender& contender = contenders_[index];
    Json request = make_request("time", Json{{"contender", contender.name}, {"calls", calls}});
    KA_CO_TRY(const Json reply, co_await contender.party->need(std::move(request)));
    if (const Json* samples = find(reply, "samples_ms"); samples != nullptr && samples->is_array()) {
      for (const Json& sample : *samples) {
        if (sample.is_number()) contender.samples_ms.push_back(sample.get<double>());
      }
    }
    co_return Status();
  }

  /// Turn after turn, each round beginning with another contender, until each has had its seconds.
  Task<Status> take_turns() {
    const int rounds = std::max(5, static_cast<int>(request_.seconds * 1000 / kTurnMs));
    for (int round = 0; round < rounds; ++round) {
      for (size_t turn = 0; turn < contenders_.size(); ++turn) {
        const size_t index = (turn + static_cast<size_t>(round)) % contenders_.size();
        KA_CO_CHECK_OK(co_await time(index, calls_per_turn(contenders_[index].call_ms + kFlushMs, kTurnMs)));
      }
    }
    co_return Status();
  }

  /// What was timed still computes the problem: the judge proper has decided how well.
  Task<Status> check_results() {
    for (size_t index = 0; index < 2; ++index) {
      const std::string group = index == 0 ? "candidate" : "reference";
      Json request = make_request("result", Json{{"contender", contenders_[index].name}, {"set", 0}, {"outputs", group}});
      KA_CO_CHECK_OK(co_await contenders_[index].party->need(std::move(request)));
    }
    Json dtypes = Json::object();
    for (const auto& [name, type] : facts_.results) {
      if (name.starts_with("output.")) dtypes[name] = string_or(type, "dtype");
    }
    KA_CO_TRY(const Json oracle, co_await compare_->oracle("reference", std::move(dtypes)));
    Json nothing = Json::object();
    KA_CO_TRY(const Json measured, co_await compare_->measure("candidate", "reference", std::move(nothing), false));
    const Json* figures = find(measured, "figures");
    const bool drifts = !facts_.mutations.empty() || !facts_.random_operators.empty();
    for (const auto& [name, size] : oracle.items()) {
      const Json* one = figures != nullptr ? find(*figures, name) : nullptr;
      const Distance distance = distance_from_json(one != nullptr ? *one : Json());
      if (!drifts &&
          (distance.misplaced != 0 || distance.differing != 0 || distance.rms_error > kSaneDistance * number_or(size, "rms")))
        co_return fail(Fault::kInput,
                       fmt::format("{} of the timed candidate is not the problem's: rms error {:.3g}", name, distance.rms_error));
    }
    co_return Status();
  }

  BenchTimes summary() {
    times_.details["inputs"] = fmt::format("{} sets in turn, own values", sets_);
    times_.details["flush"] = "256 MiB before every call";
    for (const Contender& contender : contenders_) {
      const TimingSummary result = summarize(contender.samples_ms);
      times_.details[contender.name] = to_json(result);
      if (contender.name == "candidate") times_.candidate_ms = result.median_ms;
      if (contender.name == "eager") times_.eager_ms = result.median_ms;
      if (contender.name == "compile") times_.compile_ms = result.median_ms;
    }
    return times_;
  }

  WorkerPool& pool_;
  BenchRequest request_;
  Deadline deadline_;
  std::unique_ptr<Comparer> compare_;
  std::unique_ptr<Party> problem_, candidate_;
  ProblemFacts facts_;
  int sets_ = 1;
  Json items_ = Json::array();
  std::vector<Contender> contenders_;
  BenchTimes times_;
};

}  // namespace

Task<Result<BenchTimes>> bench(WorkerPool& pool, BenchRequest request) {
  if (!request.device.starts_with("cuda"))
    co_return fail(Fault::kEnvironment, fmt::format("nothing can be timed on {}", request.device), {}, "bench needs a CUDA GPU");
  Stopwatches stopwatches(pool, std::move(request));
  Result<BenchTimes> times = co_await stopwatches.run();
  co_return times;
}

}  // namespace ka
