#include "agent/author.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/test_models.h"
#include "base/text.h"
#include "ir/graph.h"

namespace ka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string module_text(const std::string& mark) {
  return "Here it is.\n```python\nimport torch\nimport triton\nimport triton.language as tl\n\n\ndef kernel_function(x):\n    return x  # " +
         mark + "\n```\n";
}

Verdict verdict(VerdictKind kind, std::string reason) {
  Verdict made;
  made.kind = kind;
  made.reason = std::move(reason);
  made.details = Json::object();
  return made;
}

/// Two softmaxes' worth of plan: one region, and a judge that answers in order.
class Agent : public testing::Test {
 protected:
  Agent() {
    const Result<Graph> graph = parse_graph(
        "graph Model mode=train\ninput tensor x: float32[5, 7]\n"
        "gelu: float32[5, 7] = aten.gelu.default(self=%x, approximate=\"none\")  @ model.py:3 \"return F.gelu(x)\"\n"
        "output %gelu\ntree {\"output\":0}\n");
    EXPECT_TRUE(graph) << to_text(graph.error());
    plan_ = make_plan(*graph).value();
  }

  /// Runs an attempt to its end; returns how it ended. Kernels that were offered are in `offered_`.
  std::string run(ScriptedModels& models, AgentSettings settings, std::vector<Verdict> verdicts) {
    settings.model = "scripted";
    const std::unique_ptr<Author> author = make_agent_author(loop_, models, Prompts::open({}).value(), settings);
    Assignment assignment;
    assignment.region = {&plan_, plan_.subgraphs[0]};
    assignment.problem = "class Model: ...";
    assignment.keep = [&](const std::string& file, std::string_view text) { files_[file] = text; };
    const std::unique_ptr<Attempt> attempt = author->begin(std::move(assignment));
    size_t next = 0;
    for (int turn = 0; turn < 1000; ++turn) {
      StepResult step = attempt->step();
      if (auto* done = std::get_if<Done>(&step)) return done->reason;
      if (auto* candidates = std::get_if<Candidates>(&step)) {
        for (const Kernel& kernel : candidates->kernels) {
          offered_.push_back(kernel);
          EXPECT_LT(next, verdicts.size());
          attempt->hear(kernel, verdicts.at(std::min(next++, verdicts.size() - 1)));
        }
      } else {
        loop_.run(loop_.sleep(std::chrono::milliseconds(1)));
      }
    }
    return "it never ended";
  }

  Loop loop_;
  Plan plan_;
  std::vector<Kernel> offered_;
  std::map<std::string, std::string> files_;
};

TEST_F(Agent, LearnsFromEveryVerdictUntilOneIsAccepted) {
  ScriptedModels models(loop_,
                        {"I would rather talk about it.", module_text("unsafe"), module_text("wrong"), module_text("right")});
  Verdict wrong = verdict(VerdictKind::kWrong, "output 0 on large inputs: rms error 3, allowed 1");
  OutputFigures figures;
  figures.name = "output 0", figures.problem = "rms error 3, allowed 1: 7 instead of 4 at [2, 3]";
  wrong.trials = {{"large", 7, {figures}}};
  run(models, {.model = {}, .seeds = 1, .rounds = 8},
      {verdict(VerdictKind::kUnsafe, "line 3: import of os"), wrong, verdict(VerdictKind::kAccepted, "13 input sets")});
  ASSERT_EQ(models.requests.size(), 4U);
  ASSERT_EQ(offered_.size(), 3U);
  EXPECT_THAT(offered_[2].source, HasSubstr("# right"));
  EXPECT_EQ(offered_[2].author, "agent:scripted");
  EXPECT_EQ(offered_[2].buffers.size(), 2U);
  EXPECT_THAT(models.requests[0].messages[0].text, HasSubstr("guide version"));
  EXPECT_THAT(models.requests[0].messages[1].text,
              AllOf(HasSubstr("aten.gelu.default"), HasSubstr("float32[5, 7]"), HasSubstr("scaled_relu")));
  EXPECT_THAT(models.requests[0].messages[1].text, Not(HasSubstr("matmul_kernel")));
  EXPECT_THAT(models.requests[1].messages.back().text, HasSubstr("nothing to judge"));
  EXPECT_THAT(models.requests[2].messages.back().text, HasSubstr("import of os"));
  EXPECT_THAT(models.requests[3].messages.back().text, AllOf(HasSubstr("large inputs"), HasSubstr("7 instead of 4 at [2, 3]")));
  EXPECT_THAT(models.requests[3].messages[models.requests[3].messages.size() - 2].text, HasSubstr("# wrong"));
  EXPECT_THAT(files_["seed_1/round_3/kernel.py"], HasSubstr("# wrong"));
  EXPECT_THAT(files_["seed_1/round_3/feedback.md"], HasSubstr("7 instead of 4"));
  EXPECT_THAT(files_["seed_1/round_1/prompt.md"], HasSubstr("## system"));
}

TEST_F(Agent, EndsWithTheLastReasonWhenEveryRoundFails) {
  ScriptedModels models(loop_, {module_text("a"), module_text("b")});
  const std::string reason =
      run(models, {.model = {}, .seeds = 1, .rounds = 2},
          {verdict(VerdictKind::kFallback, "aten.add computes"), verdict(VerdictKind::kFallback, "aten.mm computes")});
  EXPECT_THAT(reason, HasSubstr("fallback"));
  EXPECT_EQ(models.requests.size(), 2U);
}

TEST_F(Agent, AFailedCallNeverBecomesAKernel) {
  ScriptedModels models(loop_, {"!the service is overloaded"});
  EXPECT_THAT(run(models, {.model = {}, .seeds = 1, .rounds = 5}, {}), HasSubstr("overloaded"));
  EXPECT_TRUE(offered_.empty());
  ScriptedModels refusing(loop_, {"finish:refusal\nI cannot help with that."});
  EXPECT_THAT(run(refusing, {.model = {}, .seeds = 1, .rounds = 5}, {}), HasSubstr("refuses: I cannot help"));
  EXPECT_TRUE(offered_.empty());
}

TEST_F(Agent, SeedsStartDifferentlyAndTheSameKernelIsJudgedOnce) {
  ScriptedModels models(loop_, {module_text("same"), module_text("same")});
  run(models, {.model = {}, .seeds = 2, .rounds = 1}, {verdict(VerdictKind::kWrong, "no"), verdict(VerdictKind::kWrong, "no")});
  ASSERT_EQ(models.requests.size(), 2U);
  EXPECT_NE(models.requests[0].messages[1].text, models.requests[1].messages[1].text);
  EXPECT_EQ(offered_.size(), 1U);
}

TEST_F(Agent, WhatIsSaidOfAnotherSeedsSameKernelIsNotHeardARoundLater) {
  ScriptedModels models(
      loop_, {module_text("same"), "late:" + module_text("same"), "late:late:" + module_text("other"), module_text("third")});
  run(models, {.model = {}, .seeds = 2, .rounds = 2},
      {verdict(VerdictKind::kWrong, "no"), verdict(VerdictKind::kWrong, "no"), verdict(VerdictKind::kWrong, "not the third"),
       verdict(VerdictKind::kWrong, "not the other")});
  ASSERT_EQ(offered_.size(), 4U);
  EXPECT_THAT(files_["seed_2/round_2/verdict.json"], HasSubstr("not the third"));
  EXPECT_THAT(files_["seed_1/round_2/verdict.json"], HasSubstr("not the other"));
}

TEST_F(Agent, APromptThatIsTooLongIsShortenedOnce) {
  ScriptedModels models(loop_, {module_text("1"), module_text("2"), "finish:context\n", module_text("3")});
  run(models, {.model = {}, .seeds = 1, .rounds = 3},
      {verdict(VerdictKind::kWrong, "first"), verdict(VerdictKind::kWrong, "second"), verdict(VerdictKind::kAccepted, "")});
  ASSERT_EQ(models.requests.size(), 4U);
  EXPECT_EQ(models.requests[2].messages.size(), 6U);
  EXPECT_EQ(models.requests[3].messages.size(), 4U);
}

}  // namespace
}  // namespace ka
