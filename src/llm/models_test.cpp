#include "llm/models.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include "base/file.h"
#include "process/when_all.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

struct ModelsTest : testing::Test {
  Loop loop;
  fs::path folder = *make_temp_dir("models-");
  ~ModelsTest() override { (void)remove_tree(folder); }

  std::unique_ptr<Models> open(ModelSettings settings) { return *Models::open(loop, std::move(settings)); }
  std::unique_ptr<Models> open() { return open(*settings_from({})); }
  std::string transcript(std::string_view lines) {
    const fs::path file = folder / "transcript.jsonl";
    EXPECT_TRUE(write_file_atomic(file, lines));
    return "replay/" + file.string();
  }
};

ModelRequest question(std::string model, std::string text = "Write relu.", std::string purpose = "write sg_01") {
  ModelRequest request;
  request.model = std::move(model);
  request.messages = {{Speaker::kUser, std::move(text)}};
  request.purpose = std::move(purpose);
  return request;
}

std::string shown(const Result<ModelReply>& reply) { return reply ? reply->text : "error: " + reply.error().message; }

TEST_F(ModelsTest, ResolvesNamesAndNeverGuesses) {
  auto settings =
      *settings_from({{"KERNELAGENT_ALIASES", "best=opus,opus=claude-opus-4-5"}, {"KERNELAGENT_ENDPOINTS", "vllm=http://x/v1"}});
  const auto models = open(std::move(settings));
  EXPECT_EQ(*models->full_name("gpt-5"), "openai/gpt-5");
  EXPECT_EQ(*models->full_name("o4-mini"), "openai/o4-mini");
  EXPECT_EQ(*models->full_name("best"), "anthropic/claude-opus-4-5");
  EXPECT_EQ(*models->full_name("vllm/Qwen/Qwen3-8B"), "vllm/Qwen/Qwen3-8B");
  for (const char* name : {"llama-3", "Qwen/Qwen3-8B", "openai/", "", "opus-5"}) {
    const auto unknown = models->full_name(name);
    ASSERT_FALSE(unknown) << name;
    EXPECT_EQ(unknown.error().message, fmt::format("no provider is configured for the model '{}'", name));
    EXPECT_EQ(unknown.error().hint,
              "a name begins with one of anthropic/ command/ openai/ openai-chat/ relay/ replay/ vllm/, or is one of best opus");
  }
}

TEST_F(ModelsTest, SaysWhichKeyOrUrlIsMissing) {
  const auto models = open();
  EXPECT_EQ(loop.run(models->ask(question("gpt-5"))).error().hint, "set OPENAI_API_KEY in the environment or in .env");
  EXPECT_EQ(loop.run(models->ask(question("relay/gpt-5"))).error().hint, "set LLM_RELAY_URL in the environment or in .env");
  EXPECT_EQ(shown(loop.run(models->ask(question("command/cat", " ")))),
            "error: a request to a model needs a question: its user messages are empty");
  EXPECT_EQ(models->ledger().totals().calls, 0);
}

TEST_F(ModelsTest, AsksACommand) {
  const auto models = open();
  EXPECT_EQ(shown(loop.run(models->ask(question("command/tr a-z A-Z")))), "WRITE RELU.\n");
  EXPECT_EQ(shown(loop.run(models->ask(question("command/echo half; echo why >&2; exit 3")))),
            "error: command/echo half; echo why >&2; exit 3 gave no reply: the command failed (exit 3): why");
  EXPECT_EQ(models->ledger().totals().failed, 1);
  EXPECT_EQ(models->ledger().totals().unreported, 2);
}

TEST_F(ModelsTest, KeepsKeysFromCommands) {
  ::setenv("OPENAI_API_KEY", "sk-0123456789abcdef0123", 1);
  const auto models = open(*settings_from_environment(folder));
  ::unsetenv("OPENAI_API_KEY");
  EXPECT_EQ(shown(loop.run(models->ask(question("command/env | grep -c sk-0123456789 || true")))), "0\n");
}

TEST_F(ModelsTest, ReplaysByDigestPurposeAndOrder) {
  auto settings = *settings_from({});
  settings.record = folder / "recorded.jsonl";
  {
    const auto models = open(settings);
    EXPECT_EQ(shown(loop.run(models->ask(question("command/echo one; cat", "A", "first")))), "one\nA\n");
    EXPECT_EQ(shown(loop.run(models->ask(question("command/echo two; cat", "A", "second")))), "two\nA\n");
  }
  settings.record.clear();
  const auto models = open(settings);
  const std::string model = "replay/" + (folder / "recorded.jsonl").string();
  EXPECT_EQ(shown(loop.run(models->ask(question(model, "A", "second")))), "two\nA\n");
  EXPECT_EQ(shown(loop.run(models->ask(question(model, "A", "another")))), "one\nA\n");
  const auto none = loop.run(models->ask(question(model, "A", "first")));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().hint, "0 replies left for other requests; the prompts differ from those recorded");
}

TEST_F(ModelsTest, ReplaysScripts) {
  const auto models = open();
  const std::string model = transcript(R"({"text":"any 1"}
{"text":"for two","purpose":"write sg_02"}
{"error":"HTTP 500"}
{"text":"cut","finish":"length"}
)");
  EXPECT_EQ(shown(loop.run(models->ask(question(model)))), "any 1");
  EXPECT_EQ(shown(loop.run(models->ask(question(model)))), "error: " + model + " gave no reply: HTTP 500");
  EXPECT_EQ(loop.run(models->ask(question(model)))->finish, "length");
  EXPECT_EQ(shown(loop.run(models->ask(question(model, "x", "write sg_02 seed 1")))), "for two");
  EXPECT_EQ(models->ledger().totals().failed, 1);
  EXPECT_EQ(models->ledger().totals().unpriced, 0);  // a replay is free
}

TEST_F(ModelsTest, PaysNoReplyTwice) {
  auto settings = *settings_from({});
  settings.directory = folder / "run";
  const std::string count = "command/echo x >> " + (folder / "asked").string() + "; wc -l < " + (folder / "asked").string();
  {
    const auto models = open(settings);
    EXPECT_EQ(shown(loop.run(models->ask(question(count)))), "1\n");
    EXPECT_EQ(shown(loop.run(models->ask(question(count)))), "2\n");
  }
  ASSERT_TRUE(remove_tree(folder / "run/ledger.jsonl"));  // as if killed between the reply and the ledger
  const auto models = open(settings);
  EXPECT_EQ(models->ledger().totals().calls, 2);
  EXPECT_EQ(shown(loop.run(models->ask(question(count)))), "1\n");
  EXPECT_EQ(shown(loop.run(models->ask(question(count)))), "2\n");
  EXPECT_EQ(shown(loop.run(models->ask(question(count)))), "3\n");
  EXPECT_EQ(models->ledger().totals().calls, 3);
  EXPECT_EQ(models->ledger().totals().reused, 2);
}

TEST_F(ModelsTest, ResumesAScriptWhereItWas) {
  auto settings = *settings_from({});
  settings.directory = folder / "run";
  const std::string model = transcript("{\"text\":\"1\"}\n{\"text\":\"2\"}\n");
  EXPECT_EQ(shown(loop.run(open(settings)->ask(question(model, "a")))), "1");
  const auto models = open(settings);
  EXPECT_EQ(shown(loop.run(models->ask(question(model, "a")))), "1");
  EXPECT_EQ(shown(loop.run(models->ask(question(model, "b")))), "2");
}

TEST_F(ModelsTest, StopsAtTheBudget) {
  auto settings = *settings_from({});
  settings.budget.calls = 1;
  const auto models = open(settings);
  EXPECT_FALSE(models->spent());
  EXPECT_EQ(shown(loop.run(models->ask(question("command/cat")))), "Write relu.\n");
  EXPECT_EQ(shown(loop.run(models->ask(question("command/cat")))), "error: no call to a model: the limit of 1 calls is reached");
  EXPECT_EQ(*models->spent(), "the limit of 1 calls is reached");
}

TEST_F(ModelsTest, CallsWaitForTheBudgetRatherThanOverrunIt) {
  auto settings = *settings_from({});
  settings.budget.tokens = 10'000;
  const auto models = open(settings);
  const std::string model = transcript(R"({"text":"1","delay_s":0.05,"usage":{"input":20,"output":30,"reported":true}}
{"text":"2","usage":{"input":20,"output":7000,"reported":true}}
{"text":"3","usage":{"input":20,"output":10,"reported":true}}
)");
  std::vector<Task<Result<ModelReply>>> calls;
  for (int i = 0; i < 3; ++i) {
    ModelRequest request = question(model);
    request.max_tokens = 8000;
    calls.push_back(models->ask(std::move(request)));
  }
  const auto replies = loop.run(when_all(std::move(calls)));
  EXPECT_EQ(shown(replies[0]), "1");
  EXPECT_EQ(shown(replies[1]), "2");
  EXPECT_EQ(shown(replies[2]), "3");
  EXPECT_EQ(models->ledger().totals().usage.output, 7040);
  EXPECT_EQ(shown(loop.run(models->ask(question(model)))),
            "error: " + model + " gave no reply: the transcript has no reply for 'write sg_01'");
}

/// Starts a call and gives it up after a while.
Task<void> cancel_after(Loop* loop, Task<Result<ModelReply>> call, std::chrono::milliseconds span) {
  call.start();
  co_await loop->sleep(span);
  call.reset();
}

TEST_F(ModelsTest, CancelledCallsAreKilledAndCounted) {
  auto settings = *settings_from({});
  settings.directory = folder / "run";
  const auto models = open(settings);
  const std::string pid_file = (folder / "pid").string();
  loop.run(cancel_after(&loop, models->ask(question("command/echo $$ > " + pid_file + "; exec sleep 60")),
                        std::chrono::milliseconds(500)));
  const int pid = std::stoi(*read_file(pid_file));
  EXPECT_NE(::kill(pid, 0), 0);
  EXPECT_EQ(models->ledger().totals().failed, 1);
  EXPECT_NE(read_file(folder / "run/ledger.jsonl")->find("\"outcome\":\"cancelled\""), std::string::npos);
}

TEST_F(ModelsTest, InterruptionEndsCallsWithItsOwnFault) {
  const auto models = open();
  loop.stop();
  EXPECT_EQ(loop.run(models->ask(question("command/cat"))).error().fault, Fault::kInterrupted);
  const std::string model = transcript(R"({"text":"1","delay_s":5})");
  EXPECT_EQ(loop.run(models->ask(question(model))).error().fault, Fault::kInterrupted);
}

TEST_F(ModelsTest, UnreachableServicesAreErrors) {
  const auto models = open(*settings_from({{"KERNELAGENT_ENDPOINTS", "dead=http://127.0.0.1:1/v1"},
                                           {"KERNELAGENT_LLM_ATTEMPTS", "2"},
                                           {"KERNELAGENT_LLM_BACKOFF_S", "0.01"}}));
  const auto reply = loop.run(models->ask(question("dead/x")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kEnvironment);
  EXPECT_EQ(reply.error().message.substr(0, 67), "dead/x gave no reply after 2 tries: the service cannot be reached: ");
  EXPECT_EQ(reply.error().where, "http://127.0.0.1:1/v1");
}

}  // namespace
}  // namespace ka
