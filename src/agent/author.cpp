#include "agent/author.h"

#include <algorithm>
#include <set>
#include <vector>

#include "agent/dialogue.h"
#include "base/text.h"

namespace ka {
namespace {

class AgentAttempt : public Attempt {
 public:
  AgentAttempt(Loop& loop, Models& models, const Prompts& prompts, const AgentSettings& settings, Assignment assignment)
      : assignment_(std::move(assignment)) {
    for (int seed = 0; seed < settings.seeds; ++seed)
      dialogues_.push_back(std::make_unique<Dialogue>(loop, models, prompts, settings, assignment_, seed));
    for (const auto& dialogue : dialogues_) dialogue->start();
  }

  StepResult step() override {
    if (cancelled_) return Done{"cancelled"};
    for (const auto& dialogue : dialogues_) {
      if (std::optional<Kernel> kernel = dialogue->take()) return Candidates{{std::move(*kernel)}};
    }
    const bool over = std::all_of(dialogues_.begin(), dialogues_.end(), [](const auto& one) { return one->ended(); });
    return over ? StepResult(Done{reasons()}) : StepResult(Waiting{});
  }

  void hear(const Kernel& candidate, const Verdict& verdict) override {
    // Two dialogues may have written the same text: both hear what is said about it.
    for (const auto& dialogue : dialogues_) {
      if (dialogue->awaits(candidate) && !dialogue->ended()) dialogue->hear(verdict);
    }
  }

  void cancel() override {
    cancelled_ = true;
    for (const auto& dialogue : dialogues_) dialogue->cancel();
  }

 private:
  std::string reasons() const {
    std::set<std::string> different;
    for (const auto& dialogue : dialogues_) different.insert(dialogue->reason());
    return join({different.begin(), different.end()}, "; ");
  }

  Assignment assignment_;
  std::vector<std::unique_ptr<Dialogue>> dialogues_;
  bool cancelled_ = false;
};

class AgentAuthor : public Author {
 public:
  AgentAuthor(Loop& loop, Models& models, Prompts prompts, AgentSettings settings)
      : loop_(loop), models_(models), prompts_(std::move(prompts)), settings_(std::move(settings)) {}

  std::string name() const override { return "agent"; }
  Decision accepts(const Region&) const override {
    if (const auto spent = models_.spent()) return Decision::refuse(*spent);
    return Decision::accept("a model is asked");
  }
  std::unique_ptr<Attempt> begin(Assignment assignment) override {
    return std::make_unique<AgentAttempt>(loop_, models_, prompts_, settings_, std::move(assignment));
  }

 private:
  Loop& loop_;
  Models& models_;
  Prompts prompts_;
  AgentSettings settings_;
};

}  // namespace

std::unique_ptr<Author> make_agent_author(Loop& loop, Models& models, Prompts prompts, AgentSettings settings) {
  return std::make_unique<AgentAuthor>(loop, models, std::move(prompts), std::move(settings));
}

}  // namespace ka
