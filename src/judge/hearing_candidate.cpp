#include <algorithm>

#include "judge/defences.h"
#include "judge/hearing.h"

namespace ka {
namespace {

bool is_too_far(const Json& figures, const std::map<std::string, Yardstick>& yardsticks) {
  return std::any_of(yardsticks.begin(), yardsticks.end(), [&](const auto& entry) {
    const Json* one = find(figures, entry.first);
    return one != nullptr && too_far(distance_from_json(*one), entry.second).has_value();
  });
}

/// "output.0" → "output 0"; "state.bn.running_mean" → "mutation bn.running_mean"; "inputs.1" → "mutation input 1".
std::string shown_name(const std::string& result) {
  const std::string rest = result.substr(result.find('.') + 1);
  if (result.starts_with("output.")) return "output " + rest;
  return (result.starts_with("inputs.") ? "mutation input " : "mutation ") + rest;
}

}  // namespace

Task<Status> Hearing::call_candidate(const Trial& trial, bool again) {
  const int poison = again ? 1 : 0;
  KA_CO_CHECK_OK(co_await compare_->poison("candidate", poison));
  const std::string inputs = given(input_group(trial));
  Json request = run_request(trial, inputs, "candidate");
  request["state"] = given("state");
  request["mutations"] = facts_.mutations;
  request["poison"] = is_on(Defence::kPoison) ? Json(poison) : Json();
  if (!is_on(Defence::kKnownMemory)) request["unchecked"] = true;
  request["moved"] = again && trial.moved && separate_ && is_on(Defence::kOtherAddresses);
  request["anew"] = again;
  request["busy"] = again && !lean_;
  const bool list_kernels = trial.lists_kernels && !again && on_gpu();
  request["list_kernels"] = list_kernels;
  Answer answer = co_await candidate_->ask(std::move(request));
  if (answer.ended_from_outside()) co_return tl::unexpected<Error>(std::move(*answer.error));
  if (answer.good()) {
    judge_reply(trial, answer.reply);
    if (list_kernels) judge_kernels(answer.reply);
  } else {
    judge_failure(trial, answer);
  }
  co_return Status();
}

void Hearing::judge_failure(const Trial& trial, const Answer& answer) {
  if (!answer.output.empty()) verdict_.details["output"] = answer.output;
  if (answer.failure && answer.failure->kind == "raised" && trial.rearranged) {
    refused_ = true;
    return note("it refuses inputs with other strides: " + answer.describe());
  }
  VerdictKind kind = answer.ended == "timed_out" ? VerdictKind::kTimedOut : VerdictKind::kCrashed;
  if (answer.failure && answer.failure->kind == "no_entry") kind = VerdictKind::kUnbound;
  if (answer.failure && answer.failure->kind == "outside_memory") kind = VerdictKind::kWrong;
  decide(kind, fmt::format("on {} inputs: {}", figures_.distribution, answer.describe()));
}

void Hearing::judge_reply(const Trial& trial, const Json& reply) {
  const Json* operators = find(reply, "operators");
  const bool tuning = !std::exchange(warm_, true) || trial.rearranged;
  const OperatorRuling ruling = rule_on_operators(operators != nullptr ? *operators : Json(), facts_.random_operators,
                                                  trial.rearranged, tuning, int_or(truth_call_, "reads"));
  list_operators(ruling);
  if (const Json* launches = find(reply, "launches");
      launches != nullptr && launches->is_array() && verdict_.launched_kernels.empty()) {
    for (const Json& launch : *launches) {
      verdict_.launched_kernels.push_back(string_or(launch, "kernel"));
      if (bool_or(launch, "cooperative"))
        note(verdict_.launched_kernels.back() +
             " is launched cooperatively: its programs may wait for each other, all run at once");
    }
  }
  if (is_on(Defence::kOperatorTrace) && ruling.fault) return decide(VerdictKind::kFallback, *ruling.fault);
  const CallRules rules{request_.device.substr(0, request_.device.find(':')), !trial.rearranged};
  if (const auto finding = compare_form(reply, truth_call_, rules)) {
    if (finding->of_strides && !decided()) {  // as they are on this device: whoever wrote it may have seen another
      Json& strides = verdict_.details["result_strides"] = Json::array();
      for (const Json& output : *find(truth_call_, "outputs")) strides.push_back(*find(output, "stride"));
    }
    decide(finding->kind, fmt::format("{} ({} inputs)", finding->reason, figures_.distribution));
  }
}

/// Keeps the first call's list, with what only later ones ran; where a call breaks a rule, that call's.
void Hearing::list_operators(const OperatorRuling& ruling) {
  std::vector<std::string>& listed = verdict_.allowed_operators;
  if (ruling.fault) listed.clear();
  const auto named = [](const std::string& line) { return line.substr(0, line.find(" ×")); };
  const size_t known = listed.size();
  for (const std::string& line : ruling.listed) {
    const auto end = listed.begin() + static_cast<std::ptrdiff_t>(known);
    if (std::none_of(listed.begin(), end, [&](const std::string& one) { return named(one) == named(line); }))
      listed.push_back(line);
  }
}

void Hearing::judge_kernels(const Json& reply) {
  const KernelRuling ruling = rule_on_kernels(reply, facts_.random_operators);
  verdict_.details["gpu_kernels"] = ruling.listed;
  if (!ruling.missing.empty()) note("what ran on the GPU was not listed: " + ruling.missing);
  if (is_on(Defence::kOperatorTrace) && ruling.fault) decide(VerdictKind::kFallback, *ruling.fault);
}

Task<Status> Hearing::check_untouched(const Trial& trial) {
  const std::string inputs = input_group(trial);
  Names expected = digests_before_;
  if (separate_) {
    Names originals = {inputs, "state"};
    KA_CO_TRY(expected, co_await compare_->digests(std::move(originals)));
  }
  Names seen = {given(inputs), given("state")};
  KA_CO_TRY(const Names found, co_await compare_->digests(std::move(seen)));
  if (!is_on(Defence::kUntouched)) co_return Status();
  if (found[0] != expected[0])
    decide(VerdictKind::kWrong,
           fmt::format("it writes to an input that the problem leaves alone ({} inputs)", figures_.distribution));
  if (found[1] != expected[1])
    decide(VerdictKind::kWrong,
           fmt::format("it writes to state that the problem leaves alone ({} inputs)", figures_.distribution));
  co_return Status();
}

Task<Status> Hearing::measure(const Trial& trial, bool substitutes) {
  const bool nonfinite = trial.distribution == "nonfinite";
  Json wanted = substitutes ? substitutes_for(trial) : Json::object();
  Json asked = wanted;
  KA_CO_TRY(Json measured, co_await compare_->measure("candidate", "reference", std::move(asked), nonfinite));
  if (has_nan(trial)) KA_CO_CHECK_OK(co_await excuse_independent(trial, wanted, measured));
  const Json* figures = find(measured, "figures");
  if (figures != nullptr && on_gpu() && is_too_far(*figures, yardsticks_)) KA_CO_CHECK_OK(co_await widen_without_tf32(trial));
  for (const auto& [name, yardstick] : yardsticks_) {
    const Json* one = figures != nullptr ? find(*figures, name) : nullptr;
    KA_CO_CHECK_OK(check_figures(one, name, yardstick.dtype));
    figures_.outputs.push_back(to_figures(shown_name(name), distance_from_json(*one), yardstick));
    const OutputFigures& output = figures_.outputs.back();
    if (substitutes) vacuity_.observe_result(name, output.rms_error, yardstick);
    if (!output.problem.empty() && (is_on(Defence::kMutations) || name.starts_with("output.")))
      decide(VerdictKind::kWrong, fmt::format("{} on {} inputs: {}", output.name, figures_.distribution, output.problem));
  }
  KA_CO_CHECK_OK(weigh_substitutes(wanted, measured));
  verdict_.trials.push_back(figures_);
  report(fmt::format("{}/{} {} inputs: {:.2g} of the allowed error", verdict_.trials.size(), plan_.trials.size(),
                     figures_.distribution, verdict_.worst_bound_used()));
  co_return Status();
}

/// Calls again on the same inputs, with other poison in what the candidate allocates, launch by launch where it replayed a graph, on CUDA
/// beside other work, and in some trials with inputs and allocations at other addresses: the results must be the same bits, or, with atomic additions in the source, within the bound.
Task<Status> Hearing::repeat(const Trial& trial) {
  Names group = {"candidate"}, same_group = group;
  KA_CO_TRY(const Names first, co_await compare_->digests(std::move(group)));
  KA_CO_CHECK_OK(co_await call_candidate(trial, true));
  if (over()) co_return Status();
  KA_CO_TRY(const Names second, co_await compare_->digests(std::move(same_group)));
  if (first == second || !is_on(Defence::kRepeat)) co_return Status();
  if (!source_.has_atomics) {
    decide(VerdictKind::kFlaky, fmt::format("two calls on the same {} inputs return different results", figures_.distribution));
    co_return Status();
  }
  figures_.outputs.clear();
  figures_.distribution += ", again";
  KA_CO_CHECK_OK(co_await measure(trial, false));
  if (decided()) verdict_.kind = VerdictKind::kFlaky;
  co_return Status();
}

}  // namespace ka
