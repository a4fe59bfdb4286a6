#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/author.h"
#include "llm/provider.h"

namespace ka {

/// What one seed of an attempt is asked.
struct Brief {
  std::string specification;  ///< of the region, in words
  std::string problem;        ///< the reference as a problem file
  std::vector<std::string> kinds;
  Target target;
  int seed = 0;  ///< chooses the strategy
  const Champion* champion = nullptr;
};

/// The prompts' texts: Mustache templates in prompts/, embedded at build. A folder may replace any of them by a file of the same name.
class Prompts {
 public:
  /// An error names a file of `folder` that is no prompt, or cannot be read. An empty folder: the built-in ones.
  static Result<Prompts> open(const std::filesystem::path& folder);

  /// The system message and the first question.
  std::vector<Message> first(const Brief& brief) const;
  /// The opening of a conversation that turns words into a problem file.
  std::vector<Message> problem(const std::string& description) const;
  /// The opening of a conversation that makes a program traceable: its text, why it is not, and which approach this seed begins with.
  std::vector<Message> refactor(const std::string& problem, const std::string& reason, int seed) const;
  /// The question which of two equally good ways a program should take.
  std::vector<Message> route(const std::string& problem, const std::string& features, const std::string& refused) const;
  /// The question which neighbouring subgraphs of a plan, at most `count` groups, should be one kernel.
  std::vector<Message> fusion(const std::string& plan, const Target& target, int64_t count) const;
  /// The next question: what came of the answer before.
  Message repair(const std::string& feedback, int rounds_left) const;

 private:
  std::string fill(const std::string& name, const std::map<std::string, std::string>& values) const;

  std::map<std::string, std::string> texts_;  ///< by path below prompts/
};

}  // namespace ka
