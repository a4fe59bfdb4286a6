#include "kernel/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace ka {
namespace {

constexpr std::array<std::pair<VerdictKind, std::string_view>, 10> kKinds = {{
    {VerdictKind::kAccepted, "accepted"},
    {VerdictKind::kWrong, "wrong"},
    {VerdictKind::kFallback, "fallback"},
    {VerdictKind::kCrashed, "crashed"},
    {VerdictKind::kTimedOut, "timed out"},
    {VerdictKind::kUnsafe, "unsafe"},
    {VerdictKind::kUnbound, "unbound"},
    {VerdictKind::kFlaky, "flaky"},
    {VerdictKind::kVacuous, "vacuous"},
    {VerdictKind::kInconclusive, "inconclusive"},
}};

/// Reads the fields of one object into variables; remembers whether any was missing or of another kind.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  void read(const char* key, std::string& to) {
    if (const Json* found = get(key); found != nullptr && expect(found->is_string(), key)) to = found->get<std::string>();
  }
  void read(const char* key, int64_t& to) {
    if (const Json* found = get(key); found != nullptr && expect(found->is_number_integer(), key)) to = found->get<int64_t>();
  }
  void read(const char* key, double& to) {
    const Json* found = get(key);
    if (found == nullptr) return;
    const Result<double> number = number_from_json(*found);
    if (expect(number.has_value(), key)) to = *number;
  }
  void read(const char* key, std::vector<std::string>& to) {
    const Json* found = get(key);
    if (found == nullptr || !expect(found->is_array(), key)) return;
    for (const Json& item : *found) {
      if (expect(item.is_string(), key)) to.push_back(item.get<std::string>());
    }
  }
  const Json& list(const char* key) {
    static const Json kEmpty = Json::array();
    const Json* found = get(key);
    return found != nullptr && expect(found->is_array(), key) ? *found : kEmpty;
  }
  const Json* get(const char* key) {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    const bool present = json_.is_object() && found != json_.end();
    return expect(present, key) ? &*found : nullptr;
  }
  Status status() const {
    if (problem_.empty()) return {};
    return fail(Fault::kInput, "verdict JSON: field '" + problem_ + "' is missing or of another kind");
  }

 private:
  bool expect(bool holds, const char* key) {
    if (!holds && problem_.empty()) problem_ = key;
    return holds;
  }

  const Json& json_;
  std::string problem_;
};

Json figures_json(const OutputFigures& figures) {
  return {{"name", figures.name},
          {"rms_error", number_to_json(figures.rms_error)},
          {"rms_reference", number_to_json(figures.rms_reference)},
          {"max_error", number_to_json(figures.max_error)},
          {"max_relative", number_to_json(figures.max_relative)},
          {"rms_allowed", number_to_json(figures.rms_allowed)},
          {"max_allowed", number_to_json(figures.max_allowed)},
          {"bound_used", number_to_json(figures.bound_used)},
          {"worst_index", figures.worst_index},
          {"worst_value", number_to_json(figures.worst_value)},
          {"worst_expected", number_to_json(figures.worst_expected)},
          {"problem", figures.problem}};
}

Result<OutputFigures> read_figures(const Json& json) {
  Reader reader(json);
  OutputFigures figures;
  reader.read("name", figures.name);
  reader.read("rms_error", figures.rms_error);
  reader.read("rms_reference", figures.rms_reference);
  reader.read("max_error", figures.max_error);
  reader.read("max_relative", figures.max_relative);
  reader.read("rms_allowed", figures.rms_allowed);
  reader.read("max_allowed", figures.max_allowed);
  reader.read("bound_used", figures.bound_used);
  reader.read("worst_index", figures.worst_index);
  reader.read("worst_value", figures.worst_value);
  reader.read("worst_expected", figures.worst_expected);
  reader.read("problem", figures.problem);
  KA_CHECK_OK(reader.status());
  return figures;
}

Result<TrialFigures> read_trial(const Json& json) {
  Reader reader(json);
  TrialFigures trial;
  reader.read("distribution", trial.distribution);
  reader.read("seed", trial.seed);
  for (const Json& item : reader.list("outputs")) {
    KA_TRY(OutputFigures figures, read_figures(item));
    trial.outputs.push_back(std::move(figures));
  }
  KA_CHECK_OK(reader.status());
  return trial;
}

}  // namespace

std::string_view name(VerdictKind kind) { return kKinds[static_cast<size_t>(kind)].second; }

std::optional<VerdictKind> parse_verdict_kind(std::string_view name) {
  for (const auto& [kind, text] : kKinds) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

double Verdict::worst_bound_used() const {
  double worst = 0;
  for (const TrialFigures& trial : trials) {
    for (const OutputFigures& output : trial.outputs) {
      // A NaN compares false with everything, and is worse than any number.
      if (std::isnan(output.bound_used)) return output.bound_used;
      worst = std::max(worst, output.bound_used);
    }
  }
  return worst;
}

Json to_json(const Verdict& verdict) {
  Json trials = Json::array();
  for (const TrialFigures& trial : verdict.trials) {
    Json outputs = Json::array();
    for (const OutputFigures& figures : trial.outputs) outputs.push_back(figures_json(figures));
    trials.push_back({{"distribution", trial.distribution}, {"seed", trial.seed}, {"outputs", outputs}});
  }
  return {{"verdict", name(verdict.kind)},
          {"reason", verdict.reason},
          {"qualifier", verdict.qualifier},
          {"trials", trials},
          {"allowed_operators", verdict.allowed_operators},
          {"launched_kernels", verdict.launched_kernels},
          {"seconds", number_to_json(verdict.seconds)},
          {"details", verdict.details}};
}

Result<Verdict> verdict_from_json(const Json& json) {
  Reader reader(json);
  Verdict verdict;
  std::string kind;
  reader.read("verdict", kind);
  reader.read("reason", verdict.reason);
  reader.read("qualifier", verdict.qualifier);
  reader.read("allowed_operators", verdict.allowed_operators);
  reader.read("launched_kernels", verdict.launched_kernels);
  reader.read("seconds", verdict.seconds);
  for (const Json& item : reader.list("trials")) {
    KA_TRY(TrialFigures trial, read_trial(item));
    verdict.trials.push_back(std::move(trial));
  }
  if (const Json* details = reader.get("details")) verdict.details = *details;
  KA_CHECK_OK(reader.status());
  const std::optional<VerdictKind> parsed = parse_verdict_kind(kind);
  if (!parsed) return fail(Fault::kInput, "verdict JSON: unknown verdict '" + kind + "'");
  verdict.kind = *parsed;
  return verdict;
}

}  // namespace ka
