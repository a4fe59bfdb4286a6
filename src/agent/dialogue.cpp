#include "agent/dialogue.h"

#include "agent/feedback.h"
#include "agent/reply.h"
#include "agent/workload.h"
#include "base/text.h"
#include "kernel/verdict.h"

namespace ka {
namespace {

constexpr size_t kOpening = 2;        ///< the system message and the first question stay in every request
constexpr size_t kExchangesKept = 3;  ///< of the later ones: reply and verdict

}  // namespace

Dialogue::Dialogue(Loop& loop, Models& models, const Prompts& prompts, const AgentSettings& settings,
                   const Assignment& assignment, int seed)
    : models_(models), prompts_(prompts), settings_(settings), assignment_(assignment), seed_(seed), answered_(loop) {
  Brief brief;
  brief.specification = specification(assignment.region, assignment.target);
  brief.problem = assignment.problem;
  brief.kinds = kinds_of_work(assignment.region);
  brief.target = assignment.target;
  brief.seed = seed;
  if (assignment.champion) brief.champion = &*assignment.champion;
  messages_ = prompts.first(brief);
}

void Dialogue::start() {
  talk_ = talk();
  talk_.start();
}

std::optional<Kernel> Dialogue::take() { return std::exchange(waiting_, std::nullopt); }

void Dialogue::hear(const Verdict& verdict) {
  waiting_.reset();
  accepted_ = verdict.accepted();
  answer_ = feedback(verdict);
  last_verdict_ = fmt::format("{}: {}", name(verdict.kind), verdict.reason);
  answered_.notify();
}

Task<void> Dialogue::talk() {
  for (int round = 1; round <= settings_.rounds && !accepted_; ++round) {
    keep(round, "prompt.md", transcript());
    const std::optional<ModelReply> reply = co_await next_reply(round);
    if (!reply) co_return;
    keep(round, "reply.md", reply->text);
    std::string answer;
    Result<std::string> source = module_from_reply(reply->text);
    if (!source) {
      reason_ = source.error().message;
      answer = feedback_without_kernel(reply->finish == "length" ? "the reply was cut off at its limit; be brief" : reason_);
    } else {
      last_source_ = *source;
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
    messages_.push_back({Speaker::kAssistant, reply->text});
    messages_.push_back(prompts_.repair(answer, settings_.rounds - round));
  }
}

Task<std::optional<ModelReply>> Dialogue::next_reply(int round) {
  for (int shortened = 0; shortened < 2; ++shortened) {
    ModelRequest asked = request(round);
    Result<ModelReply> reply = co_await models_.ask(std::move(asked));
    if (!reply) {
      reason_ = reply.error().message;
      if (!last_verdict_.empty()) reason_ += fmt::format(" (its last kernel: {})", last_verdict_);
      co_return std::nullopt;
    }
    if (reply->finish == "refusal") {
      reason_ = "the model refuses: " + shorten(first_line(reply->text), 200);
      co_return std::nullopt;
    }
    if (reply->finish != "context") co_return std::move(*reply);
    reason_ = "the prompt is too long for the model";
    if (messages_.size() <= kOpening + 2) break;
    messages_.erase(messages_.begin() + kOpening, messages_.end() - 2);  // all but the last exchange
  }
  co_return std::nullopt;
}

ModelRequest Dialogue::request(int round) const {
  ModelRequest request;
  request.model = settings_.model;
  request.purpose = fmt::format("write {} seed {} round {}", assignment_.region.subgraph.id, seed_ + 1, round);
  request.messages.assign(messages_.begin(), messages_.begin() + kOpening);
  const size_t kept = std::min(messages_.size() - kOpening, 2 * kExchangesKept);
  request.messages.insert(request.messages.end(), messages_.end() - static_cast<std::ptrdiff_t>(kept), messages_.end());
  return request;
}

void Dialogue::keep(int round, std::string_view file, std::string_view text) const {
  if (assignment_.keep) assignment_.keep(fmt::format("seed_{}/round_{}/{}", seed_ + 1, round, file), text);
}

std::string Dialogue::transcript() const {
  std::string text;
  for (const Message& message : request(0).messages)
    text += fmt::format("## {}\n\n{}\n\n", name(message.speaker), trim(message.text));
  return text;
}

}  // namespace ka
