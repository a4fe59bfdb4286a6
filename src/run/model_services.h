#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ka {

/// A service that models can be asked through, as `kernelagent models` lists it. Never holds a key.
struct ModelService {
  std::string prefix, provider, meaning, url, origin, key_variable;
  enum class Key { kSet, kMissing, kNotSet, kNone } key = Key::kNone;  ///< kNotSet: none is set, and none may be needed
  bool set_up = false;  ///< it has a URL where it needs one, and a key where it needs one
  bool asked = false;   ///< it was probed
  bool answers = false;
  std::string answer;  ///< what it said, or what is wrong with it
};

struct ModelListing {
  std::vector<ModelService> services;
  std::vector<std::pair<std::string, std::string>>
      aliases;  ///< alias, full name; the name is empty where the alias leads nowhere
};

/// Lists what the environment and `folder`/.env configure; with `probe`, asks every service that has what it needs whether it answers.
/// Errors: a setting that cannot be read; interrupted.
Result<ModelListing> list_models(const std::filesystem::path& folder, bool probe);

Json to_json(const ModelListing& listing);
std::string to_text(const ModelListing& listing);

/// Lists the environment variables that settings are read from, one a line.
std::string describe_model_variables();

/// One question, asked several times side by side.
struct Question {
  std::string model, system, text;
  int64_t max_tokens = 0;
  std::optional<double> temperature;
  std::string budget;  ///< as `parse_budget` reads it, or empty
  int64_t max_calls = 0;
  int copies = 1;
  std::filesystem::path record, directory;
};

/// What came of a question: the replies in order, and the account. A copy that got no reply has an error instead.
struct Answers {
  std::vector<Result<Json>> replies;
  Json totals;
  std::string totals_text;
};

/// Asks, with the settings of the environment and `folder`/.env; `on_text` is called with each piece of the first copy's reply.
/// Errors: a setting that cannot be read.
Result<Answers> ask_models(const Question& question, const std::filesystem::path& folder,
                           const std::function<void(std::string_view)>& on_text);

}  // namespace ka
