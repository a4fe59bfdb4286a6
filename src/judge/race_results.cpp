#include "judge/race.h"

// The judge proper says how well a candidate computes its problem. Here each has to do so as well while it is timed as when it is not.

namespace ka {
namespace {

constexpr double kSane =
    2e-2;  ///< results differ from PyTorch's by less than this share: of their size, or of their number where discrete

/// What one result measured: its element type, size and distance from eager PyTorch's.
struct Compared {
  std::string name, dtype;
  double rms = 0;
  Distance distance;
  bool is_sane() const {
    if (distance.discrete) return static_cast<double>(distance.differing) <= kSane * static_cast<double>(distance.count);
    return distance.misplaced == 0 && distance.rms_error <= kSane * rms;
  }
};

Result<std::vector<Compared>> read_compared(const Json& sizes, const Json& measured, const Json& dtypes) {
  std::vector<Compared> all;
  const Json* figures = find(measured, "figures");
  for (const auto& [name, dtype] : dtypes.items()) {
    const Json* one = figures != nullptr ? find(*figures, name) : nullptr;
    Compared result{name, dtype.get<std::string>(), 0, {}};
    KA_CHECK_OK(check_figures(one, name, result.dtype));
    result.distance = distance_from_json(*one);
    KA_TRY(result.rms, oracle_rms_from_json(find(sizes, name), name, result.dtype));
    all.push_back(std::move(result));
  }
  return all;
}

}  // namespace

Task<Result<bool>> Race::lay_out(size_t index, std::optional<int> untimed, int set) {
  Runner& timed = runners_[index];
  Json own = make_request("result", Json{{"set", untimed ? Json(*untimed) : Json()}, {"outputs", "candidate"}});
  Result<Json> stored = co_await timed.party->need(std::move(own));
  if (!stored) {
    KA_CO_CHECK_OK(drop(timed, std::move(stored).error()));
    co_return false;
  }
  if (const Json* refused = find(*stored, "refused"); refused != nullptr && !refused->empty()) {
    KA_CO_CHECK_OK(drop(timed, Error{Fault::kInput, "its results have other shapes or types than the problem's", {}, {}}));
    co_return false;
  }
  Json reference = make_request("result", Json{{"set", set}, {"outputs", "reference"}});
  KA_CO_CHECK_OK(co_await problem_->need(std::move(reference)));
  co_return true;
}

Task<Status> Race::compare_results(size_t index, std::optional<int> untimed, int set) {
  if (runners_[index].party == nullptr || drifts()) co_return Status();
  KA_CO_TRY(const bool there, co_await lay_out(index, untimed, set));
  if (!there) co_return Status();
  Json dtypes = Json::object();
  for (const auto& [name, type] : facts_.results) {
    if (name.starts_with("output.")) dtypes[name] = string_or(type, "dtype");
  }
  Json types = dtypes, nothing = Json::object();
  KA_CO_TRY(const Json sizes, co_await compare_->oracle("reference", std::move(types)));
  KA_CO_TRY(const Json measured, co_await compare_->measure("candidate", "reference", std::move(nothing), false));
  KA_CO_TRY(const std::vector<Compared> results, read_compared(sizes, measured, dtypes));
  std::string wrong;
  for (const Compared& result : results) {
    Yardstick& yardstick = runners_[index].yardsticks[result.name];
    yardstick.dtype = result.dtype;
    yardstick.oracle_rms = result.rms;
    if (untimed) {
      yardstick.widen(result.distance);
      if (!result.is_sane())
        wrong = fmt::format("{} is not the problem's: rms error {:.3g}", result.name, result.distance.rms_error);
    } else {
      if (!result.is_sane() || (!result.distance.discrete && bound_used(result.distance, yardstick) > 1))
        wrong = fmt::format("{} is another where calls are timed: {:.9g} instead of {:.9g} at {}", result.name,
                            result.distance.worst_value, result.distance.worst_expected, result.distance.worst_index);
    }
  }
  if (!untimed) ++checked_;
  if (!wrong.empty()) co_return drop(runners_[index], Error{Fault::kInput, std::move(wrong), {}, {}});
  co_return Status();
}

Task<Status> Race::learn_distance() {
  for (const size_t index : candidates()) {
    for (int set = 0; set < sets_; ++set) {
      KA_CO_CHECK_OK(co_await compare_results(index, set, set));
    }
  }
  co_return Status();
}

}  // namespace ka
