#include "codegen/choices.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codegen/author.h"
#include "codegen/cost_model.h"
#include "codegen/generate.h"

namespace ka {
namespace {

Plan plan_of(const std::string& text) { return make_plan(parse_graph(text).value()).value(); }

/// A linear layer of float32 matrices.
Plan product(int64_t m, int64_t n, int64_t k) {
  return plan_of(
      fmt::format("graph Model mode=train\n"
                  "input tensor x: float32[{0}, {2}]\n"
                  "input tensor w: float32[{1}, {2}]\n"
                  "y: float32[{0}, {1}] = aten.linear.default(input=%x, weight=%w)\n"
                  "output %y\n"
                  "tree {{\"output\":0}}\n",
                  m, n, k));
}

Plan square(int64_t size) {
  return plan_of(
      fmt::format("graph Model mode=train\n"
                  "input tensor x: float32[{0}]\n"
                  "y: float32[{0}] = aten.mul.Tensor(self=%x, other=%x)\n"
                  "output %y\n"
                  "tree {{\"output\":0}}\n",
                  size));
}

Target hopper() {
  Target target;
  target.platform = "cuda";
  target.device = "cuda";
  return target;
}

TEST(Choices, TheOwnOnesAreInTheCostModelsOrder) {
  const Plan plan = product(4096, 4096, 4096);
  const Choices choices = Choices::of(plan, plan.subgraphs[0], hopper()).value();
  const std::vector<Choice> own = choices.own();
  ASSERT_GE(own.size(), 3u);
  for (size_t i = 1; i < own.size(); ++i) EXPECT_LE(own[i - 1].predicted_ms, own[i].predicted_ms);
  EXPECT_EQ(own.front().schedules[0].precision, "fp16x3");
  EXPECT_EQ(own.back().schedules[0].precision, "ieee");
  // 137 GFLOP at the measured 180 and 44 TFLOP/s.
  EXPECT_NEAR(own.front().predicted_ms, 0.85, 0.25);
  EXPECT_NEAR(own.back().predicted_ms, 3.1, 0.6);
}

TEST(Choices, WhatAKernelSaysOfItsScheduleIsReadBack) {
  const Plan plan = product(512, 512, 512);
  const Choices choices = Choices::of(plan, plan.subgraphs[0], hopper()).value();
  for (const Choice& choice : choices.own()) {
    const Kernel kernel = generate(plan, plan.subgraphs[0], choice).value();
    const Result<Choice> back = choices.parse(kernel.schedule);
    ASSERT_TRUE(back) << kernel.schedule << ": " << back.error().message;
    EXPECT_EQ(back->schedules, choice.schedules);
    EXPECT_EQ(kernel.predicted_ms, choice.predicted_ms);
  }
  for (const char* other :
       {"", "map block=1024 warps=4 stages=2", "contract tile_m=64", "contract tiles=64",
        "contract tile_m=64 tile_n=64 tile_k=32 group_m=8 precision=ieee warps=4 stages=2; map block=64 warps=4 stages=2"})
    EXPECT_FALSE(choices.parse(other)) << other;
}

TEST(Choices, VariationsDifferAndFit) {
  for (const Plan& plan : {product(1024, 1024, 1024), square(1 << 20)}) {
    const Choices choices = Choices::of(plan, plan.subgraphs[0], hopper()).value();
    const Choice first = choices.own().front();
    const std::vector<Choice> around = choices.around(first);
    ASSERT_GE(around.size(), 5u);
    for (const Choice& choice : around) {
      EXPECT_NE(choice.schedules, first.schedules);
      EXPECT_EQ(choice.schedules[0].precision, first.schedules[0].precision) << "what the judge accepts hangs on it";
      EXPECT_TRUE(generate(plan, plan.subgraphs[0], choice));
    }
  }
}

TEST(CostModel, FewProgramsLeaveADeviceIdle) {
  const Plan plan = square(1 << 16);
  const LoweredSubgraph lowered = lower(plan, plan.subgraphs[0]).value();
  Schedule wide, narrow;
  wide.block = 16384, narrow.block = 256;
  EXPECT_GT(predicted_ms(plan.graph, lowered.nests[0], wide, hopper()),
            predicted_ms(plan.graph, lowered.nests[0], narrow, hopper()));
  wide.warps = 1;
  EXPECT_FALSE(fits(plan.graph, lowered.nests[0], wide, hopper())) << "512 values a thread";
}

/// Answers every candidate with one verdict; returns the offers' schedules, step by step.
std::vector<std::vector<std::string>> offers(Assignment assignment, VerdictKind kind) {
  const std::unique_ptr<Author> author = make_codegen_author();
  const std::unique_ptr<Attempt> attempt = author->begin(std::move(assignment));
  std::vector<std::vector<std::string>> all;
  for (StepResult step = attempt->step(); std::holds_alternative<Candidates>(step); step = attempt->step()) {
    all.emplace_back();
    for (const Kernel& kernel : std::get<Candidates>(step).kernels) {
      all.back().push_back(kernel.schedule);
      Verdict verdict;
      verdict.kind = kind;
      attempt->hear(kernel, verdict);
    }
  }
  return all;
}

class CodegenAttempts : public testing::Test {
 protected:
  Assignment assignment(Tuning tuning) const {
    Assignment made;
    made.region = {&plan_, plan_.subgraphs[0]};
    made.target = hopper();
    made.tuning = tuning;
    return made;
  }
  Plan plan_ = product(256, 256, 512);
};

TEST_F(CodegenAttempts, OffTakesTheFirstThatIsAccepted) {
  EXPECT_EQ(offers(assignment(Tuning::kOff), VerdictKind::kAccepted).size(), 1u);
  const auto refused = offers(assignment(Tuning::kOff), VerdictKind::kWrong);
  EXPECT_GT(refused.size(), 1u);
  for (const auto& step : refused) EXPECT_EQ(step.size(), 1u);
}

TEST_F(CodegenAttempts, QuickOffersAtOnceWhatMayBeTheFastest) {
  const auto accepted = offers(assignment(Tuning::kQuick), VerdictKind::kAccepted);
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_GT(accepted[0].size(), 1u);
  EXPECT_LE(accepted[0].size(), 4u);
}

TEST_F(CodegenAttempts, FullOffersVariationsToo) {
  const auto quick = offers(assignment(Tuning::kQuick), VerdictKind::kAccepted),
             full = offers(assignment(Tuning::kFull), VerdictKind::kAccepted);
  EXPECT_GT(full[0].size(), quick[0].size());
  EXPECT_LE(full[0].size(), 16u);
}

TEST_F(CodegenAttempts, TheMostCarefulScheduleIsAlwaysThereToFallBackOn) {
  const Plan large = product(4096, 4096, 4096);
  Assignment two = assignment(Tuning::kFull);
  two.region = {&large, large.subgraphs[0]};
  two.candidates = 2;
  const auto refused = offers(std::move(two), VerdictKind::kWrong);
  ASSERT_EQ(refused.size(), 2u) << "what is predicted to be slow is not judged beside the others";
  EXPECT_NE(refused.back().back().find("precision=ieee"), std::string::npos) << refused.back().back();
}

TEST_F(CodegenAttempts, WhatIsRememberedComesFirstAndAlone) {
  const std::string known = offers(assignment(Tuning::kQuick), VerdictKind::kAccepted)[0].back();
  Assignment reminded = assignment(Tuning::kQuick);
  reminded.remembered = known;
  EXPECT_EQ(offers(reminded, VerdictKind::kAccepted), std::vector<std::vector<std::string>>{{known}});
  const auto refused = offers(reminded, VerdictKind::kWrong);
  ASSERT_GT(refused.size(), 1u);
  EXPECT_EQ(refused[0], std::vector<std::string>{known});
  for (size_t step = 1; step < refused.size(); ++step)
    EXPECT_EQ(std::count(refused[step].begin(), refused[step].end(), known), 0);
  reminded.remembered = "contract tiles=9";
  EXPECT_EQ(offers(reminded, VerdictKind::kAccepted), offers(assignment(Tuning::kQuick), VerdictKind::kAccepted));
}

}  // namespace
}  // namespace ka
