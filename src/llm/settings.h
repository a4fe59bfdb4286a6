#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/result.h"
#include "llm/secret.h"

namespace ka {

/// Where a provider's service is and how it knows us.
struct Endpoint {
  std::string prefix;        ///< what model names begin with: "openai", "anthropic", or the user's own name for a service
  std::string provider;      ///< the row of the provider table that speaks its language
  std::string url;           ///< base URL; empty for providers that have none
  std::string key_variable;  ///< where the key is looked for; empty for providers that take none
  Secret key;
  std::string origin;               ///< where the URL came from: "default", or the variable's name
  std::chrono::seconds timeout{0};  ///< of a whole call, where the provider has a variable for it; 0: ModelTimeouts
};

/// How long each part of one attempt may take.
struct ModelTimeouts {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds first_byte{600'000};
  std::chrono::milliseconds idle{300'000};  ///< between two pieces of a reply
  std::chrono::milliseconds total{2'400'000};
};

struct RetrySettings {
  int attempts = 6;  ///< in all
  std::chrono::milliseconds base{1000};
  std::chrono::milliseconds cap{60'000};            ///< of a delay of our own choice
  std::chrono::milliseconds longest_wait{300'000};  ///< a server that asks for more is given up
};

/// What a run may spend; nothing set is no limit.
struct Budget {
  std::optional<double> usd;
  std::optional<int64_t> tokens;  ///< input and output together
  std::optional<int64_t> calls;
};

/// Reads "5", "$5", "2.50usd" as US dollars and "200000tokens", "200ktokens", "2Mtokens" as tokens into a budget.
Status parse_budget(const std::string& text, Budget& budget);

/// Everything that calls to models need. Made by `settings_from_environment`; a run then sets `budget`, `directory` and `record`.
struct ModelSettings {
  std::vector<Endpoint> endpoints;
  std::map<std::string, std::string> aliases;  ///< alias → full name
  ModelTimeouts timeouts;
  RetrySettings retry;
  int parallel = 16;               ///< calls in flight at a time, per endpoint
  double requests_per_minute = 0;  ///< per endpoint; 0: no limit of ours
  std::string reasoning;           ///< "low", "medium", "high"; empty: the model's own choice
  std::string prices;              ///< file with further prices; empty: none
  std::string certificates;        ///< file of certificate authorities; empty: the system's
  Budget budget;
  std::filesystem::path
      directory;  ///< ledger.jsonl and llm_calls/ live here, and stored replies are used again; empty: keep nothing
  std::filesystem::path record;  ///< append every reply to this transcript; empty: none
};

/// One variable that settings are read from; `kernelagent models --help` and docs/MODELS.md list them.
struct ModelVariable {
  std::string name, meaning;
};
/// Lists the variables, those of the providers included.
std::vector<ModelVariable> model_variables();

/// Reads the settings from the environment, else from `folder`/.env. Keys come from nowhere else. An error names the variable.
Result<ModelSettings> settings_from_environment(const std::filesystem::path& folder);
/// The same from given entries, the first that names a variable wins.
Result<ModelSettings> settings_from(const EnvEntries& entries);

}  // namespace ka
