#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

// KernelAgent as a library: this header and `find_package(kernelagent)`; an example is in examples/api/.
namespace ka {

/// Who is asked and how much. Everything else is a setting (docs/CONFIG.md) and comes from where the program's does: the environment, .env
/// and kernelagent.toml in `folder`.
struct AgentOptions {
  int workers = 4;      ///< dialogues with the model side by side
  int max_rounds = 10;  ///< kernels asked for in each
  std::string model;    ///< "openai/gpt-5", … (docs/MODELS.md); empty: the environment's, or `answer`
  /// A model of the caller's own: gets the conversation as text, returns the reply, or nothing where it fails. Called in the thread of
  /// the call below, which waits for it.
  std::function<std::optional<std::string>(const std::string& prompt)> answer;
  std::map<std::string, std::string> settings;  ///< further ones by key: {"platform", "cpu"}
  std::filesystem::path folder = ".";
};

/// What became of a request.
struct AgentResult {
  bool success = false;               ///< the judge accepts the program
  std::string message;                ///< why not
  std::string kernel_code;            ///< the program's text
  std::filesystem::path kernel_path;  ///< where it stands
  std::filesystem::path session_dir;  ///< the run's folder: everything that was asked, written and judged
};

/// Writes verified Triton programs. Every call is a run of its own, judged as the program's runs are: nothing here can turn that off.
class KernelAgent {
 public:
  explicit KernelAgent(AgentOptions options = {});

  /// From a description in words: a model writes the problem first.
  AgentResult generate_kernel(const std::string& description) const;
  /// One kernel by the model for the whole of a problem file.
  AgentResult generate_kernel_for(const std::filesystem::path& problem) const;
  /// A problem file through all phases, as `kernelagent run`; no model is needed.
  AgentResult run(const std::filesystem::path& problem) const;

 private:
  AgentOptions options_;
};

}  // namespace ka
