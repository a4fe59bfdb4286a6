#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "llm/provider.h"

namespace ka {

/// USD per million tokens.
struct Price {
  double input = 0, cached = 0, cache_write = 0, output = 0;
  /// What a call costs.
  double of(const Usage& usage) const;
};

/// Prices by full model name ("openai/gpt-5"), from data/prices.json and the user's own file in the same form.
class PriceTable {
 public:
  /// The built-in table.
  static PriceTable builtin();
  /// Adds or replaces rows: {"models": {"vllm/qwen": {"input": 0.1, "cached": 0.1, "output": 0.2}}}; `cached` and `cache_write` default to
  /// `input`. An error names the row.
  Status add(const Json& json, std::string_view where);
  /// Finds a model's price: its name, or the name without a date ("-20250929", "-2025-08-07", "-latest"); Chat Completions cost what
  /// Responses cost. Nothing where no price is known.
  std::optional<Price> find(const std::string& model) const;
  /// When the built-in prices were read.
  const std::string& date() const { return date_; }

 private:
  std::map<std::string, Price> rows_;
  std::string date_;
};

}  // namespace ka
