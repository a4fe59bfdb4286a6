#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/config.h"

namespace CLI {
class App;
}

namespace ka {

/// What every command gets: where it prints, whether as JSON, and the settings given as flags.
struct Invocation {
  bool json = false;             ///< --json: standard output carries JSON only
  Overrides flags;               ///< settings given on the command line
  std::filesystem::path folder;  ///< the working folder; .env and kernelagent.toml are read from here

  /// Resolves the settings (flags, environment, .env, kernelagent.toml, defaults).
  Result<Config> config() const { return load_config(flags, folder); }
};

/// Exit codes beside those of `exit_code(Fault)`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitNotVerified = 1;

/// One subcommand. `declare` adds its options and arguments; `perform` does it and returns the exit code or what went wrong.
struct Command {
  std::string name;
  std::string summary;                     ///< one line, for the list of commands
  std::string description;                 ///< what it prints and leaves, for its own --help
  std::vector<std::string_view> settings;  ///< keys of the settings (run/config.h) it takes as flags
  std::function<void(CLI::App&)> declare;
  std::function<Result<int>(const Invocation&)> perform;
};

/// The commands, filled by the drawer (`cli/drawer/*.cpp`).
class CommandTable {
 public:
  void add(Command command) { rows_.push_back(std::move(command)); }
  const std::vector<Command>& rows() const { return rows_; }

 private:
  std::vector<Command> rows_;
};

/// Prints one JSON document to standard output.
void print_json(const Json& json);

/// Prints text to standard output as it is.
void print_text(std::string_view text);

}  // namespace ka
