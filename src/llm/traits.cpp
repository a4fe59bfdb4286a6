#include "llm/traits.h"

#include <algorithm>
#include <array>

namespace ka {
namespace {

using Reasoning = ModelTraits::Reasoning;

struct Family {
  std::string_view start;  ///< of the name; the first that fits counts
  ModelTraits traits;
};

// Sources: the vendors' model pages (developers.openai.com/api/docs/models, platform.claude.com/docs/en/about-claude/models), read 2026-11.
const std::array<Family, 13> kOpenAi = {{
    {"gpt-5-chat", {16'384, 2.0, Reasoning::kNone}},
    {"gpt-5", {128'000, std::nullopt, Reasoning::kEffort}},
    {"gpt-4.1", {32'768, 2.0, Reasoning::kNone}},
    {"gpt-4o", {16'384, 2.0, Reasoning::kNone}},
    {"gpt-4-turbo", {4'096, 2.0, Reasoning::kNone}},
    {"gpt-4", {8'192, 2.0, Reasoning::kNone}},
    {"gpt-3.5", {4'096, 2.0, Reasoning::kNone}},
    {"gpt-oss", {0, 2.0, Reasoning::kEffort}},
    {"gpt-", {0, std::nullopt, Reasoning::kEffort}},
    {"o1-mini", {65'536, std::nullopt, Reasoning::kNone}},
    {"o1", {100'000, std::nullopt, Reasoning::kEffort}},
    {"o3", {100'000, std::nullopt, Reasoning::kEffort}},
    {"o4", {100'000, std::nullopt, Reasoning::kEffort}},
}};

const std::array<Family, 13> kAnthropic = {{
    {"claude-3-7", {64'000, 1.0, Reasoning::kBudget}},
    {"claude-3-5", {8'192, 1.0, Reasoning::kNone}},
    {"claude-3", {4'096, 1.0, Reasoning::kNone}},
    {"claude-opus-4-5", {64'000, 1.0, Reasoning::kBudget}},
    {"claude-opus-4-1", {32'000, 1.0, Reasoning::kBudget}},
    {"claude-opus-4-2", {32'000, 1.0, Reasoning::kBudget}},  // claude-opus-4-20250514
    {"claude-opus-4-0", {32'000, 1.0, Reasoning::kBudget}},
    {"claude-sonnet-4-5", {64'000, 1.0, Reasoning::kBudget}},
    {"claude-sonnet-4-2", {64'000, 1.0, Reasoning::kBudget}},  // claude-sonnet-4-20250514
    {"claude-sonnet-4-0", {64'000, 1.0, Reasoning::kBudget}},
    {"claude-haiku-4-5", {64'000, 1.0, Reasoning::kBudget}},
    {"claude-sonnet-4-6", {64'000, std::nullopt, Reasoning::kAdaptive}},
    {"claude-", {128'000, std::nullopt, Reasoning::kAdaptive}},
}};

template <class Families>
ModelTraits lookup(const Families& families, std::string_view model, ModelTraits otherwise) {
  for (const Family& family : families)
    if (model.starts_with(family.start)) return family.traits;
  return otherwise;
}

}  // namespace

ModelTraits openai_traits(std::string_view model) { return lookup(kOpenAi, model, {0, 2.0, Reasoning::kNone}); }

// The API wants a limit in every request, also for a name that is none of Anthropic's own (a gateway's).
// Relays write "claude-opus-4.5" for "claude-opus-4-5".
ModelTraits anthropic_traits(std::string_view model) {
  std::string name(model);
  std::replace(name.begin(), name.end(), '.', '-');
  return lookup(kAnthropic, name, {32'000, 1.0, Reasoning::kNone});
}

std::optional<double> temperature_for(const ModelRequest& request, const ModelTraits& traits) {
  if (!request.temperature || !traits.hottest) return std::nullopt;
  return std::clamp(*request.temperature, 0.0, *traits.hottest);
}

int64_t output_limit_for(const ModelRequest& request, const ModelTraits& traits) {
  if (request.max_tokens <= 0) return traits.max_output;
  return traits.max_output > 0 ? std::min(request.max_tokens, traits.max_output) : request.max_tokens;
}

}  // namespace ka
