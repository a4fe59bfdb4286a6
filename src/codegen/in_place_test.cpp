#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codegen/generate.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What the kernels of a graph may overwrite: "output over input".
std::vector<std::string> overwritten(std::string_view text) {
  Result<Graph> graph = parse_graph(text);
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : to_text(graph.error()));
  if (!graph) return {};
  const Result<Plan> plan = make_plan(*graph);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : to_text(plan.error()));
  if (!plan) return {};
  std::vector<std::string> pairs;
  for (const Subgraph& subgraph : plan->subgraphs) {
    const Result<Kernel> kernel = generate(*plan, subgraph, Target());
    EXPECT_TRUE(kernel.has_value()) << (kernel ? "" : to_text(kernel.error()));
    if (!kernel) continue;
    for (const auto& [output, input] : kernel->in_place) pairs.push_back(output + " over " + input);
  }
  return pairs;
}

TEST(InPlace, ARunningMeanIsUpdatedByTheProgramThatReadsIt) {
  EXPECT_THAT(overwritten(R"(graph Model mode=train
input tensor x: float32[5, 300]
input buffer running = b_running: float32[5]
mean: float32[5] = aten.mean.dim(self=%x, dim=[1], keepdim=False)
mul: float32[5] = aten.mul.Tensor(self=%b_running, other=0.5)
add: float32[5] = aten.add.Tensor(self=%mul, other=%mean, alpha=1)
output %mean
mutate %b_running = %add
tree {"output":0}
)"),
              ElementsAre("add over running"));
}

TEST(InPlace, WhatOtherProgramsReadStays) {
  const std::string_view broadcast = R"(graph Model mode=train
input tensor x: float32[5, 300]
input buffer shift = b_shift: float32[300]
add: float32[5, 300] = aten.add.Tensor(self=%x, other=%b_shift, alpha=1)
mul: float32[300] = aten.mul.Tensor(self=%b_shift, other=0.5)
output %add
mutate %b_shift = %mul
tree {"output":0}
)";
  for (const std::string& pair : overwritten(broadcast)) EXPECT_EQ(pair.find("add over shift"), std::string::npos) << pair;
  EXPECT_THAT(overwritten(R"(graph Model mode=train
input buffer order = b_order: float32[8]
flip: float32[8] = aten.flip.default(self=%b_order, dims=[0])
add: float32[8] = aten.add.Tensor(self=%flip, other=1.0, alpha=1)
output %add
mutate %b_order = %add
tree {"output":0}
)"),
              IsEmpty());
  EXPECT_THAT(overwritten(R"(graph Model mode=train
input buffer total = b_total: float32[4, 8]
sum: float32[4, 1] = aten.sum.dim_IntList(self=%b_total, dim=[1], keepdim=True)
sub: float32[4, 8] = aten.sub.Tensor(self=%b_total, other=%sum, alpha=1)
output %sub
tree {"output":0}
)"),
              IsEmpty());
}

}  // namespace
}  // namespace ka
