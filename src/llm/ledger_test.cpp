#include "llm/ledger.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "llm/prices.h"
#include "llm/purse.h"
#include "llm/reply_store.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

/// A fresh folder, removed at the end.
struct Folder {
  fs::path path = *make_temp_dir("ledger-");
  ~Folder() { (void)remove_tree(path); }
};

LedgerEntry entry(std::string call, int64_t input, int64_t output, std::optional<double> usd) {
  LedgerEntry line;
  line.call = std::move(call);
  line.outcome = line.call.empty() ? "failed: HTTP 500" : "reply";
  line.usage = {input, 0, 0, output, true};
  line.usd = usd;
  return line;
}

TEST(Ledger, AddsUpAcrossProcesses) {
  const Folder folder;
  const fs::path file = folder.path / "ledger.jsonl";
  {
    auto ledger = *Ledger::open(file);
    ASSERT_TRUE(ledger.add(entry("a.0", 100, 10, 0.5)));
    ASSERT_TRUE(ledger.add(entry("", 50, 0, std::nullopt)));
  }
  const auto again = *Ledger::open(file);
  EXPECT_TRUE(again.has("a.0"));
  EXPECT_EQ(
      to_text(again.totals()),
      "2 calls (1 failed), 150 tokens in (0 cached), 10 out, 0.5000 USD; 1 call of models without a known price are not in the USD");
}

TEST(Ledger, DropsALineThatAKillCut) {
  const Folder folder;
  const fs::path file = folder.path / "ledger.jsonl";
  {
    auto ledger = *Ledger::open(file);
    ASSERT_TRUE(ledger.add(entry("a.0", 100, 10, 0.5)));
  }
  ASSERT_TRUE(append_file(file, R"({"time":"2026)"));
  auto ledger = *Ledger::open(file);
  ASSERT_TRUE(ledger.add(entry("b.0", 1, 1, 0.25)));
  EXPECT_EQ(Ledger::open(file)->totals().usd, 0.75);
  ASSERT_TRUE(append_file(file, "no json\n"));
  EXPECT_EQ(Ledger::open(file).error().where, file.string() + ":3");
}

TEST(ReplyStore, KeepsRepliesByQuestionPurposeAndOrdinal) {
  const Folder folder;
  ModelRequest request;
  request.messages = {{Speaker::kUser, "Write relu."}};
  request.purpose = "write sg_01 seed 1 round 1";
  ReplyStore store(folder.path);
  const std::string first = store.next_key("openai/gpt-5", request), second = store.next_key("openai/gpt-5", request);
  EXPECT_NE(first, second);
  EXPECT_NE(store.next_key("openai/gpt-4o", request), first);
  ModelReply reply;
  reply.text = "def relu";
  reply.finish = "stop";
  reply.usage = {5, 1, 0, 7, true};
  ASSERT_TRUE(store.save(second, "openai/gpt-5", request, reply, entry(second, 5, 7, 0.1)));

  ReplyStore resumed(folder.path);
  EXPECT_FALSE(resumed.load(resumed.next_key("openai/gpt-5", request)));
  const auto kept = resumed.load(resumed.next_key("openai/gpt-5", request));
  ASSERT_TRUE(kept);
  EXPECT_EQ(compact(to_json(*kept)), compact(to_json(reply)));
  request.purpose = "write sg_01 seed 2 round 1";
  EXPECT_FALSE(resumed.load(resumed.next_key("openai/gpt-5", request)));
}

TEST(ReplyStore, TellsTheLedgerWhatAKillKeptOut) {
  const Folder folder;
  const ReplyStore store(folder.path);
  ASSERT_TRUE(store.save("a.0", "m", {}, {}, entry("a.0", 10, 20, 0.3)));
  auto ledger = *Ledger::open({});
  ASSERT_TRUE(store.reconcile(ledger));
  ASSERT_TRUE(store.reconcile(ledger));
  EXPECT_EQ(ledger.totals().calls, 1);
  EXPECT_EQ(ledger.totals().usd, 0.3);
}

TEST(Prices, AreFoundByNameWithoutDate) {
  const PriceTable prices = PriceTable::builtin();
  const Usage usage = {1'000'000, 400'000, 0, 100'000, true};
  EXPECT_DOUBLE_EQ(prices.find("openai/gpt-5-2025-08-07")->of(usage), 0.6 * 1.25 + 0.4 * 0.125 + 1.0);
  EXPECT_DOUBLE_EQ(prices.find("openai-chat/gpt-5")->output, 10);
  const Usage written = {1'000'000, 0, 1'000'000, 0, true};
  EXPECT_DOUBLE_EQ(prices.find("anthropic/claude-sonnet-4-5-20250929")->of(written), 3.75);
  EXPECT_FALSE(prices.find("openai/gpt-5-pro"));  // not gpt-5
  EXPECT_FALSE(prices.find("vllm/gpt-5"));
}

TEST(Prices, TakeTheUsersRows) {
  PriceTable prices = PriceTable::builtin();
  ASSERT_TRUE(prices.add(*parse_json(R"({"models":{"vllm/qwen":{"input":1,"output":2}}})", "p"), "p"));
  EXPECT_DOUBLE_EQ(prices.find("vllm/qwen")->cached, 1);
  EXPECT_EQ(prices.add(*parse_json(R"({"models":{"x":{"input":1}}})", "p"), "p").error().message,
            "the price of x needs \"input\" and \"output\", in USD per million tokens");
  EXPECT_FALSE(prices.add(*parse_json("[]", "p"), "p"));
}

using Kind = Purse::Answer::Kind;

TEST(Purse, SetsAsideWhatCallsInFlightMayCost) {
  Budget budget;
  budget.tokens = 10'000;
  Purse purse(budget);
  LedgerTotals spent;
  const Need need{1000, 6000, std::nullopt};
  EXPECT_EQ(purse.ask(need, spent).output, 6000);
  purse.set_aside(need);
  EXPECT_EQ(purse.ask(need, spent).kind, Kind::kWait);  // 7000 may go to the first
  purse.give_back(need);
  spent.usage.input = 1000;
  spent.usage.output = 4000;
  EXPECT_EQ(purse.ask(need, spent).output, 4000);  // less than asked for: all that is left
  spent.usage.output = 7000;
  const auto answer = purse.ask(need, spent);
  EXPECT_EQ(answer.kind, Kind::kRefused);
  EXPECT_EQ(answer.reason, "the budget of 10000 tokens is spent (8000 used, this call reads about 1000)");
}

TEST(Purse, CountsUsdOfPricedModelsOnly) {
  Budget budget;
  budget.usd = 1;
  Purse purse(budget);
  LedgerTotals spent;
  spent.usd = 0.9;
  const Price price{10, 10, 10, 100};
  EXPECT_EQ(purse.ask({100, 500, price}, spent).output, 500);
  EXPECT_EQ(purse.ask({100, 5000, price}, spent).kind, Kind::kRefused);
  EXPECT_EQ(purse.ask({100, 5000, price}, spent).reason, "the budget of 1.00 USD is spent (0.9000 used)");
  EXPECT_EQ(purse.ask({100, 5000, std::nullopt}, spent).output, 5000);
}

TEST(Purse, CountsCalls) {
  Budget budget;
  budget.calls = 2;
  Purse purse(budget);
  LedgerTotals spent;
  spent.calls = 1;
  const Need need{10, 10, std::nullopt};
  EXPECT_EQ(purse.ask(need, spent).kind, Kind::kGranted);
  purse.set_aside(need);
  EXPECT_EQ(purse.ask(need, spent).reason, "the limit of 2 calls is reached");
}

}  // namespace
}  // namespace ka
