#include "agent/conversation.h"

#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kExchangesKept = 3;  ///< of those after the opening: reply and answer

}  // namespace

Conversation::Conversation(Models& models, std::string model, std::vector<Message> opening)
    : models_(models), model_(std::move(model)), opening_(opening.size()), messages_(std::move(opening)) {}

Task<Result<ModelReply>> Conversation::ask(std::string purpose) {
  for (int shortened = 0; shortened < 2; ++shortened) {
    ModelRequest request;
    request.model = model_;
    request.purpose = purpose;
    request.messages = to_send();
    Result<ModelReply> reply = co_await models_.ask(std::move(request));
    if (!reply) co_return reply;
    if (reply->finish == "refusal")
      co_return fail(Fault::kEnvironment, "the model refuses: " + shorten(first_line(reply->text), 200));
    if (reply->finish != "context") co_return reply;
    if (messages_.size() <= opening_ + 2) break;
    messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(opening_), messages_.end() - 2);  // all but the last exchange
  }
  co_return fail(Fault::kEnvironment, "the prompt is too long for the model");
}

void Conversation::go_on(std::string reply, Message answer) {
  messages_.push_back({Speaker::kAssistant, std::move(reply)});
  messages_.push_back(std::move(answer));
}

std::vector<Message> Conversation::to_send() const {
  const size_t kept = std::min(messages_.size() - opening_, 2 * kExchangesKept);
  std::vector<Message> sent(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(opening_));
  sent.insert(sent.end(), messages_.end() - static_cast<std::ptrdiff_t>(kept), messages_.end());
  return sent;
}

std::string Conversation::transcript() const {
  std::string text;
  for (const Message& message : to_send()) text += fmt::format("## {}\n\n{}\n\n", name(message.speaker), trim(message.text));
  return text;
}

}  // namespace ka
