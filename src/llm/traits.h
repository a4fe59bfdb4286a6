#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "llm/provider.h"

namespace ka {

/// What a model family takes. Names that are not known get what every newer family takes: no temperature, the limits left to the service.
struct ModelTraits {
  enum class Reasoning {
    kNone,      ///< no such parameter
    kEffort,    ///< low, medium, high
    kBudget,    ///< a number of thinking tokens
    kAdaptive,  ///< decides itself, within an effort
  };
  int64_t max_output = 0;         ///< tokens of a reply at most; 0: not known
  std::optional<double> hottest;  ///< temperatures from 0 to this; nothing: it takes no temperature
  Reasoning reasoning = Reasoning::kNone;
};

/// By name, as the vendor writes it. For other vendors' models behind OpenAI's API: temperatures to 2, nothing else known.
ModelTraits openai_traits(std::string_view model);
ModelTraits anthropic_traits(std::string_view model);

/// The request's temperature brought into the model's range; nothing where none is to be sent.
std::optional<double> temperature_for(const ModelRequest& request, const ModelTraits& traits);
/// The request's token limit, at most the model's; 0 where neither says anything.
int64_t output_limit_for(const ModelRequest& request, const ModelTraits& traits);

}  // namespace ka
