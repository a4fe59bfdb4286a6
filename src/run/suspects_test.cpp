#include "run/suspects.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/graph.h"

namespace ka {
namespace {

// Three products in a row; the second's result is also what a buffer becomes, and the third's forks.
constexpr const char* kChain = R"(graph Model mode=train
input tensor x: float32[64, 64]
input tensor w: float32[64, 96]
input tensor v: float32[96, 80]
input tensor u: float32[80, 112]
input tensor q: float32[80, 144]
input buffer seen: float32[64, 80]
mm: float32[64, 96] = aten.mm.default(self=%x, mat2=%w)
mm_1: float32[64, 80] = aten.mm.default(self=%mm, mat2=%v)
mm_2: float32[64, 112] = aten.mm.default(self=%mm_1, mat2=%u)
mm_3: float32[64, 144] = aten.mm.default(self=%seen, mat2=%q)
t: float32[112, 64] stride [1, 112] = aten.permute.default(self=%mm_2, dims=[1, 0])
output %t
output %mm_3
mutate %seen = %mm_1
tree {"tuple":[{"output":0},{"output":1}]}
)";

class SuspectsTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<Graph> graph = parse_graph(kChain);
    ASSERT_TRUE(graph) << to_text(graph.error());
    Result<Plan> plan = make_plan(std::move(*graph));
    ASSERT_TRUE(plan) << to_text(plan.error());
    plan_ = std::move(*plan);
    for (const Subgraph& one : plan_.subgraphs) ids_.push_back(one.id);
    ASSERT_EQ(ids_.size(), 4);
  }
  std::set<std::string> suspects(const std::vector<std::string>& wrong, const std::set<std::string>& rounding) {
    Verdict verdict;
    verdict.trials.push_back({"own", 1, {}});
    for (const char* name : {"output 0", "output 1", "mutation seen"}) {
      OutputFigures figures;
      figures.name = name;
      if (std::find(wrong.begin(), wrong.end(), name) != wrong.end()) figures.problem = "far off";
      verdict.trials.back().outputs.push_back(figures);
    }
    return rounding_suspects(plan_, verdict, rounding);
  }
  using Ids = std::set<std::string>;
  Ids all() const { return {ids_.begin(), ids_.end()}; }

  Plan plan_;
  std::vector<std::string> ids_;
};

TEST_F(SuspectsTest, WhatComputesAWrongResultAndTheNearestAboveIt) {
  EXPECT_EQ(suspects({"output 0"}, all()), (Ids{ids_[2], ids_[1]}));
  EXPECT_EQ(suspects({"mutation seen"}, all()), (Ids{ids_[1], ids_[0]}));
  EXPECT_EQ(suspects({"output 1"}, all()), Ids{ids_[3]});
  EXPECT_EQ(suspects({"output 0"}, {ids_[0], ids_[3]}), Ids{ids_[0]});
  EXPECT_EQ(suspects({"output 0", "output 1"}, {ids_[0], ids_[3]}), (Ids{ids_[0], ids_[3]}));
}

TEST_F(SuspectsTest, NothingWhereNothingIsWrongOrRounds) {
  EXPECT_EQ(suspects({}, all()), Ids{});
  EXPECT_EQ(suspects({"output 0"}, {}), Ids{});
  EXPECT_EQ(suspects({"output 7", "mutation no_such"}, all()), Ids{});
}

}  // namespace
}  // namespace ka
