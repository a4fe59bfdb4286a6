#include <algorithm>
#include <array>

#include "judge/hearing.h"

namespace ka {
namespace {

bool are_misplaced(const Json& measured) {
  const Json* figures = find(measured, "figures");
  return figures != nullptr && figures->is_object() && std::any_of(figures->begin(), figures->end(), [](const Json& one) {
           return one.is_object() && number_or(one, "misplaced") > 0;
         });
}

/// What numbers may stand for: first all that is not finite, then less of it. Infinity in one place may decide what NaN in another comes to
/// (a key of minus infinity has no weight).
std::vector<std::vector<std::string>> replaced_kinds(const Trial& trial) {
  if (trial.distribution == "nan") return {{"nan"}};
  return {{"nan", "inf", "-inf"}, {"nan"}, {"nan", "inf"}, {"nan", "-inf"}, {"inf"}, {"-inf"}, {"inf", "-inf"}};
}

}  // namespace

Task<Status> Hearing::find_truth(const Trial& trial) {
  KA_CO_CHECK_OK(co_await run_oracle(trial));
  Json dtypes = Json::object();
  for (const auto& [name, type] : facts_.results) dtypes[name] = string_or(type, "dtype");
  KA_CO_TRY(const Json figures, co_await compare_->oracle("oracle", std::move(dtypes)));
  yardsticks_.clear();
  for (const auto& [name, type] : facts_.results) {
    Yardstick yardstick;
    yardstick.dtype = string_or(type, "dtype");
    yardstick.reference_only = reference_only_;
    const Json* oracle = find(figures, name);
    KA_CO_TRY(yardstick.oracle_rms, oracle_rms_from_json(oracle, name, yardstick.dtype));
    yardstick.oracle_spread = number_or(*oracle, "spread");
    yardsticks_[name] = yardstick;
  }
  std::string own = "reference";
  KA_CO_CHECK_OK(co_await widen(std::move(own)));
  // Where PyTorch rounds and compares exactly, one ulp beside a half or a threshold would excuse any rounding there.
  const bool exact = trial.distribution == "integers" && std::all_of(yardsticks_.begin(), yardsticks_.end(), [](const auto& one) {
                       return one.second.reference_rms == 0 && one.second.reference_max == 0;
                     });
  if (!lean_) {
    if (!exact) KA_CO_CHECK_OK(co_await move_by_one_ulp(trial));
    KA_CO_CHECK_OK(co_await drop_last_step(trial));
  } else if (reference_only_) {  // without it, PyTorch may be its own oracle to the bit
    KA_CO_CHECK_OK(co_await move_in_place(trial));
  }
  co_return Status();
}

Task<Status> Hearing::run_oracle(const Trial& trial) {
  if (lean_) {  // the widest run has the device to itself: its results wait in the reference for their buffers
    Names unused = {"reference"};
    KA_CO_CHECK_OK(co_await drop(std::move(unused)));
  }
  if (!reference_only_) {
    Json request = oracle_request(trial, "float64");
    Answer answer = co_await reference_->ask(std::move(request));
    if (answer.error) co_return tl::unexpected<Error>(std::move(*answer.error));
    if (answer.failure) {
      std::string reason = answer.describe();
      KA_CO_CHECK_OK(co_await give_up_float64(std::move(reason)));
    }
  }
  if (reference_only_) {
    Json request = oracle_request(trial, "ieee");
    KA_CO_CHECK_OK(co_await reference_->need(std::move(request)));
  }
  if (!lean_) co_return Status();
  Json oracle = Json{{"oracle", result_types(true)}};
  KA_CO_CHECK_OK(co_await share(std::move(oracle)));
  Json store = make_request("store", Json{{"outputs", "oracle"}});
  KA_CO_CHECK_OK(co_await reference_->need(std::move(store)));
  Json own = Json{{"reference", result_types(false)}};
  KA_CO_CHECK_OK(co_await share(std::move(own)));
  KA_CO_TRY(const bool again, co_await call_reference(trial));
  if (!again) co_return fail(Fault::kInput, "the problem does not run twice on the same inputs", request_.problem.string());
  co_return Status();
}

Json Hearing::oracle_request(const Trial& trial, std::string_view precision) const {
  Json request = run_request(trial, input_group(trial), "oracle");
  request["precision"] = precision;
  if (lean_) request["outputs"] = nullptr;
  return request;
}

/// From here on the oracle is the problem in its own precision without TF32, in buffers of its own types.
Task<Status> Hearing::give_up_float64(std::string reason) {
  reference_only_ = true;
  note("the problem does not run in float64: " + reason);
  if (lean_) co_return Status();
  Names old = {"oracle"};
  KA_CO_CHECK_OK(co_await drop(std::move(old)));
  Json groups = Json{{"oracle", result_types(true)}};
  co_return co_await share(std::move(groups));
}

Task<Status> Hearing::move_by_one_ulp(const Trial& trial) {
  const std::string from = input_group(trial), to = "moved_" + from;
  for (int64_t run = 0; run < 2; ++run) {
    KA_CO_CHECK_OK(co_await compare_->perturb(from, to, trial.seed * 10 + run));
    Json request = run_request(trial, to, "moved_result");
    request["precision"] = "own";
    request["perturbed"] = true;
    Answer answer = co_await reference_->ask(std::move(request));
    if (answer.error) co_return tl::unexpected<Error>(std::move(*answer.error));
    if (answer.failure) continue;  // one ulp beyond the problem's domain
    std::string group = "moved_result";
    KA_CO_CHECK_OK(co_await widen(std::move(group)));
  }
  co_return Status();
}

/// The same where memory holds inputs and results once: they are moved where they lie, and made again.
Task<Status> Hearing::move_in_place(const Trial& trial) {
  const std::string inputs = input_group(trial);
  for (int64_t run = 0; run < 2; ++run) {
    KA_CO_CHECK_OK(co_await compare_->perturb(inputs, inputs, trial.seed * 10 + run));
    Json request = run_request(trial, inputs, "reference");
    request["precision"] = "own";
    request["perturbed"] = true;
    KA_CO_CHECK_OK(co_await reference_->need(std::move(request)));
    std::string group = "reference";
    KA_CO_CHECK_OK(co_await widen(std::move(group)));
    KA_CO_CHECK_OK(co_await same_values(trial));
  }
  KA_CO_TRY(const bool again, co_await call_reference(trial));
  if (!again) co_return fail(Fault::kInput, "the problem does not run twice on the same inputs", request_.problem.string());
  co_return Status();
}

/// Before a result is refused. Noise of TF32 may hide what float32 does to nearly equal values, and PyTorch without it is one more run.
Task<Status> Hearing::widen_without_tf32(const Trial& trial) {
  if (lean_ || reference_only_) co_return Status();
  Json request = run_request(trial, input_group(trial), "moved_result");
  request["precision"] = "ieee";
  KA_CO_CHECK_OK(co_await reference_->need(std::move(request)));
  std::string group = "moved_result";
  co_return co_await widen(std::move(group));
}

/// Before NaN in the wrong places is held against a result: does it depend on what is not finite there? Asked of all inputs together, and
/// of each.
Task<Status> Hearing::excuse_independent(const Trial& trial, const Json& wanted, Json& measured) {
  if (lean_ || reference_only_) co_return Status();
  constexpr size_t kOneByOne = 8;
  const bool nonfinite = trial.distribution == "nonfinite";
  Names inputs = {""};
  if (facts_.input_types.size() > 1 && facts_.input_types.size() <= kOneByOne) {
    for (const auto& [name, type] : facts_.input_types.items())
      if (unit_roundoff(string_or(type, "dtype")) > 0) inputs.push_back(name);
  }
  for (const std::string& only : inputs) {
    for (Names& kinds : replaced_kinds(trial)) {
      if (!are_misplaced(measured)) co_return Status();
      KA_CO_CHECK_OK(co_await find_independent(trial, std::move(kinds), only));
      Json again = wanted;
      KA_CO_TRY(measured, co_await compare_->measure("candidate", "reference", std::move(again), nonfinite));
    }
  }
  co_return Status();
}

/// Which results of a set with NaN do not depend on some of what is not finite there? Numbers are put in its place of which no even, odd or
/// monotone function makes the same.
Task<Status> Hearing::find_independent(const Trial& trial, Names kinds, std::string only) {
  if (!std::exchange(has_finite_truth_, true)) {
    Json groups = Json{{"finite_truth", result_types(true)}};
    KA_CO_CHECK_OK(co_await share(std::move(groups)));
  }
  const std::string from = input_group(trial), to = "moved_" + from;
  constexpr std::array<double, 3> kValues = {1.7, 1e30, -2e30};
  for (size_t i = 0; i < kValues.size(); ++i) {
    Names some = kinds;
    KA_CO_CHECK_OK(co_await compare_->replace_nonfinite(from, to, kValues.at(i), std::move(some), only));
    Json request = run_request(trial, to, "finite_truth");
    request["precision"] = "float64";
    KA_CO_CHECK_OK(co_await reference_->need(std::move(request)));
    KA_CO_CHECK_OK(co_await compare_->independent("finite_truth", i == 0, i + 1 == kValues.size()));
  }
  co_return Status();
}

Task<Status> Hearing::widen(std::string group) {
  KA_CO_TRY(const Json figures, co_await compare_->reference(group));
  for (auto& [name, yardstick] : yardsticks_) {
    const Json* one = find(figures, name);
    KA_CO_CHECK_OK(check_figures(one, name, yardstick.dtype));
    yardstick.widen(distance_from_json(*one));
  }
  co_return Status();
}

}  // namespace ka
