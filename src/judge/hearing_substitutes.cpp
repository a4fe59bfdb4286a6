#include <algorithm>

#include "base/text.h"
#include "judge/hearing.h"

namespace ka {
namespace {

bool is_output(const std::string& result) { return result.starts_with("output."); }

/// "a constant per channel", "input 0"; the kinds are those of substitutes.py.
std::string shown_substitute(const std::string& kind) {
  const std::string last = kind.substr(kind.rfind('/') + 1);
  if (kind == "constant") return "a constant";
  if (kind == "previous") return "the result before";
  if (kind.starts_with("channels/")) return "a constant per channel";
  if (kind.starts_with("mean/")) return "the mean of input " + last;
  if (kind.starts_with("input/")) return "input " + last;
  if (kind.starts_with("dropped/")) return "its last step left out";
  return kind;
}

}  // namespace

bool Hearing::is_wanted(const std::string& result, const std::string& substitute) const {
  return is_output(result) && vacuity_.is_alive(result, substitute);
}

Json Hearing::substitutes_for(const Trial& trial) const {
  Json wanted = Json::object();
  for (const auto& [name, type] : facts_.results) {
    Names kinds = {"zero", "constant", "channels/1", "channels/-1"};
    if (!lean_) kinds.emplace_back("previous");
    if (std::find(dropped_.begin(), dropped_.end(), name) != dropped_.end()) kinds.emplace_back("dropped/dropped");
    for (const auto& [input, input_type] : facts_.input_types.items()) {
      kinds.push_back(fmt::format("mean/{}/{}", input_group(trial), input));
      if (*find(input_type, "dtype") == *find(type, "dtype") && *find(input_type, "shape") == *find(type, "shape"))
        kinds.push_back(fmt::format("input/{}/{}", input_group(trial), input));
    }
    Json asked = Json::array();
    for (const std::string& kind : kinds) {
      if (is_wanted(name, kind)) asked.push_back(kind);
    }
    if (!asked.empty()) wanted[name] = std::move(asked);
  }
  return wanted;
}

/// Lets the reference leave out each output's last step, as long as such results have passed.
Task<Status> Hearing::drop_last_step(const Trial& trial) {
  dropped_.clear();
  const bool wanted = std::any_of(facts_.results.begin(), facts_.results.end(),
                                  [&](const auto& result) { return is_wanted(result.first, "dropped/dropped"); });
  if (!wanted || trial.rearranged) co_return Status();
  Json request = run_request(trial, input_group(trial), "dropped");
  request["request"] = "drop_last_step";
  KA_CO_TRY(const Json reply, co_await reference_->need(std::move(request)));
  if (const Json* names = find(reply, "dropped"); names != nullptr && names->is_array()) {
    for (const Json& name : *names) dropped_.push_back(name.is_string() ? name.get<std::string>() : "");
  }
  co_return Status();
}

/// Every substitute that was asked for is answered, with null where there is none of its kind.
Status Hearing::weigh_substitutes(const Json& wanted, const Json& measured) {
  const Json* substitutes = find(measured, "substitutes");
  for (const auto& [name, kinds] : wanted.items()) {
    const Json* answered = substitutes != nullptr ? find(*substitutes, name) : nullptr;
    const Yardstick& yardstick = yardsticks_.at(name);
    for (const Json& kind : kinds) {
      const std::string substitute = kind.get<std::string>();
      const Json* one = answered != nullptr ? find(*answered, substitute) : nullptr;
      if (one != nullptr && one->is_null()) continue;
      KA_CHECK_OK(check_figures(one, name + " by " + substitute, yardstick.dtype));
      vacuity_.observe(name, substitute, distance_from_json(*one), yardstick);
    }
  }
  return {};
}

void Hearing::rule_on_vacuity() {
  Names trivial, vacuous, qualifiers;
  for (const VacuityRuling& ruling : vacuity_.rulings()) {
    const std::string output = fmt::format("output {}", ruling.output.substr(ruling.output.find('.') + 1));
    const std::string what = fmt::format("{} ({})", output, shown_substitute(ruling.substitute));
    switch (ruling.kind) {
      case VacuityRuling::Kind::kTrivial: trivial.push_back(what); break;
      case VacuityRuling::Kind::kVacuous: vacuous.push_back(what); break;
      case VacuityRuling::Kind::kHolds:
        note("held to its own spread, because a result that needs no computation would pass: " + what);
        break;
      case VacuityRuling::Kind::kTooFar:
        decide(VerdictKind::kWrong,
               fmt::format("{} is further from the oracle than a tenth of its spread, and within the bound {} would pass, too",
                           output, shown_substitute(ruling.substitute)));
        break;
    }
  }
  if (!trivial.empty()) qualifiers.push_back("trivial: " + join(trivial, ", "));
  if (!vacuous.empty()) qualifiers.push_back("vacuous: " + join(vacuous, ", "));
  if (reference_only_) qualifiers.emplace_back("reference-only");
  verdict_.qualifier = join(qualifiers, "; ");
}

}  // namespace ka
