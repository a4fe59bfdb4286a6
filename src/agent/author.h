#pragma once

#include <memory>
#include <string>

#include "agent/prompts.h"
#include "kernel/author.h"
#include "llm/models.h"
#include "process/loop.h"

namespace ka {

/// How an agent works.
struct AgentSettings {
  std::string model;  ///< free text with a provider's prefix, or an alias
  int seeds = 4;      ///< dialogues side by side, each with its own starting strategy
  int rounds = 10;    ///< kernels asked for in each
};

/// Makes the author that asks a model. Its attempt holds `seeds` dialogues; each asks for a kernel, hears the verdict, and asks again.
/// A failed call, a refusal or a reply without a kernel never becomes a kernel. The loop and the models outlive the author.
std::unique_ptr<Author> make_agent_author(Loop& loop, Models& models, Prompts prompts, AgentSettings settings);

}  // namespace ka
