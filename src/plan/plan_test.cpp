#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/artifacts.h"
#include "plan/passes.h"
#include "plan/pytorch_text.h"

namespace ka {
namespace {

Plan plan_of(std::string_view text) {
  Result<Graph> graph = parse_graph(text);
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : to_text(graph.error()));
  if (!graph) return {};
  Result<Plan> plan = make_plan(*graph);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : to_text(plan.error()));
  return plan ? std::move(*plan) : Plan{};
}

size_t launches(const Plan& plan) {
  size_t out = 0;
  for (const Subgraph& s : plan.subgraphs) out += s.launches.size();
  return out;
}

constexpr std::string_view kTwoLayers = R"(graph Model mode=train
input tensor x: float32[64, 32]
input parameter w = w: float32[32, 32]
a: float32[64, 32] = aten.linear.default(input=%x, weight=%w, bias=None)
b: float32[64, 32] = aten.relu.default(self=%a)
c: float32[64, 32] = aten.linear.default(input=%b, weight=%w, bias=None)
d: float32[64, 32] = aten.relu.default(self=%c)
output %d
)";

TEST(Plan, EqualLayersShareAKernel) {
  const Plan plan = plan_of(kTwoLayers);
  ASSERT_EQ(plan.subgraphs.size(), 2U);
  EXPECT_EQ(plan.subgraphs[1].representative, 0);
  EXPECT_EQ(plan.subgraphs[0].signature, plan.subgraphs[1].signature);
  ASSERT_EQ(plan.cuts.size(), 1U);
  EXPECT_EQ(plan.cuts[0].reason, "each matmul is a launch of its own");
}

TEST(Plan, NeighboursMayBecomeOneAndTheOthersKeepTheirNames) {
  const Result<Graph> graph = parse_graph(R"(graph Model mode=train
input tensor x: float32[64, 64]
input tensor z: float32[8]
input parameter w = w: float32[64, 64]
a: float32[64, 64] = aten.linear.default(input=%x, weight=%w, bias=None)
b: float32[64, 64] = aten.linear.default(input=%a, weight=%w, bias=None)
c: float32[64, 64] = aten.linear.default(input=%b, weight=%a, bias=None)
d: float32[8] = aten.relu.default(self=%z)
output %c
output %d
)");
  ASSERT_TRUE(graph) << to_text(graph.error());
  const Plan apart = *make_plan(*graph);
  std::vector<std::string> ids;
  for (const Subgraph& one : apart.subgraphs) ids.push_back(one.id);
  ASSERT_THAT(ids, testing::ElementsAre("sg_01_linear", "sg_02_linear", "sg_03_linear", "sg_04_relu"));

  const Result<Plan> plan = make_plan(*graph, {.joined = {{"sg_03_linear", "sg_02_linear"}}});
  ASSERT_TRUE(plan) << to_text(plan.error());
  ids.clear();
  for (const Subgraph& one : plan->subgraphs) ids.push_back(one.id);
  EXPECT_THAT(ids, testing::ElementsAre("sg_01_linear", "sg_04_relu", "sg_02to03_linear_linear"));
  const Subgraph& joined = plan->subgraphs[2];
  EXPECT_EQ(joined.launches.size(), 2U);
  EXPECT_EQ(joined.inputs.size(), 2U);  // b stays inside
  EXPECT_EQ(joined.outputs, apart.subgraphs[2].outputs);
  EXPECT_EQ(joined.representative, 2);
  EXPECT_EQ(plan->cuts.back().producer, plan->cuts.back().consumer);

  const auto refusal = [&](std::vector<std::string> group) {
    const Result<Plan> none = make_plan(*graph, {.joined = {std::move(group)}});
    return none ? "joined" : none.error().message;
  };
  EXPECT_EQ(refusal({"sg_01_linear", "sg_03_linear"}), "sg_02_linear lies between them");
  EXPECT_EQ(refusal({"sg_01_linear", "sg_04_relu"}), "sg_04_relu shares no value with the others");
  EXPECT_EQ(refusal({"sg_01_linear", "sg_09"}), "there is no subgraph sg_09");
  EXPECT_EQ(refusal({"sg_01_linear", "sg_01_linear"}), "it takes two subgraphs to make one of them");
}

TEST(Plan, CountersShareALaunch) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[64]
input buffer seen.a = a: int64[]
input buffer seen.b = b: int64[]
one: int64[] = aten.add.Tensor(self=%a, other=1, alpha=1)
two: int64[] = aten.add.Tensor(self=%b, other=1, alpha=1)
y: float32[64] = aten.relu.default(self=%x)
output %y
mutate %a = %one
mutate %b = %two
)");
  ASSERT_EQ(plan.subgraphs.size(), 2U);
  EXPECT_EQ(plan.subgraphs[0].outputs.size(), 2U);
}

TEST(Plan, ASubgraphsTextKeepsItsParametersNames) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[2, 3, 8]
input parameter p = p: float32[2, 3, 8]
input parameter w = w: float32[8, 8]
input parameter b = b: float32[8]
add: float32[2, 3, 8] = aten.add.Tensor(self=%x, other=%p, alpha=1)
heads: float32[2, 3, 2, 4] = aten.view.default(self=%add, size=[2, 3, 2, 4])
turned: float32[2, 2, 3, 4] = aten.permute.default(self=%heads, dims=[0, 2, 1, 3])
seen: float32[2, 2, 3, 4] = aten.scaled_dot_product_attention.default(query=%turned, key=%turned, value=%turned)
back: float32[2, 3, 2, 4] = aten.permute.default(self=%seen, dims=[0, 2, 1, 3])
flat: float32[2, 3, 8] = aten.reshape.default(self=%back, shape=[2, 3, 8])
linear: float32[2, 3, 8] = aten.linear.default(input=%flat, weight=%w, bias=%b)
add_1: float32[2, 3, 8] = aten.add.Tensor(self=%add, other=%linear, alpha=1)
output %add_1
)");
  ASSERT_EQ(plan.subgraphs.back().title, "linear + add");
  const std::string text = subgraph_class(plan, static_cast<int>(plan.subgraphs.size()) - 1, "Last");
  EXPECT_THAT(text, testing::HasSubstr("def forward(self, add, "));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr(" add = "))) << text;
}

/// Queries, keys and values by hand; `shown` is returned with the result.
std::string attention(const std::string& shown) {
  return R"(graph Model mode=train
input tensor q: float32[4, 64, 32]
input tensor k: float32[4, 48, 32]
input tensor v: float32[4, 48, 24]
turned: float32[4, 32, 48] = aten.permute.default(self=%k, dims=[0, 2, 1])
scores: float32[4, 64, 48] = aten.bmm.default(self=%q, mat2=%turned)
scaled: float32[4, 64, 48] = aten.mul.Tensor(self=%scores, other=0.25)
weights: float32[4, 64, 48] = aten.softmax.int(self=%scaled, dim=-1, dtype=None)
seen: float32[4, 64, 24] = aten.bmm.default(self=%weights, mat2=%v)
output %seen
)" + shown;
}

TEST(Plan, ASubgraphsTextKeepsItsResultsLayout) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[3, 4]
turned: float32[4, 3] stride [1, 4] = aten.permute.default(self=%x, dims=[1, 0])
relu: float32[4, 3] stride [1, 4] = aten.relu.default(self=%turned)
clone: float32[4, 3] = aten.clone.default(self=%relu, memory_format="contiguous_format")
output %clone
)");
  EXPECT_THAT(subgraph_class(plan, 0, "Only"), testing::HasSubstr("memory_format=torch.contiguous_format"));
}

TEST(Plan, AttentionIsOneLaunch) {
  const Plan plan = plan_of(attention("tree {\"output\":0}\n"));
  ASSERT_EQ(launches(plan), 1U);
  EXPECT_EQ(plan.subgraphs[0].type, "attend");
  EXPECT_EQ(plan.subgraphs[0].inputs.size(), 3U);
  const Graph traced = parse_graph(attention("tree {\"output\":0}\n")).value();
  EXPECT_EQ(launches(make_plan(traced, {Unemitted::kRefuse, {"one-pass-attention"}}).value()), 3U);
}

TEST(Plan, WeightsThatSomebodyWantsAreStored) {
  const Plan plan = plan_of(attention("output %weights\ntree {\"tuple\":[{\"output\":0},{\"output\":1}]}\n"));
  EXPECT_EQ(launches(plan), 3U);
}

TEST(Plan, SoftmaxIsOneLaunch) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[64, 1000]
s: float32[64, 1000] = aten.softmax.int(self=%x, dim=-1, dtype=None)
output %s
)");
  EXPECT_EQ(launches(plan), 1U);
}

TEST(Plan, LongRowsAreSplit) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[1048576]
s: float32[] = aten.sum.dim_IntList(self=%x, dim=[0], keepdim=False, dtype=None)
output %s
)");
  ASSERT_EQ(plan.subgraphs.size(), 1U) << "both steps are parts of one operator";
  EXPECT_EQ(launches(plan), 2U);
}

TEST(Plan, ViewsOfInputsNeedNoKernel) {
  const Plan plan = plan_of(R"(graph Model mode=train
input tensor x: float32[4, 6]
t: float32[6, 4] stride [1, 6] = aten.permute.default(self=%x, dims=[1, 0])
output %t
)");
  EXPECT_TRUE(plan.subgraphs.empty());
  EXPECT_EQ(plan.host_views.size(), 1U);
}

TEST(Plan, UnknownOperatorsAreNamedWithTheirLine) {
  Result<Graph> graph = parse_graph(R"(graph Model mode=train
input tensor x: float32[4, 6]
t: float32[4, 6] = aten.fft_magic.default(self=%x)  @ problem.py:7
output %t
)");
  ASSERT_TRUE(graph.has_value()) << to_text(graph.error());
  const Result<Plan> plan = make_plan(*graph);
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().fault, Fault::kInput);
  EXPECT_THAT(plan.error().message, testing::HasSubstr("aten.fft_magic"));
  EXPECT_EQ(plan.error().where, "problem.py:7");
}

TEST(Plan, AnOperatorThatCannotBeEmittedIsLeftWhole) {
  const std::string_view text = R"(graph Model mode=train
input tensor x: float32[8, 6]
t: float32[6, 8] stride [1, 6] = aten.t.default(self=%x)
r: float32[6, 8] = aten.relu.default(self=%t)
s: float32[8, 6] stride [1, 8] = aten.t.default(self=%r)
c: float32[8, 6] = aten.i0.default(self=%s)
m: float32[8, 6] = aten.mul.Tensor(self=%c, other=2.0)
output %m
)";
  EXPECT_FALSE(make_plan(parse_graph(text).value()));
  const Plan plan = make_plan(parse_graph(text).value(), {Unemitted::kLeave}).value();
  ASSERT_EQ(plan.subgraphs.size(), 3U);
  const Subgraph& whole = plan.subgraphs[1];
  EXPECT_EQ(whole.type, "opaque");
  EXPECT_EQ(whole.title, "i0");
  EXPECT_EQ(whole.nodes.size(), 2U);  // the view before it belongs to it
  ASSERT_EQ(whole.inputs.size(), 1U);
  EXPECT_EQ(plan.graph.value(whole.inputs[0]).name, "r");
  EXPECT_THAT(subgraph_problem(plan, 1), testing::HasSubstr("aten.i0.default("));
  ASSERT_EQ(plan.cuts.size(), 2U);
  EXPECT_EQ(plan.cuts[0].reason, "aten.i0.default is left to another author");
}

TEST(Plan, EqualOperatorsThatCannotBeEmittedStayApart) {
  const std::string_view text = R"(graph Model mode=train
input tensor x: float32[8, 6]
a: float32[8, 6] = aten.poisson.default(self=%x, generator=None)
b: float32[8, 6] = aten.poisson.default(self=%x, generator=None)
m: float32[8, 6] = aten.mul.Tensor(self=%a, other=%b)
output %m
)";
  const Plan plan = make_plan(parse_graph(text).value(), {Unemitted::kLeave}).value();
  EXPECT_EQ(plan.subgraphs.size(), 3U);
}

TEST(Plan, RandomNumbersAreDrawnBeforeTheKernelsEachForItself) {
  const std::string_view text = R"(graph Model mode=train
input tensor x: float32[8, 6]
a: float32[8, 6], _ = aten.native_dropout.default(input=%x, p=0.5, train=True)
b: float32[8, 6], _ = aten.native_dropout.default(input=%x, p=0.5, train=True)
m: float32[8, 6] = aten.mul.Tensor(self=%a, other=%b)
output %m
)";
  const Plan plan = make_plan(parse_graph(text).value()).value();
  EXPECT_EQ(plan.draws.size(), 2U);
  ASSERT_EQ(plan.subgraphs.size(), 1U);
  EXPECT_EQ(plan.subgraphs[0].inputs.size(), 3U);
}

TEST(Plan, ArtifactsNameEverySubgraph) {
  const Plan plan = plan_of(kTwoLayers);
  const Result<Json> json = parse_json(subgraphs_json(plan), "subgraphs.json");
  ASSERT_TRUE(json.has_value());
  ASSERT_EQ(json->size(), 1U);
  EXPECT_EQ((*json)[0]["count"], 2);
  for (const char* field : {"id", "type", "data_layout", "dtype", "ops", "inputs", "output_shape", "weights_original",
                            "weights_fused", "count", "where", "source"}) {
    EXPECT_TRUE((*json)[0].contains(field) || (std::string(field) == "inputs" && (*json)[0].contains("input_shape"))) << field;
  }
  EXPECT_THAT(plan_text(plan), testing::HasSubstr("same kernel as sg_01"));
  EXPECT_THAT(plan_dot(plan), testing::HasSubstr("s0 -> s1"));
  EXPECT_THAT(subgraph_problem(plan, 0), testing::HasSubstr("aten.linear.default("));
}

TEST(Passes, EqualCallsMergeButRandomOnesWouldNot) {
  Result<Graph> graph = parse_graph(R"(graph Model mode=train
input tensor x: float32[4]
a: float32[4] = aten.exp.default(self=%x)
b: float32[4] = aten.exp.default(self=%x)
c: float32[4] = aten.add.Tensor(self=%a, other=%b, alpha=1)
output %c
)");
  ASSERT_TRUE(graph.has_value());
  const Result<Graph> merged = merge_equal_calls(*graph);
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(merged->nodes.size(), 2U);
}

/// Every subgraph reads the input and all before it.
Plan dense_plan(int count) {
  Plan plan;
  TensorType type;
  plan.graph.values.push_back({"x", type});
  Input x;
  x.name = "x";
  x.value = 0;
  plan.graph.inputs.push_back(x);
  for (int i = 0; i < count; ++i) {
    Subgraph subgraph;
    subgraph.id = fmt::format("sg_{}", i);
    for (ValueId value = 0; value <= i; ++value) subgraph.inputs.push_back(value);
    subgraph.outputs = {i + 1};
    subgraph.representative = i;
    plan.graph.values.push_back({fmt::format("v{}", i), type});
    plan.subgraphs.push_back(std::move(subgraph));
  }
  plan.graph.outputs.push_back({OutputKind::kUser, count});
  return plan;
}

size_t arrows_of(const std::string& dot) {
  size_t count = 0;
  for (size_t at = dot.find("->"); at != std::string::npos; at = dot.find("->", at + 1)) ++count;
  return count;
}

TEST(Picture, ShowsAllArrowsOfAFewAndTheNecessaryOnesOfMany) {
  const std::string few = plan_dot(dense_plan(10)), many = plan_dot(dense_plan(50));
  EXPECT_EQ(arrows_of(few), 45 + 10 + 1);
  EXPECT_THAT(few, testing::Not(testing::HasSubstr("left out")));
  EXPECT_EQ(arrows_of(many), 49 + 1 + 1);
  EXPECT_THAT(many, testing::HasSubstr("left out"));
}

}  // namespace
}  // namespace ka
