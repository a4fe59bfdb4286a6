#include "codegen/choices.h"

#include <algorithm>

#include "base/text.h"
#include "codegen/cost_model.h"
#include "codegen/variations.h"

namespace ka {
namespace {

constexpr double kPerChange = 0.02;  ///< the author's own schedule is the better guess: each change has to promise so much

void add_new(std::vector<Choice>& all, Choice choice) {
  const auto same = [&](const Choice& other) { return other.schedules == choice.schedules; };
  if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(choice));
}

void sort_by_prediction(std::vector<Choice>& all) {
  std::stable_sort(all.begin(), all.end(), [](const Choice& a, const Choice& b) { return a.predicted_ms < b.predicted_ms; });
}

}  // namespace

Result<Choices> Choices::of(const Plan& plan, const Subgraph& subgraph, const Target& target, bool may_round) {
  Choices choices(plan, target);
  KA_TRY(LoweredSubgraph lowered, lower(plan, subgraph));
  choices.nests_ = std::move(lowered.nests);
  for (const Nest& nest : choices.nests_)
    choices.candidates_.push_back(candidates(plan.graph, nest, target, may_round && rounds_operands(plan, nest)));
  return choices;
}

Choice Choices::priced(std::vector<Schedule> schedules) const {
  Choice choice{std::move(schedules), 0};
  for (size_t l = 0; l < nests_.size(); ++l)
    choice.predicted_ms += ka::predicted_ms(graph_, nests_[l], choice.schedules[l], target_);
  return choice;
}

Choice Choices::ranked(size_t rank) const {
  std::vector<Schedule> schedules;
  for (const std::vector<Schedule>& mine : candidates_) schedules.push_back(mine[std::min(rank, mine.size() - 1)]);
  return priced(std::move(schedules));
}

std::vector<Choice> Choices::own() const {
  size_t ranks = 0;
  for (const std::vector<Schedule>& mine : candidates_) ranks = std::max(ranks, mine.size());
  std::vector<Choice> all;
  for (size_t rank = 0; rank < ranks; ++rank) add_new(all, ranked(rank));
  for (size_t l = 0; l < candidates_.size(); ++l) {
    for (const Schedule& other : candidates_[l]) {
      std::vector<Schedule> schedules = ranked(0).schedules;
      schedules[l] = other;
      add_new(all, priced(std::move(schedules)));
    }
  }
  sort_by_prediction(all);
  return all;
}

std::vector<Choice> Choices::around(const Choice& choice) const {
  std::vector<Choice> all;
  for (size_t l = 0; l < nests_.size(); ++l) {
    for (const Variation& variation : variations(nests_[l], choice.schedules[l])) {
      if (!fits(graph_, nests_[l], variation.schedule, target_)) continue;
      std::vector<Schedule> schedules = choice.schedules;
      schedules[l] = variation.schedule;
      Choice other = priced(std::move(schedules));
      other.predicted_ms *= 1 + kPerChange * variation.changes;
      add_new(all, std::move(other));
    }
  }
  sort_by_prediction(all);
  return all;
}

Result<Choice> Choices::parse(std::string_view text) const {
  std::vector<Schedule> schedules;
  for (const std::string& part : split(text, ';')) {
    const std::string words(trim(part));
    if (words.starts_with("parts ")) continue;  // follows from the product's
    if (schedules.size() >= nests_.size() || !words.starts_with(std::string(name(nests_[schedules.size()].kind)) + " "))
      return fail(Fault::kInput, fmt::format("'{}' is no schedule of this subgraph's launches", text));
    KA_TRY(Schedule schedule, parse_schedule(words));
    if (print(schedule, nests_[schedules.size()].kind) != words)
      return fail(Fault::kInput, fmt::format("'{}' leaves choices open", words));
    schedules.push_back(std::move(schedule));
  }
  if (schedules.size() != nests_.size())
    return fail(Fault::kInput, fmt::format("{} schedules for {} launches", schedules.size(), nests_.size()));
  return priced(std::move(schedules));
}

}  // namespace ka
