// Subgraphs that a model proposes as one: written and judged like any other, and taken over where that gains something.

#include <algorithm>

#include "base/text.h"
#include "run/fusions.h"
#include "run/phases.h"

namespace ka {
namespace {

constexpr std::string_view kAgent = "agent";

int index_of(const Plan& plan, const std::vector<std::string>& parts, const Plan& apart) {
  const auto known = [&](const std::string& id) {
    return std::any_of(apart.subgraphs.begin(), apart.subgraphs.end(), [&](const Subgraph& one) { return one.id == id; });
  };
  const auto fresh =
      std::find_if(plan.subgraphs.begin(), plan.subgraphs.end(), [&](const Subgraph& one) { return !known(one.id); });
  KA_CHECK(fresh != plan.subgraphs.end(), "joining " + join(parts, ",") + " made no subgraph");
  return static_cast<int>(fresh - plan.subgraphs.begin());
}

}  // namespace

bool Phases::may_fuse() const {
  const Config& config = context_.workshop.config();
  return config.fusions > 0 && !asked_for_fusions_ && context_.team.models != nullptr && context_.team.find(kAgent) != nullptr &&
         plans_.size() == 1 && plans_.front().subgraphs.size() > 1 && glue_.empty();
}

Result<Plan> Phases::plan_with(const std::vector<std::vector<std::string>>& joined) const {
  PlanTerms terms = plan_terms();
  terms.joined = joined;
  return make_plan(graphs_.front(), terms);
}

Task<Status> Phases::fuse() {
  asked_for_fusions_ = true;
  KA_CO_TRY(const bool has_clock, co_await context_.workshop.has_clock());
  // Where kernels can be timed, the compiler's for the same subgraphs is what the model's has to beat.
  std::vector<Author*> team = {context_.team.find(kAgent)};
  if (has_clock) team = authors();
  DispatchTerms terms;
  terms.ask_all = true;
  KA_CO_TRY(const std::vector<FusionProposal> proposals, co_await propose_fusions(context_, plans_.front()));
  for (const FusionProposal& proposal : proposals) {
    FusionDecided decided{join(proposal.parts, ","), {}, proposal.why, {}, false};
    std::vector<std::vector<std::string>> joined = joined_;
    joined.push_back(proposal.parts);
    const Result<Plan> plan = plan_with(joined);
    if (!plan) {
      decided.reason = plan.error().message;
      context_.events.emit(decided);
      continue;
    }
    const int index = index_of(*plan, proposal.parts, plans_.front());
    const Subgraph& one = plan->subgraphs[static_cast<size_t>(index)];
    decided.subgraph = one.id;
    announce(*plan, one);
    KA_CO_TRY(const SubgraphOutcome outcome, co_await dispatch_one(context_, *plan, index, team, terms));
    decided.taken = outcome.success && outcome.kernel.author.starts_with(kAgent);
    if (!outcome.success) decided.reason = outcome.message;
    if (outcome.success && !decided.taken) decided.reason = "the model's kernel is not faster than the compiler's";
    context_.events.emit(decided);
    if (!decided.taken) continue;
    joined_ = std::move(joined);
    plans_.front() = *plan;
  }
  if (joined_.empty()) co_return Status();
  KA_CO_CHECK_OK(keep_plan());
  announce_plan(plans_.front());
  co_return Status();
}

Status Phases::part_again() {
  joined_.clear();
  KA_TRY(plans_.front(), plan_with({}));
  KA_CHECK_OK(keep_plan());
  announce_plan(plans_.front());
  return {};
}

}  // namespace ka
