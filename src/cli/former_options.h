#pragma once

#include <map>
#include <string>

#include "cli/command.h"

namespace ka {

/// Options by the names that KernelAgent's first version gave them, turned into settings. A setting's own flag comes before them.
class FormerOptions {
 public:
  /// Adds an option that sets the setting `key`.
  void add(CLI::App& app, const char* option, const char* type, std::string_view key);
  /// Adds `--verify`, `--workers`, `--max-iters`, `--llm-timeout-s`, `--run-timeout-s`.
  void add_usual(CLI::App& app);
  /// Adds an option that is accepted and has nothing to set any more; `why` is its help.
  void add_idle(CLI::App& app, const char* option, const char* why);
  /// Takes what was given over into a command's settings.
  void apply(Invocation& invocation) const;

 private:
  Overrides given_;
  std::string model_timeout_;  ///< seconds; no setting but a variable of the models' own
};

/// Returns what a stage of the pipeline is to work on: `what`, or the run whose folder holds the file `subgraphs`.
Result<std::string> problem_or_run(const std::string& what, const std::string& subgraphs);

}  // namespace ka
