#include "run/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kRelu = R"graph(graph Model mode=train
input tensor x: float32[5, 37]
relu: float32[5, 37] = aten.relu.default(self=%x)
output %relu
tree {"output":0}
)graph";
constexpr const char* kAngle = R"graph(graph Model mode=train
input tensor x: float32[5, 37]
relu: float32[5, 37] = aten.relu.default(self=%x)
angle: float32[5, 37] = aten.angle.default(self=%relu)  @ p.py:13 "return torch.angle(x)"
output %angle
tree {"output":0}
)graph";

class RouteTest : public testing::Test {
 protected:
  void SetUp() override {
    config_.authors = {"codegen", "agent"};
    config_.runs = *make_temp_dir("route-");
  }
  void TearDown() override { static_cast<void>(remove_tree(config_.runs)); }
  Route route(const char* graph) const { return choose_route(std::vector{*parse_graph(graph)}, "", config_); }
  Config config_;
};

TEST_F(RouteTest, WithoutAModelOnlyWhatCanBeEmittedHasAWay) {
  EXPECT_THAT(route(kRelu).ways, ElementsAre(Way::kCodegen));
  const Route angle = route(kAngle);
  EXPECT_THAT(angle.ways, IsEmpty());
  EXPECT_EQ(angle.strategy(), "none");
  EXPECT_THAT(refusal(angle, "p.py").message, HasSubstr("aten.angle.default"));
  EXPECT_EQ(refusal(angle, "p.py").where, "p.py:13");
}

TEST_F(RouteTest, WithAModelEveryWayHasANextOneUnlessNotWanted) {
  config_.model = "openai/gpt-5";
  EXPECT_THAT(route(kRelu).ways, ElementsAre(Way::kCodegen, Way::kAgent));
  EXPECT_THAT(route(kAngle).ways, ElementsAre(Way::kPipeline, Way::kAgent));
  config_.fallback = false;
  EXPECT_THAT(route(kAngle).ways, ElementsAre(Way::kPipeline));
  config_.route = "agent";
  EXPECT_THAT(route(kRelu).ways, ElementsAre(Way::kAgent));
  config_.authors = {"codegen"};
  EXPECT_THAT(route(kAngle).ways, IsEmpty());
}

TEST_F(RouteTest, ControlFlowIsCountedInForwardOnly) {
  const char* text =
      "class Model:\n    def forward(self, x):\n        for i in range(3):\n            if i:\n                x = x\n        return x\n\n"
      "if True:\n    pass\n";
  EXPECT_EQ(choose_route(std::vector{*parse_graph(kAngle)}, text, config_).features.control_flow, 2);
  EXPECT_EQ(route(kAngle).features.longest_chain, 2);
}

constexpr const char* kSoftmax = R"graph(graph Model mode=train
input tensor q: float32[2, 4, 8, 16]
softmax: float32[2, 4, 8, 16] = aten.softmax.int(self=%q, dim=-1, dtype=None)
output %softmax
tree {"output":0}
)graph";

TEST_F(RouteTest, WhatIsInsideACompositeCounts) {
  const RouteFeatures features = route(kSoftmax).features;
  EXPECT_EQ(features.operators, 1);
  EXPECT_EQ(features.reductions, 1);
  EXPECT_EQ(features.matmuls, 0);
}

TEST_F(RouteTest, ATieIsWhereMostIsLeftToAModelAnyway) {
  EXPECT_FALSE(route(kAngle).tie) << "without a model there is no way at all";
  config_.model = "openai/gpt-5";
  EXPECT_TRUE(route(kAngle).tie);
  EXPECT_FALSE(route(kRelu).tie);
  config_.fallback = false;
  EXPECT_FALSE(route(kAngle).tie);
}

TEST_F(RouteTest, TheWayThatWorkedComesFirstForTheSameQuestion) {
  config_.model = "openai/gpt-5";
  const std::vector<Graph> graphs = {*parse_graph(kAngle)};
  RouterCache(config_, "cpu", graphs).keep(Way::kAgent, "run_1");
  Route again = route(kAngle), elsewhere = again, other_model = again, forgetful = again;
  RouterCache(config_, "cpu", graphs).remind(again);
  EXPECT_THAT(again.ways, ElementsAre(Way::kAgent, Way::kPipeline));
  EXPECT_EQ(again.remembered, "run_1");
  RouterCache(config_, "cuda", graphs).remind(elsewhere);
  EXPECT_THAT(elsewhere.ways, ElementsAre(Way::kPipeline, Way::kAgent));
  config_.router_memory = false;
  RouterCache(config_, "cpu", graphs).remind(forgetful);
  EXPECT_EQ(forgetful.remembered, "");
  config_.router_memory = true, config_.model = "openai/gpt-6";
  RouterCache(config_, "cpu", graphs).remind(other_model);
  EXPECT_EQ(other_model.remembered, "");
}

TEST_F(RouteTest, ADamagedCacheIsAsGoodAsNone) {
  config_.model = "openai/gpt-5";
  const std::vector<Graph> graphs = {*parse_graph(kAngle)};
  ASSERT_TRUE(write_file_atomic(config_.runs / "router_cache.json", R"({"x": 3, "y")"));
  Route found = route(kAngle);
  RouterCache(config_, "cpu", graphs).remind(found);
  EXPECT_EQ(found.remembered, "");
  RouterCache(config_, "cpu", graphs).keep(Way::kAgent, "run_2");
  RouterCache(config_, "cpu", graphs).remind(found);
  EXPECT_EQ(found.remembered, "run_2");
}

}  // namespace
}  // namespace ka
