#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/author.h"
#include "process/event.h"

namespace ka {

/// One seed: a conversation with a model about one region, until a kernel is accepted or its rounds are over.
class Dialogue {
 public:
  Dialogue(Loop& loop, Models& models, const Prompts& prompts, const AgentSettings& settings, const Assignment& assignment,
           int seed);

  /// Begins to ask. The dialogue must not move afterwards.
  void start();
  /// A kernel that waits to be judged, once.
  std::optional<Kernel> take();
  /// Tells the verdict about the kernel that was taken last; the conversation goes on.
  void hear(const Verdict& verdict);
  bool ended() const { return talk_.done(); }
  /// Why it ended without an accepted kernel.
  const std::string& reason() const { return reason_; }
  bool wrote(const Kernel& kernel) const { return kernel.source == last_source_; }
  void cancel() { talk_.reset(); }

 private:
  Task<void> talk();
  /// Asks for the next reply; empty when the dialogue cannot go on (`reason_` says why).
  Task<std::optional<ModelReply>> next_reply(int round);
  ModelRequest request(int round) const;
  void keep(int round, std::string_view file, std::string_view text) const;
  std::string transcript() const;

  Models& models_;
  const Prompts& prompts_;
  const AgentSettings& settings_;
  const Assignment& assignment_;
  int seed_;
  std::vector<Message> messages_;
  std::optional<Kernel> waiting_;
  std::optional<std::string> answer_;  ///< feedback about the kernel that was judged last
  bool accepted_ = false;
  std::string last_source_, reason_, last_verdict_;
  Event answered_;
  Task<void> talk_;
};

}  // namespace ka
