#include "run/fused_check.h"

#include "judge/comparer.h"
#include "judge/facts.h"
#include "judge/gpu_seat.h"
#include "judge/numerics.h"
#include "judge/trials.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t kSeed = 42;
constexpr int64_t kLargest = int64_t{2} << 30;  ///< bytes of inputs, state and results beyond which nothing is compared

/// The three processes of one comparison.
struct Bench {
  std::unique_ptr<Comparer> compare;
  std::unique_ptr<Party> original, fused;
};

Task<Result<Bench>> open_bench(WorkerPool& pool, Deadline deadline) {
  Bench bench;
  KA_CO_TRY(auto compare, co_await open_party(pool, WorkerRole::kCompare, deadline));
  KA_CO_TRY(bench.original, co_await open_party(pool, WorkerRole::kReference, deadline));
  KA_CO_TRY(bench.fused, co_await open_party(pool, WorkerRole::kReference, deadline));
  bench.compare = std::make_unique<Comparer>(std::move(compare));
  co_return bench;
}

Json load_request(const std::filesystem::path& problem, const std::string& device, const std::string& mode) {
  return make_request("load", Json{{"problem", problem.string()},
                                   {"source", packed_source(problem)},
                                   {"device", device},
                                   {"mode", mode},
                                   {"seed", kSeed}});
}

Json result_types(const ProblemFacts& facts, bool wide) {
  Json types = Json::object();
  for (const auto& [name, type] : facts.results) {
    const std::string dtype = string_or(type, "dtype");
    const bool floating = wide && unit_roundoff(dtype) > 0 && !dtype.starts_with("complex");
    types[name] = contiguous_type(type, floating ? "float64" : dtype);
  }
  return types;
}

/// Why the two cannot even be laid side by side; empty where they can.
std::string mismatch(const ProblemFacts& original, const ProblemFacts& fused) {
  if (original.state_types != fused.state_types) return "its state differs";
  if (original.results.size() != fused.results.size()) return "it returns or writes another number of tensors";
  for (const auto& [name, type] : original.results) {
    const auto found = fused.results.find(name);
    if (found == fused.results.end()) return fmt::format("it has no {}", name);
    for (const char* field : {"dtype", "shape"})
      if (type.at(field) != found->second.at(field)) return fmt::format("{} has another {}", name, field);
  }
  return {};
}

/// Allocates the groups and opens them in both programs' processes.
Task<Status> share(Bench& bench, Json groups, std::string device) {
  KA_CO_TRY(const SharedGroups made, co_await bench.compare->allocate(std::move(groups), std::move(device)));
  Names names;
  for (const auto& [name, group] : made.described.items()) names.push_back(name);
  Names again = names;
  KA_CO_CHECK_OK(co_await made.bind(*bench.original, std::move(names)));
  co_return co_await made.bind(*bench.fused, std::move(again));
}

Json run_request(const Json& items, int64_t seed, std::string_view outputs, std::string_view precision) {
  return make_request(
      "run", Json{{"inputs", items}, {"state", "state"}, {"seed", seed}, {"outputs", outputs}, {"precision", precision}});
}

/// Puts a trial's values into the shared inputs; `items` are the arguments of the last call with the problem's own inputs.
Task<Status> draw(Bench& bench, const Trial& trial, Json* items) {
  if (trial.own) {
    Json wanted = make_request("inputs", Json{{"seed", trial.seed}, {"group", "inputs"}});
    KA_CO_TRY(const Json made, co_await bench.original->need(std::move(wanted)));
    *items = made.at("inputs");
    KA_CO_TRY(const Json observed, co_await bench.compare->observe("inputs"));
    co_return Status();
  }
  Names any_sign, none_finite;
  KA_CO_CHECK_OK(
      co_await bench.compare->fill("inputs", trial.distribution, trial.seed, std::move(any_sign), std::move(none_finite), ""));
  if (trial.jitter_state) {
    Names redrawn;
    KA_CO_CHECK_OK(co_await bench.compare->jitter("state", trial.seed, std::move(redrawn)));
  }
  co_return Status();
}

Task<Result<std::string>> measure(Bench& bench, const ProblemFacts& facts) {
  Json dtypes = Json::object();
  for (const auto& [name, type] : facts.results) dtypes[name] = string_or(type, "dtype");
  KA_CO_TRY(const Json oracle, co_await bench.compare->oracle("oracle", std::move(dtypes)));
  KA_CO_TRY(const Json own, co_await bench.compare->reference("original"));
  KA_CO_TRY(const Json other, co_await bench.compare->reference("fused"));
  for (const auto& [name, type] : facts.results) {
    const Json *truth = find(oracle, name), *mine = find(own, name), *theirs = find(other, name);
    if (truth == nullptr || mine == nullptr || theirs == nullptr) co_return fmt::format("{} was not measured", name);
    Yardstick yardstick;
    yardstick.dtype = string_or(type, "dtype");
    yardstick.oracle_rms = number_or(*truth, "rms");
    yardstick.widen(distance_from_json(*mine));
    if (const auto reason = too_far(distance_from_json(*theirs), yardstick)) co_return fmt::format("{}: {}", name, *reason);
  }
  co_return std::string();
}

FusedCheck not_compared(std::string reason) { return {false, false, std::move(reason), {}}; }
FusedCheck differs(std::string reason) { return {false, true, std::move(reason), {}}; }

/// Runs both on one input set. Not compared: the original cannot take it.
Task<Result<FusedCheck>> compare_on(Bench& bench, const ProblemFacts& facts, const Trial& trial, Json* items) {
  KA_CO_CHECK_OK(co_await draw(bench, trial, items));
  Json own = run_request(*items, trial.seed, "original", "own");
  const Answer called = co_await bench.original->ask(std::move(own));
  if (called.error) co_return tl::unexpected<Error>(*called.error);
  if (called.failure) co_return not_compared("the program " + called.describe());
  Json wide = run_request(*items, trial.seed, "oracle", "float64");
  const Answer truth = co_await bench.original->ask(std::move(wide));
  if (truth.error) co_return tl::unexpected<Error>(*truth.error);
  if (truth.failure) co_return not_compared("the program does not run in float64");
  Json other = run_request(*items, trial.seed, "fused", "own");
  const Answer ran = co_await bench.fused->ask(std::move(other));
  if (ran.error) co_return tl::unexpected<Error>(*ran.error);
  if (ran.failure) co_return differs(ran.describe());
  if (trial.distribution == "nonfinite")
    co_return FusedCheck{true, true, {}, {}};  // where results are no numbers there is no distance
  KA_CO_TRY(std::string reason, co_await measure(bench, facts));
  const bool equal = reason.empty();
  co_return FusedCheck{equal, true, std::move(reason), {}};
}

Task<Result<FusedCheck>> compare_on_all(Workshop& workshop, std::filesystem::path problem, std::filesystem::path fused,
                                        std::vector<Trial> trials, Names parts) {
  KA_CO_TRY(const Target target, co_await workshop.target());
  const std::string mode = workshop.config().mode;
  WorkerPool& pool = workshop.pool();
  std::function<void(std::string)> silent;
  GpuSeat seat(pool.loop(), target.gpu, std::move(silent));
  KA_CO_CHECK_OK(co_await seat.sit(LeaseUse::kShared));
  const Deadline deadline = after(workshop.config().timeout);
  KA_CO_TRY(Bench bench, co_await open_bench(pool, deadline));
  Json load = load_request(problem, target.device, mode);
  KA_CO_TRY(const Json reply, co_await bench.original->need(std::move(load)));
  KA_CO_TRY(const ProblemFacts facts, read_facts(reply));
  if (!facts.random_operators.empty()) co_return not_compared("the program draws random numbers");
  if (facts.input_bytes + facts.state_bytes + facts.result_bytes > kLargest)
    co_return not_compared("its tensors are too large to be held twice");

  Json load_fused = load_request(fused, target.device, mode);
  if (!parts.empty()) load_fused["parts"] = parts;
  const Answer loaded = co_await bench.fused->ask(std::move(load_fused));
  if (loaded.error) co_return tl::unexpected<Error>(*loaded.error);
  if (loaded.failure) co_return differs(loaded.describe());
  KA_CO_TRY(const ProblemFacts fused_facts, read_facts(loaded.reply));
  if (std::string reason = mismatch(facts, fused_facts); !reason.empty()) co_return differs(std::move(reason));

  Json groups = Json::object();
  groups["inputs"] = facts.input_types;
  groups["state"] = facts.state_types;
  groups["oracle"] = result_types(facts, true);
  groups["original"] = result_types(facts, false);
  groups["fused"] = result_types(facts, false);
  KA_CO_CHECK_OK(co_await share(bench, std::move(groups), target.device));
  Json exported = make_request("export", Json{{"state", "state"}});
  KA_CO_CHECK_OK(co_await bench.original->need(std::move(exported)));
  Json items;
  for (const Trial& trial : trials) {
    KA_CO_TRY(FusedCheck found, co_await compare_on(bench, facts, trial, &items));
    if (!found.compared && !trial.own) continue;
    if (!found.equal && trials.size() > 1) found.reason = fmt::format("on {} inputs: {}", trial.distribution, found.reason);
    if (!found.equal) co_return found;
  }
  FusedCheck found{true, true, {}, {}};
  if (!parts.empty()) {
    Json ask = make_request("parts", Json::object());
    KA_CO_TRY(found.parts, co_await bench.fused->need(std::move(ask)));
  }
  co_return found;
}

}  // namespace

Task<Result<FusedCheck>> compare_fused(Workshop& workshop, std::filesystem::path problem, std::filesystem::path fused) {
  Trial trial;
  trial.distribution = "own", trial.seed = kSeed, trial.own = true;
  std::vector<Trial> trials = {trial};
  Result<FusedCheck> found = co_await compare_on_all(workshop, std::move(problem), std::move(fused), std::move(trials), {});
  co_return found;
}

Task<Result<FusedCheck>> compare_rewritten(Workshop& workshop, std::filesystem::path problem, std::filesystem::path rewritten,
                                           std::vector<std::string> parts) {
  std::vector<Trial> trials =
      plan_trials(Effort::kStandard, ProblemSize{}, workshop.config().judge_seed.value_or(draw_seed())).trials;
  std::erase_if(trials, [](const Trial& trial) { return trial.rearranged; });
  // The judgement of the whole program looks at these; here they only show which parts are called on them.
  if (parts.empty()) std::erase_if(trials, [](const Trial& trial) { return trial.distribution == "nonfinite"; });
  Result<FusedCheck> found =
      co_await compare_on_all(workshop, std::move(problem), std::move(rewritten), std::move(trials), std::move(parts));
  co_return found;
}

}  // namespace ka
