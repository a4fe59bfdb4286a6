#pragma once

#include <memory>
#include <optional>
#include <string>

#include "llm/ledger.h"
#include "llm/provider.h"
#include "llm/settings.h"
#include "process/loop.h"

namespace ka {

/// The only way to models: picks the provider from the model's name, keeps rate limits, retries, budget, ledger and stored replies.
/// Outlives the tasks of its calls; the loop outlives it. Destroying the task of an `ask` cancels the call.
class Models {
 public:
  /// Errors: a setting that cannot be, a ledger or record file that cannot be read or written.
  static Result<std::unique_ptr<Models>> open(Loop& loop, ModelSettings settings);
  virtual ~Models() = default;

  /// Asks a model. A refusal and a prompt that is too long are replies (`ModelReply::finish`). Errors: Fault::kInput for an unknown model,
  /// a missing or refused key, a request the service cannot read; Fault::kEnvironment when the service cannot be reached or stays
  /// overloaded after all retries, and when the budget is spent (`spent()` then says so); Fault::kInterrupted.
  virtual Task<Result<ModelReply>> ask(ModelRequest request) = 0;

  /// Says why no further call is made, once one was refused for the budget's sake.
  virtual std::optional<std::string> spent() const = 0;
  /// Resolves a name: aliases, then the prefix; the error lists what is configured. "openai/gpt-5" for "gpt-5".
  virtual Result<std::string> full_name(const std::string& model) const = 0;
  /// Asks the service behind a prefix whether it answers and knows us.
  virtual Task<Result<std::string>> probe(std::string prefix) = 0;
  virtual const Ledger& ledger() const = 0;
  virtual const ModelSettings& settings() const = 0;
};

}  // namespace ka
