#include <algorithm>
#include <array>

#include "judge/defences.h"
#include "judge/hearing.h"
#include "process/when_all.h"

namespace ka {
namespace {

/// A factor in [0.5, 1.5) that depends on the seed only.
double factor_of(int64_t seed) { return 0.5 + static_cast<double>((static_cast<uint64_t>(seed) * 2654435761U) % 1000) / 1000.0; }

/// NaN in the inputs would tell a constant apart, but not one that adds nothing to an input: it says nothing about the bound.
bool tries_substitutes(const Trial& trial) { return !trial.rearranged && !has_nan(trial); }

}  // namespace

Task<Status> Hearing::hold(const Trial& trial) {
  refused_ = false;
  if (lean_) {
    Json groups = Json{{"reference", result_types(false)}};
    KA_CO_CHECK_OK(co_await share(std::move(groups)));
  }
  KA_CO_TRY(const bool possible, co_await prepare(trial));
  if (possible) {
    figures_ = TrialFigures{trial.distribution, trial.seed, {}};
    if (keeps_sign_ && !trial.own) figures_.distribution += ", non-negative";
    if (trial.rearranged) figures_.distribution += ", rearranged";
    KA_CO_CHECK_OK(co_await hear(trial));
  }
  co_return co_await release_after(trial);
}

/// The candidate runs beside the reference where it has copies of its own; otherwise after it.
Task<Status> Hearing::hear(const Trial& trial) {
  if (separate_ && !lean_) {
    std::vector<Task<Status>> sides;
    sides.push_back(find_truth(trial));
    sides.push_back(call_candidate(trial, false));
    const std::vector<Status> done = co_await when_all(std::move(sides));
    for (const Status& status : done) KA_CO_CHECK_OK(status);
  } else {
    KA_CO_CHECK_OK(co_await find_truth(trial));
    if (lean_) {
      Json groups = Json{{"candidate", result_types(false)}};
      KA_CO_CHECK_OK(co_await share(std::move(groups)));
    }
    Names watched = {input_group(trial), "state"};
    KA_CO_TRY(digests_before_, co_await compare_->digests(std::move(watched)));
    KA_CO_CHECK_OK(co_await call_candidate(trial, false));
  }
  if (!over()) {
    KA_CO_CHECK_OK(co_await check_untouched(trial));
  }
  if (!over()) {
    KA_CO_CHECK_OK(co_await measure(trial, tries_substitutes(trial)));
  }
  if (!over() && trial.repeat && (is_on(Defence::kRepeat) || is_on(Defence::kFreshMemory))) {
    KA_CO_CHECK_OK(co_await repeat(trial));
  }
  co_return Status();
}

Task<Status> Hearing::release_after(const Trial& trial) {
  Names unused;
  if (lean_) unused = {"reference", "oracle", "candidate"};
  if (trial.rearranged) {
    for (const char* name : {"strided", "moved_strided", "given_strided"}) unused.emplace_back(name);
  }
  if (unused.empty() || decided()) co_return Status();
  co_return co_await drop(std::move(unused));
}

/// Writes the trial's values and calls the reference. False: the problem cannot take such values.
Task<Result<bool>> Hearing::prepare(const Trial& trial) {
  bool possible = true;
  if (trial.own) {
    KA_CO_CHECK_OK(co_await own_values(trial));
    KA_CO_TRY(possible, co_await call_reference(trial));
  } else {
    KA_CO_TRY(const bool done, co_await takes_other_weights(trial));
    if (!done) {
      KA_CO_TRY(possible, co_await find_domain(trial));
    }
  }
  if (possible && trial.distribution == "normal" && !trial.rearranged && domain_ != "own") {
    KA_CO_TRY(possible, co_await keep_to_domain(trial));
  }
  if (!possible) note(fmt::format("{} inputs were left out: the problem {}", trial.distribution, refusal_));
  if (possible) {
    KA_CO_CHECK_OK(co_await hand_over(trial));
  }
  co_return possible;
}

Task<Status> Hearing::own_values(const Trial& trial) {
  Json request = make_request("inputs", Json{{"seed", trial.seed}, {"group", "inputs"}});
  KA_CO_TRY(const Json reply, co_await reference_->need(std::move(request)));
  const Json* items = find(reply, "inputs");
  if (items == nullptr || !items->is_array() || items->size() != facts_.inputs.size())
    co_return fail(Fault::kInput, "get_inputs() returns another number of inputs from call to call", request_.problem.string());
  scalars_.assign(facts_.inputs.size(), Json());
  for (size_t i = 0; i < facts_.inputs.size(); ++i) {
    if (facts_.inputs[i].tensor) continue;
    if (!(*items)[i].is_object()) co_return fail(Fault::kInternal, "the reference's reply has no valid \"inputs\"");
    scalars_[i] = (*items)[i];
  }
  KA_CO_TRY(const Json profiles, co_await compare_->observe("inputs"));
  non_negative_.clear();
  for (const auto& [name, profile] : profiles.items()) {
    const Json* labels = find(profile, "labels");
    if (number_or(profile, "low", -1) >= 0 && (labels == nullptr || labels->is_null())) non_negative_.push_back(name);
  }
  co_return Status();
}

/// Calls the reference on made values, in narrower and narrower domains until it takes them. False: it takes none.
Task<Result<bool>> Hearing::find_domain(const Trial& trial) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kDomains = {
      {{"", "in the range of the problem's own"},
       {"seen", "in that range, whole numbers such as the problem's own only"},
       {"whole_range", "between the whole numbers around the problem's own"},
       {"range", "between the least and greatest of the problem's own"},
       {"own", "the problem's own, with other parameters"}}};
  const std::string before = domain_;
  std::string first;
  bool narrower = false;
  for (const auto& [domain, description] : kDomains) {
    if (!narrower && domain != before) continue;  // the wider ones have failed on other values
    if (narrower && (trial.rearranged || (has_nan(trial) && domain != "seen")))
      break;  // it is not the values that such sets are refused for
    domain_ = domain;
    KA_CO_CHECK_OK(co_await made_values(trial));
    KA_CO_TRY(const bool possible, co_await call_reference(trial));
    if (possible && narrower) note(fmt::format("made inputs are {}: on others the problem {}", description, first));
    if (possible) co_return true;
    if (!narrower) first = refusal_;
    narrower = true;
  }
  domain_ = before;
  refusal_ = first;
  co_return false;
}

Task<Status> Hearing::fill_inputs(const Trial& trial) {
  Names signs = keeps_sign_ ? non_negative_ : Names{};
  co_return co_await compare_->fill("inputs", trial.distribution, trial.seed, std::move(signs), request_.parameters, domain_);
}

Task<Status> Hearing::vary_state(const Trial& trial) {
  if (!is_on(Defence::kStateVariation)) co_return Status();
  Names redrawn;
  for (const auto& [name, type] : facts_.state_types.items()) {
    const bool is_whole = unit_roundoff(string_or(type, "dtype")) == 0;
    if (redraws_ && (is_whole || string_or(type, "kind") == "parameter")) redrawn.push_back(name);
  }
  co_return co_await compare_->jitter("state", trial.seed, std::move(redrawn));
}

Task<Status> Hearing::made_values(const Trial& trial) {
  if (trial.own || domain_ == "own") {
    KA_CO_CHECK_OK(co_await own_values(trial));
  } else {
    KA_CO_CHECK_OK(co_await fill_inputs(trial));
  }
  if (trial.jitter_state) {
    KA_CO_CHECK_OK(co_await vary_state(trial));
    for (size_t i = 0; i < scalars_.size(); ++i) {
      const Json* own = facts_.inputs[i].tensor ? nullptr : find(facts_.inputs[i].scalar, "scalar");
      if (own != nullptr && own->is_number_float() && is_on(Defence::kScalarVariation))
        scalars_[i]["scalar"] = own->get<double>() * factor_of(trial.seed);
    }
  }
  if (trial.rearranged) {
    KA_CO_CHECK_OK(co_await rearrange());
  }
  co_return Status();
}

Task<Status> Hearing::same_values(const Trial& trial) {
  if (trial.rearranged) co_return co_await compare_->copy("inputs", input_group(trial));
  if (!trial.own && domain_ != "own") co_return co_await fill_inputs(trial);
  Json request = make_request("inputs", Json{{"seed", trial.seed}, {"group", "inputs"}});
  KA_CO_CHECK_OK(co_await reference_->need(std::move(request)));
  co_return Status();
}

Task<Status> Hearing::rearrange() {
  Json types = facts_.input_types;
  for (auto& [name, type] : types.items()) {
    type["stride"] = rearranged_strides(type["shape"].get<std::vector<int64_t>>());
    type["shift"] = 1;  // one element beyond an address that vector loads like
  }
  Json groups = Json::object();
  groups["strided"] = types;
  if (!lean_) groups["moved_strided"] = types;
  if (separate_) groups["given_strided"] = types;
  KA_CO_CHECK_OK(co_await share(std::move(groups)));
  co_return co_await compare_->copy("inputs", "strided");
}

/// Does the problem's domain hold negative numbers? Where its own inputs have none and it gives NaN or infinity on others, made values
/// stay non-negative from here on, if that helps.
Task<Result<bool>> Hearing::keep_to_domain(const Trial& trial) {
  KA_CO_TRY(const bool finite, co_await compare_->all_finite("reference"));
  if (finite || non_negative_.empty()) co_return true;
  keeps_sign_ = true;
  KA_CO_CHECK_OK(co_await made_values(trial));
  KA_CO_TRY(const bool possible, co_await call_reference(trial));
  KA_CO_TRY(const bool helped, co_await compare_->all_finite("reference"));
  if (possible && helped) {
    note("made inputs are non-negative where the problem's own are: it is not defined for others");
    co_return true;
  }
  keeps_sign_ = false;
  KA_CO_CHECK_OK(co_await made_values(trial));
  co_return co_await call_reference(trial);
}

/// Parameters that are drawn anew may be none that the problem can work with: then they are scaled as on every other set.
Task<Result<bool>> Hearing::takes_other_weights(const Trial& trial) {
  redraws_ = trial.redraw_state && is_on(Defence::kOtherWeights);
  if (!redraws_) co_return false;
  KA_CO_CHECK_OK(co_await made_values(trial));
  KA_CO_TRY(redraws_, co_await call_reference(trial));
  if (redraws_) {
    KA_CO_TRY(redraws_, co_await compare_->all_finite("reference"));
  }
  co_return redraws_;
}

Task<Result<bool>> Hearing::call_reference(const Trial& trial) {
  const std::string group = input_group(trial);
  Json request = run_request(trial, group, "reference");
  request["precision"] = "own";
  Answer answer = co_await reference_->ask(std::move(request));
  if (answer.error) co_return tl::unexpected<Error>(std::move(*answer.error));
  if (answer.failure && trial.own) {
    co_return fail(answer.failure->kind == "out_of_memory" ? Fault::kEnvironment : Fault::kInput,
                   "the problem " + answer.describe(), request_.problem.string());
  }
  refusal_ = answer.failure ? answer.describe() : "";
  if (!answer.failure) KA_CO_CHECK_OK(check_call(answer.reply, facts_));
  if (!answer.failure) branches_ = read_branches(answer.reply);
  truth_call_ = std::move(answer.reply);
  co_return !answer.failure;
}

Task<Status> Hearing::hand_over(const Trial& trial) {
  if (!separate_) co_return Status();
  const std::string group = input_group(trial), copy = given(group);
  KA_CO_CHECK_OK(co_await compare_->copy(group, copy));
  if (trial.jitter_state) {
    KA_CO_CHECK_OK(co_await compare_->copy("state", "given_state"));
  }
  co_return Status();
}

Json Hearing::run_request(const Trial& trial, const std::string& inputs, const std::string& outputs) const {
  return make_request("run", Json{{"inputs", items(inputs)}, {"state", "state"}, {"seed", trial.seed}, {"outputs", outputs}});
}

/// The arguments of a call, tensors from `group`; scalars as the present trial has them.
Json Hearing::items(const std::string& group) const {
  Json listed = Json::array();
  for (size_t i = 0; i < facts_.inputs.size(); ++i)
    listed.push_back(facts_.inputs[i].tensor ? Json{{"tensor", fmt::format("{}/{}", group, i)}} : scalars_[i]);
  return listed;
}

}  // namespace ka
