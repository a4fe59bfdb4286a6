#pragma once

#include <string>
#include <vector>

#include "llm/models.h"

namespace ka {

/// Questions to one model and its replies. Each request carries the opening and the newest exchanges; of a prompt that is too long for the
/// model older ones are left out. The models outlive the conversation, the conversation its tasks.
class Conversation {
 public:
  Conversation(Models& models, std::string model, std::vector<Message> opening);

  /// Asks for the next reply. The error says why there is none: a failed call, a refusal, a prompt that is too long however much is left out.
  Task<Result<ModelReply>> ask(std::string purpose);
  /// Adds a reply and what is said to it.
  void go_on(std::string reply, Message answer);
  /// The messages of the next request, as text.
  std::string transcript() const;

 private:
  std::vector<Message> to_send() const;

  Models& models_;
  std::string model_;
  size_t opening_;  ///< how many messages stay in every request
  std::vector<Message> messages_;
};

}  // namespace ka
