#include "codegen/author.h"

#include <algorithm>

#include "base/log.h"
#include "base/result.h"
#include "base/text.h"
#include "codegen/generate.h"

namespace ka {
namespace {

constexpr double kClose = 2;   ///< predictions within this factor of the best one are a matter for the clock
constexpr int kFullShare = 4;  ///< full tuning offers so many times as many candidates

/// Offers the schedule that was the fastest before, alone. Where there is none, or the judge refuses it: all that may be the fastest at
/// once, and then one by one, as long as none is accepted, those that are only there to fall back on.
class CodegenAttempt : public Attempt {
 public:
  explicit CodegenAttempt(Assignment assignment) : assignment_(std::move(assignment)) {}

  StepResult step() override {
    if (done_) return Done{};
    if (!choices_) {
      Result<Choices> choices =
          Choices::of(*assignment_.region.plan, assignment_.region.subgraph, assignment_.target, assignment_.may_round);
      if (!choices) return Done{choices.error().message};
      choices_.emplace(std::move(*choices));
      if (std::optional<Kernel> kernel = remembered()) return Candidates{{std::move(*kernel)}};
    }
    if (has_accepted_) return Done{};
    if (next_ == 0) waiting_ = worth_trying();
    Candidates offer;
    while (next_ < waiting_.size() && (offer.kernels.empty() || (next_ < wave() && assignment_.tuning != Tuning::kOff))) {
      Result<Kernel> kernel = write(waiting_[next_++]);
      if (!kernel) return Done{kernel.error().message};
      if (kernel->schedule != remembered_) offer.kernels.push_back(std::move(*kernel));
    }
    if (offer.kernels.empty()) return Done{};
    return offer;
  }

  void hear(const Kernel&, const Verdict& verdict) override { has_accepted_ = has_accepted_ || verdict.accepted(); }
  void cancel() override { done_ = true; }

 private:
  Result<Kernel> write(const Choice& choice) const {
    return generate(*assignment_.region.plan, assignment_.region.subgraph, choice);
  }

  std::optional<Kernel> remembered() {
    if (assignment_.remembered.empty()) return std::nullopt;
    const Result<Choice> choice = choices_->parse(assignment_.remembered);
    Result<Kernel> kernel = choice ? write(*choice) : tl::unexpected<Error>(choice.error());
    if (!kernel) {
      log_info("{}: the tuning cache's schedule is ignored: {}", assignment_.region.subgraph.id, kernel.error().message);
      return std::nullopt;
    }
    remembered_ = kernel->schedule;
    return std::move(*kernel);
  }

  /// At most as many choices as were asked for, the most promising first; the most careful one, which the others fall back on, is among them.
  std::vector<Choice> worth_trying() const {
    std::vector<Choice> all = choices_->own();
    size_t most = static_cast<size_t>(assignment_.candidates);
    if (all.size() > most) {
      const Choice careful = choices_->ranked(all.size());
      all.resize(most);
      if (std::none_of(all.begin(), all.end(), [&](const Choice& one) { return one.schedules == careful.schedules; }))
        all.back() = careful;
    }
    if (assignment_.tuning != Tuning::kFull) return all;
    most *= kFullShare;
    std::vector<Choice> others;
    for (const Choice& mine : all) {
      if (mine.predicted_ms > kClose * all.front().predicted_ms) continue;
      for (Choice& other : choices_->around(mine)) others.push_back(std::move(other));
    }
    std::stable_sort(others.begin(), others.end(),
                     [](const Choice& a, const Choice& b) { return a.predicted_ms < b.predicted_ms; });
    others.resize(std::min(others.size(), most - std::min(most, all.size())));
    const auto behind = std::find_if(all.begin(), all.end(),
                                     [&](const Choice& one) { return one.predicted_ms > kClose * all.front().predicted_ms; });
    all.insert(behind, others.begin(), others.end());
    return all;
  }

  /// How many of those that wait may be the fastest.
  size_t wave() const {
    const auto behind = std::find_if(waiting_.begin(), waiting_.end(), [&](const Choice& one) {
      return one.predicted_ms > kClose * waiting_.front().predicted_ms;
    });
    return static_cast<size_t>(behind - waiting_.begin());
  }

  Assignment assignment_;
  std::optional<Choices> choices_;
  std::vector<Choice> waiting_;  ///< the best first
  size_t next_ = 0;
  std::string remembered_;  ///< the schedule that was offered first
  bool has_accepted_ = false;
  bool done_ = false;
};

class CodegenAuthor : public Author {
 public:
  std::string name() const override { return "codegen"; }

  Decision accepts(const Region& region) const override {
    if (region.subgraph.type == "opaque") return Decision::refuse(fmt::format("{} cannot be emitted", region.subgraph.title));
    if (region.subgraph.launches.empty()) return Decision::refuse("the region was not planned into loop nests");
    return Decision::accept("every operator lowers to loops");
  }

  std::unique_ptr<Attempt> begin(Assignment assignment) override {
    return std::make_unique<CodegenAttempt>(std::move(assignment));
  }
};

}  // namespace

bool is_rounding(std::string_view schedules) {
  const std::vector<std::string> words = split(schedules, ' ');
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "precision=tf32" || word == "precision=fp16"; });
}

std::unique_ptr<Author> make_codegen_author() { return std::make_unique<CodegenAuthor>(); }

}  // namespace ka
