// From a plan to a judged program, and what is tried when the judge refuses it.

#include <algorithm>

#include "codegen/author.h"
#include "compose/launch_graph.h"
#include "run/phases.h"
#include "run/suspects.h"

namespace ka {
namespace {

constexpr int kAttempts = 3;   ///< at programs that differ in which kernels round
constexpr size_t kListed = 4;  ///< kernels that a line names

std::string listed(const std::set<std::string>& ids) {
  return ids.size() <= kListed ? fmt::format("{}", fmt::join(ids, ", ")) : fmt::format("{} kernels", ids.size());
}

bool is_unjudged(const SubgraphOutcome& outcome) { return !outcome.judged; }
bool is_unjudged_rounding(const SubgraphOutcome& outcome) { return is_unjudged(outcome) && is_rounding(outcome.kernel.schedule); }

}  // namespace

Task<Result<RunFinished>> Phases::follow(Phase until) {
  KA_CO_CHECK_OK(co_await plan());
  if (until == Phase::kPlan) co_return stopped(until);
  using Judged = DispatchTerms::Judged;
  const bool program_first = until > Phase::kCompose && judges_program_first();
  DispatchTerms terms;
  terms.judged = program_first ? Judged::kInProgram : Judged::kEach;
  KA_CO_TRY(RunFinished end, co_await make(terms, until));
  if (end.status == "not_verified" && !joined_.empty()) {
    context_.events.emit(Warned{fmt::format("{}; trying again with the subgraphs apart that a model made one of", end.message)});
    KA_CO_CHECK_OK(part_again());
    KA_CO_TRY(end, co_await make(terms, until));
  }
  // Where PyTorch does not round, a kernel that does is the likely culprit; results that are wrong say which.
  for (int attempt = 0; attempt < kAttempts && is_wrong(end) && add_suspects(terms); ++attempt) {
    context_.events.emit(Warned{fmt::format("{}; trying again without rounding in {}", end.message, listed(terms.exact))});
    KA_CO_TRY(end, co_await make(terms, until));
  }
  if (is_wrong(end) && std::any_of(outcomes_.begin(), outcomes_.end(), is_unjudged_rounding)) {
    context_.events.emit(Warned{fmt::format("{}; judging the kernels that round what they multiply", end.message)});
    terms.judged = Judged::kRounding;
    KA_CO_TRY(end, co_await make(terms, until));
  }
  if (end.status == "not_verified" && std::any_of(outcomes_.begin(), outcomes_.end(), is_unjudged)) {
    context_.events.emit(Warned{fmt::format("{}; judging its kernels one by one", end.message)});
    terms.judged = Judged::kEach;
    KA_CO_TRY(end, co_await make(terms, until));
  }
  if (!is_wrong(end)) co_return end;
  // What each kernel may lose by rounding, as PyTorch does, may be too much for them together.
  terms = {program_first ? Judged::kInProgram : Judged::kEach, false, {}};
  const std::string refused = program_;
  KA_CO_TRY(const RunFinished written, co_await write(terms));
  if (!written.status.empty()) co_return end;
  KA_CO_CHECK_OK(co_await compose());
  if (program_ == refused) co_return end;
  context_.events.emit(Warned{fmt::format("{}; trying again without rounding what convolutions multiply", end.message)});
  KA_CO_TRY(end, co_await judge());
  co_return end;
}

bool Phases::is_wrong(const RunFinished& end) const {
  return end.status == "not_verified" && verdict_ && verdict_->kind == VerdictKind::kWrong;
}

bool Phases::judges_program_first() const {
  const std::string& what = context_.workshop.config().judge_first;
  return what == "program" || (what == "auto" && context_.workshop.platform().name != "cpu");
}

bool Phases::add_suspects(DispatchTerms& terms) const {
  if (plans_.size() != 1 || !verdict_) return false;
  std::set<std::string> rounding;
  for (const SubgraphOutcome& outcome : outcomes_)
    if (is_unjudged_rounding(outcome)) rounding.insert(outcome.id);
  const std::set<std::string> suspects = rounding_suspects(plans_.front(), *verdict_, rounding);
  if (suspects.empty() || suspects == rounding) return false;
  terms.exact.insert(suspects.begin(), suspects.end());
  return true;
}

bool Phases::take_over_strides() {
  const Json* const told = verdict_ && !verdict_->accepted() ? find(verdict_->details, "result_strides") : nullptr;
  if (told == nullptr || plans_.size() != 1 || !glue_.empty()) return false;
  const auto wanted = told->get<std::vector<Shape>>();
  Graph& traced = plans_.front().traced;
  bool changed = false;
  size_t index = 0;
  for (const Output& output : traced.outputs) {
    if (output.kind != OutputKind::kUser || index == wanted.size()) continue;
    TensorType& type = traced.values[static_cast<size_t>(output.value)].type;
    const Shape& strides = wanted[index++];
    if (strides.size() != type.sizes().size() || strides == type.strides()) continue;
    type.stride.assign(strides.begin(), strides.end());
    changed = true;
  }
  return changed;
}

Task<Result<RunFinished>> Phases::make(DispatchTerms terms, Phase until) {
  verdict_.reset();
  KA_CO_TRY(RunFinished written, co_await write(terms));
  if (!written.status.empty()) co_return written;
  if (until == Phase::kWrite) co_return stopped(until);
  KA_CO_CHECK_OK(co_await compose());
  if (until == Phase::kCompose) co_return stopped(until);
  KA_CO_TRY(RunFinished judged, co_await judge());
  if (take_over_strides()) {
    context_.events.emit(Warned{fmt::format("{}; trying again with PyTorch's strides on this device", judged.message)});
    KA_CO_CHECK_OK(co_await compose());
    KA_CO_TRY(judged, co_await judge());
  }
  if (judged.status != "not_verified" || when_to_replay_ != "auto" || !replays_launches(program_)) co_return judged;
  // Wrong figures are rather a kernel's.
  if (is_wrong(judged) && std::any_of(outcomes_.begin(), outcomes_.end(), is_unjudged)) co_return judged;
  context_.events.emit(Warned{fmt::format("with its launches in a CUDA graph {}; trying without", judged.message)});
  when_to_replay_ = "never";
  KA_CO_CHECK_OK(co_await compose());
  KA_CO_TRY(judged, co_await judge());
  co_return judged;
}

}  // namespace ka
