#include "judge/race.h"

#include "base/file.h"
#include "judge/ahead.h"
#include "process/when_all.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

constexpr int64_t kThreeSets = int64_t{4} << 30;  ///< bytes of all sets together, up to which inputs exist three times
constexpr int64_t kTwoSets = int64_t{12} << 30;   ///< the same, twice
constexpr int64_t kInputSeed = 42;
constexpr auto kPatience = std::chrono::minutes(30);  ///< compiling with max-autotune takes long

int sets_for(int64_t bytes) { return bytes * 3 <= kThreeSets ? 3 : bytes * 2 <= kTwoSets ? 2 : 1; }

}  // namespace

Race::Race(WorkerPool& pool, BenchRequest request, bool alone)
    : pool_(pool),
      request_(std::move(request)),
      alone_(alone),
      deadline_(after(kPatience)),
      seat_(pool.loop(), request_.gpu, request_.progress) {}

Task<Result<BenchTimes>> Race::run() {
  if (alone_) {
    KA_CO_CHECK_OK(co_await uncounted(seat_.claim(1, 1)));
  }
  KA_CO_CHECK_OK(co_await uncounted(seat_.sit(alone_ ? LeaseUse::kExclusive : LeaseUse::kShared)));
  KA_CO_CHECK_OK(co_await load_problem());
  if (!alone_) {
    const double bytes = facts_.timing_bytes(1 + request_.rivals.size() + request_.against.size(), sets_);
    KA_CO_CHECK_OK(co_await uncounted(seat_.claim(bytes, static_cast<double>(facts_.memory_bytes))));
  }
  KA_CO_CHECK_OK(co_await share());
  runners_.push_back({"candidate", nullptr, nullptr, {}, 0, {}, request_.candidate});
  for (const std::filesystem::path& rival : request_.rivals)
    runners_.push_back({fmt::format("rival {}", runners_.size()), nullptr, nullptr, {}, 0, {}, rival});
  for (const std::string& name : request_.against) {
    runners_.push_back({name, nullptr, nullptr, {}, 0, {}, name == "self" ? request_.candidate : std::filesystem::path()});
  }
  KA_CO_CHECK_OK(co_await enter_all());
  if (!alone_) {
    KA_CO_CHECK_OK(co_await uncounted(seat_.sit(LeaseUse::kExclusive)));
  }
  report("timing");
  KA_CO_CHECK_OK(co_await learn_distance());
  KA_CO_CHECK_OK(co_await calibrate());
  KA_CO_CHECK_OK(co_await take_turns());
  conclude();
  co_return std::move(times_);
}

bool Race::was_short_of_memory() const {
  return short_of_memory_ || (compare_ && compare_->ran_out_of_memory()) || (problem_ && problem_->ran_out_of_memory());
}

void Race::report(const std::string& line) const {
  if (request_.progress) request_.progress(line);
}

Task<Status> Race::uncounted(Task<Status> wait) {
  const auto began = std::chrono::steady_clock::now();
  KA_CO_CHECK_OK(co_await std::move(wait));
  const auto waited = std::chrono::steady_clock::now() - began;
  deadline_ += waited;
  if (compare_) compare_->postpone(waited);
  if (problem_) problem_->postpone(waited);
  for (const Runner& runner : runners_)
    if (runner.process) runner.process->postpone(waited);
  co_return Status();
}

Task<Status> Race::load_problem() {
  KA_CO_TRY(auto comparing, co_await open_party(pool_, WorkerRole::kCompare, deadline_));
  compare_ = std::make_unique<Comparer>(std::move(comparing));
  KA_CO_TRY(problem_, co_await open_party(pool_, WorkerRole::kBench, deadline_));
  Json load = load_problem_request(request_.problem, request_.device, request_.mode);
  load["side"] = "reference";
  KA_CO_TRY(const Json reply, co_await problem_->need(std::move(load)));
  KA_CO_TRY(facts_, read_facts(reply));
  sets_ = sets_for(facts_.input_bytes);
  co_return Status();
}

Task<Status> Race::share() {
  Json groups = Json::object(), results = Json::object();
  for (int set = 0; set < sets_; ++set) groups[fmt::format("inputs{}", set)] = facts_.input_types;
  groups["state"] = facts_.state_types;
  for (const auto& [name, type] : facts_.results) {
    if (name.starts_with("output.")) results[name] = contiguous_type(type, string_or(type, "dtype"));
  }
  groups["reference"] = results;
  groups["candidate"] = results;
  std::string device = request_.device;
  KA_CO_TRY(groups_, co_await compare_->allocate(std::move(groups), std::move(device)));
  std::vector<std::string> own = {"state", "reference"};
  for (int set = 0; set < sets_; ++set) own.push_back(fmt::format("inputs{}", set));
  KA_CO_CHECK_OK(co_await groups_.bind(*problem_, std::move(own)));
  Json exported = make_request("export", Json{{"state", "state"}});
  KA_CO_CHECK_OK(co_await problem_->need(std::move(exported)));
  KA_CO_CHECK_OK(co_await fill(kInputSeed));
  Json prepare =
      make_request("prepare", Json{{"contender", "eager"}, {"sets", items_}, {"state", "state"}, {"seed", kInputSeed}});
  KA_CO_CHECK_OK(co_await problem_->need(std::move(prepare)));
  co_return Status();
}

Task<Status> Race::fill(int64_t seed) {
  Json items = Json::array();
  for (int set = 0; set < sets_; ++set) {
    Json wanted = make_request("inputs", Json{{"seed", seed + set}, {"group", fmt::format("inputs{}", set)}});
    KA_CO_TRY(const Json made, co_await problem_->need(std::move(wanted)));
    const Json* arguments = find(made, "inputs");
    if (arguments == nullptr || !arguments->is_array())
      co_return fail(Fault::kInternal, "the reference process's reply has no \"inputs\"");
    items.push_back(*arguments);
  }
  if (items_.empty()) items_ = std::move(items);
  co_return Status();
}

Task<Status> Race::enter_all() {
  std::vector<Task<Status>> entering;
  for (size_t index = 0; index < runners_.size(); ++index)
    if (runners_[index].is_candidate()) entering.push_back(enter(index));
  const std::vector<Status> entered = co_await when_all(std::move(entering));
  for (const Status& status : entered) KA_CO_CHECK_OK(status);
  for (size_t index = 0; index < runners_.size(); ++index) {
    if (runners_[index].is_candidate()) continue;
    KA_CO_CHECK_OK(co_await enter(index));
  }
  co_return Status();
}

Task<Status> Race::enter(size_t index) {
  report(fmt::format("preparing {}", runners_[index].name));
  Status entered = co_await enter_process(index);
  if (!entered) {
    Error error = std::move(entered).error();
    KA_CO_CHECK_OK(drop(runners_[index], std::move(error)));
  }
  co_return Status();
}

Json Race::load_request(const Runner& runner) const {
  const bool ours = !runner.file.empty();
  Json load = ours ? load_candidate_request(runner.file, request_.device, request_.mode, facts_)
                   : load_problem_request(request_.problem, request_.device, request_.mode);
  load["side"] = ours ? "candidate" : "reference";
  if (!ours) return load;
  load["source"] = packed_source(runner.file);
  return load;
}

Task<Status> Race::enter_process(size_t index) {
  Runner& runner = runners_[index];
  if (runner.name == "eager") {
    runner.party = problem_.get();
    co_return Status();
  }
  KA_CO_TRY(auto session, co_await pool_.open(WorkerRole::kBench));
  runner.process = std::make_unique<Party>(runner.name, std::move(session), deadline_);
  runner.party = runner.process.get();
  Json load = load_request(runner);
  if (!runner.file.empty()) {
    AheadRequest ahead{runner.file, read_file(runner.file).value_or(""), request_.device, request_.mode, deadline_, {}};
    Json compiled = co_await compiled_for(pool_, std::move(ahead), facts_);
    load["compiled"] = std::move(compiled);
  }
  KA_CO_CHECK_OK(co_await runner.party->need(std::move(load)));
  std::vector<std::string> own = {"state"};
  for (int set = 0; set < sets_; ++set) own.push_back(fmt::format("inputs{}", set));
  if (runner.is_candidate()) own.push_back("candidate");
  KA_CO_CHECK_OK(co_await groups_.bind(*runner.party, std::move(own)));
  const std::string contender = runner.is_candidate() ? "candidate" : runner.name;
  Json prepare =
      make_request("prepare", Json{{"contender", contender}, {"sets", items_}, {"state", "state"}, {"seed", kInputSeed}});
  KA_CO_CHECK_OK(co_await runner.party->need(std::move(prepare)));
  co_return Status();
}

Status Race::drop(Runner& runner, Error error) {
  short_of_memory_ = short_of_memory_ || (runner.party != nullptr && runner.party->ran_out_of_memory());
  const bool everyones = error.fault == Fault::kInterrupted || error.fault == Fault::kSandbox || error.fault == Fault::kInternal;
  if (everyones || runner.party == problem_.get()) return tl::unexpected<Error>(std::move(error));
  runner.failure = error.where.empty() ? error.message : fmt::format("{} ({})", error.message, error.where);
  runner.process.reset();
  runner.party = nullptr;
  return {};
}

}  // namespace ka
