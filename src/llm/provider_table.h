#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "llm/dialect.h"
#include "llm/http.h"

namespace ka {

/// What a provider is made from; all of it outlives the provider.
struct ProviderSetup {
  Loop& loop;
  HttpClient& http;
  const Endpoint& endpoint;
  const ModelSettings& settings;
};

/// One way to reach models.
struct ProviderRow {
  std::string prefix;                                        ///< what model names begin with: "openai"
  std::string meaning;                                       ///< one line for people, with an example
  std::string key_variable, url_variable, timeout_variable;  ///< environment variables; empty where there is none
  std::string url;  ///< the default; empty where the variable must name one, or nothing is
  bool needs_url = false, needs_key = false;
  bool free = false;                       ///< its replies cost nothing
  std::vector<std::string> plain_names;    ///< regular expressions: names without a prefix that are this provider's
  std::shared_ptr<const Dialect> dialect;  ///< for those that speak HTTP
  std::function<std::unique_ptr<Provider>(const ProviderSetup&)> make;  ///< for the others
};

/// The ways to reach models, filled by the drawer (`llm/drawer/*.cpp`).
class ProviderTable {
 public:
  void add(ProviderRow row) { rows_.push_back(std::move(row)); }
  const std::vector<ProviderRow>& rows() const { return rows_; }
  /// Finds a row; null where there is none.
  const ProviderRow* find(std::string_view prefix) const;

 private:
  std::vector<ProviderRow> rows_;
};

/// The table, made once.
const ProviderTable& provider_table();
/// Adds a way to reach models that a program brings with it; its prefix is new. Not while models are asked.
void add_provider(ProviderRow row);

/// Makes the provider that a row describes.
std::unique_ptr<Provider> make_provider(const ProviderRow& row, const ProviderSetup& setup);

}  // namespace ka
