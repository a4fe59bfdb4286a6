#pragma once

#include <optional>
#include <string>

#include "agent/author.h"
#include "agent/conversation.h"
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
  /// Does it wait for the verdict about this text? One that has heard it is in its next round already.
  bool awaits(const Kernel& kernel) const { return awaiting_ && kernel.source == last_source_; }
  void cancel() { talk_.reset(); }

 private:
  Task<void> talk();
  void keep(int round, std::string_view file, std::string_view text) const;

  const Prompts& prompts_;
  const AgentSettings& settings_;
  const Assignment& assignment_;
  int seed_, round_ = 0;
  Conversation conversation_;
  std::optional<Kernel> waiting_;
  std::optional<std::string> answer_;  ///< feedback about the kernel that was judged last
  bool accepted_ = false, awaiting_ = false;
  std::string last_source_, reason_, last_verdict_;
  Event answered_;
  Task<void> talk_;
};

}  // namespace ka
