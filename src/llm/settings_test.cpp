#include "llm/settings.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

const Endpoint* endpoint(const ModelSettings& settings, std::string_view prefix) {
  for (const Endpoint& row : settings.endpoints)
    if (row.prefix == prefix) return &row;
  return nullptr;
}

std::string complaint(const EnvEntries& entries) {
  const auto settings = settings_from(entries);
  return settings ? "none" : settings.error().where + ": " + settings.error().message;
}

TEST(Settings, KnowTheVendorsByDefault) {
  const auto settings = *settings_from({});
  EXPECT_EQ(endpoint(settings, "openai")->url, "https://api.openai.com/v1");
  EXPECT_EQ(endpoint(settings, "anthropic")->url, "https://api.anthropic.com");
  EXPECT_EQ(endpoint(settings, "relay")->url, "");
  EXPECT_TRUE(endpoint(settings, "openai")->key.empty());
}

TEST(Settings, ReadVariablesTheFirstOfANameWins) {
  const auto settings = *settings_from({{"OPENAI_API_KEY", "sk-a"},
                                        {"OPENAI_API_KEY", "sk-b"},
                                        {"LLM_RELAY_URL", "http://relay"},
                                        {"LLM_RELAY_TIMEOUT_S", "90"},
                                        {"KERNELAGENT_ENDPOINTS", "vllm=http://127.0.0.1:8000/v1, box-2=anthropic+https://box"},
                                        {"VLLM_API_KEY", "v"},
                                        {"KERNELAGENT_ALIASES", "fast=openai/gpt-5-mini,\nbest = anthropic/claude-opus-4-5"},
                                        {"KERNELAGENT_LLM_PARALLEL", "4"},
                                        {"KERNELAGENT_LLM_TIMEOUT_S", "60"}});
  EXPECT_EQ(endpoint(settings, "openai")->key.reveal(), "sk-a");
  EXPECT_EQ(endpoint(settings, "openai-chat")->key.reveal(), "sk-a");
  EXPECT_EQ(endpoint(settings, "relay")->origin, "LLM_RELAY_URL");
  EXPECT_EQ(endpoint(settings, "relay")->timeout.count(), 90);
  EXPECT_EQ(endpoint(settings, "vllm")->provider, "openai-chat");
  EXPECT_EQ(endpoint(settings, "vllm")->key.reveal(), "v");
  EXPECT_EQ(endpoint(settings, "box-2")->provider, "anthropic");
  EXPECT_EQ(endpoint(settings, "box-2")->url, "https://box");
  EXPECT_EQ(endpoint(settings, "box-2")->key_variable, "BOX_2_API_KEY");
  EXPECT_EQ(settings.aliases.at("best"), "anthropic/claude-opus-4-5");
  EXPECT_EQ(settings.parallel, 4);
  EXPECT_EQ(settings.timeouts.first_byte.count(), 60'000);
}

TEST(Settings, SayWhichVariableIsWrong) {
  EXPECT_EQ(complaint({{"KERNELAGENT_LLM_PARALLEL", "many"}}), "KERNELAGENT_LLM_PARALLEL: 'many' is not a number from 1 to 1024");
  EXPECT_EQ(complaint({{"LLM_RELAY_TIMEOUT_S", "0"}}), "LLM_RELAY_TIMEOUT_S: '0' is not a number from 1 to 604800");
  EXPECT_EQ(complaint({{"KERNELAGENT_ALIASES", "fast"}}), "KERNELAGENT_ALIASES: 'fast' is not NAME=VALUE");
  EXPECT_EQ(complaint({{"KERNELAGENT_ENDPOINTS", "openai=http://x"}}),
            "KERNELAGENT_ENDPOINTS: 'openai' is not a new name: a provider has it");
  EXPECT_EQ(complaint({{"KERNELAGENT_ENDPOINTS", "x=what+http://x"}}),
            "KERNELAGENT_ENDPOINTS: 'what+http://x' is not a URL, or PROVIDER+URL of a provider that speaks HTTP");
  EXPECT_EQ(complaint({{"KERNELAGENT_REASONING", "extreme"}}), "KERNELAGENT_REASONING: 'extreme' is not low, medium or high");
}

TEST(Settings, ReadBudgets) {
  const auto read = [](const std::string& text) -> std::string {
    Budget budget;
    if (const auto status = parse_budget(text, budget); !status) return status.error().message;
    return budget.usd ? fmt::format("{} USD", *budget.usd) : fmt::format("{} tokens", *budget.tokens);
  };
  EXPECT_EQ(read("5"), "5 USD");
  EXPECT_EQ(read("$0.5"), "0.5 USD");
  EXPECT_EQ(read("2.50 USD"), "2.5 USD");
  EXPECT_EQ(read("200000tokens"), "200000 tokens");
  EXPECT_EQ(read("200k tokens"), "200000 tokens");
  EXPECT_EQ(read("2Mtokens"), "2000000 tokens");
  EXPECT_EQ(read("0"), "'0' is not an amount: 5, 2.50usd, 200000tokens, 2Mtokens");
  EXPECT_EQ(read("much"), "'much' is not an amount: 5, 2.50usd, 200000tokens, 2Mtokens");
}

}  // namespace
}  // namespace ka
