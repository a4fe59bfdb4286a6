#include "agent/dialogue.h"

#include "agent/feedback.h"
#include "agent/reply.h"
#include "agent/workload.h"
#include "base/text.h"
#include "kernel/verdict.h"

namespace ka {
namespace {

std::vector<Message> opening(const Prompts& prompts, const Assignment& assignment, int seed) {
  Brief brief;
  brief.specification = specification(assignment.region, assignment.target);
  brief.problem = assignment.problem;
  brief.kinds = kinds_of_work(assignment.region);
  brief.target = assignment.target;
  brief.seed = seed;
  if (assignment.champion) brief.champion = &*assignment.champion;
  return prompts.first(brief);
}

}  // namespace

Dialogue::Dialogue(Loop& loop, Models& models, const Prompts& prompts, const AgentSettings& settings,
                   const Assignment& assignment, int seed)
    : prompts_(prompts),
      settings_(settings),
      assignment_(assignment),
      seed_(seed),
      conversation_(models, settings.model, opening(prompts, assignment, seed)),
      answered_(loop) {}

void Dialogue::start() {
  talk_ = talk();
  talk_.start();
}

std::optional<Kernel> Dialogue::take() { return std::exchange(waiting_, std::nullopt); }

void Dialogue::hear(const Verdict& verdict) {
  waiting_.reset();
  awaiting_ = false;
  accepted_ = verdict.accepted();
  answer_ = feedback(verdict);
  keep(round_, "verdict.json", pretty(to_json(verdict)));
  last_verdict_ = fmt::format("{}: {}", name(verdict.kind), verdict.reason);
  answered_.notify();
}

Task<void> Dialogue::talk() {
  for (int round = 1; round <= settings_.rounds && !accepted_; ++round) {
    round_ = round;
    keep(round, "prompt.md", conversation_.transcript());
    std::string purpose = fmt::format("write {} seed {} round {}", assignment_.region.subgraph.id, seed_ + 1, round);
    const Result<ModelReply> reply = co_await conversation_.ask(std::move(purpose));
    if (!reply) {
      reason_ = reply.error().message;
      if (!last_verdict_.empty()) reason_ += fmt::format(" (its last kernel: {})", last_verdict_);
      co_return;
    }
    keep(round, "reply.md", reply->text);
    std::string answer;
    Result<std::string> source = module_from_reply(reply->text);
    if (!source) {
      reason_ = source.error().message;
      answer = feedback_without_kernel(reply->finish == "length" ? "the reply was cut off at its limit; be brief" : reason_);
    } else {
      last_source_ = *source;
      awaiting_ = true;
      keep(round, "kernel.py", *source);
      waiting_ = module_kernel(assignment_.region, "agent:" + settings_.model, std::move(*source));
      while (!answer_) {
        const bool notified = co_await answered_.wait();
        if (!notified) co_return;
      }
      answer = *std::exchange(answer_, std::nullopt);
      reason_ = last_verdict_;
    }
    keep(round, "feedback.md", answer);
    conversation_.go_on(reply->text, prompts_.repair(answer, settings_.rounds - round));
  }
}

void Dialogue::keep(int round, std::string_view file, std::string_view text) const {
  if (assignment_.keep) assignment_.keep(fmt::format("seed_{}/round_{}/{}", seed_ + 1, round, file), text);
}

}  // namespace ka
