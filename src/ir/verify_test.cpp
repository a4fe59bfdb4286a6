#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/graph.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Graph sound() {
  return *parse_graph(R"(graph Model mode=train
input tensor x: float32[4, 8]
input buffer n = b_n: int64[]
relu: float32[4, 8] = aten.relu.default(self=%x)
add: int64[] = aten.add.Tensor(self=%b_n, other=1, alpha=1)
output %relu
mutate %b_n = %add
tree {"output":0}
)");
}

TEST(Verify, AcceptsASoundGraph) {
  EXPECT_THAT(problems(sound()), IsEmpty());
  EXPECT_TRUE(verify(sound()));
}

TEST(Verify, RefusesSymbolicExtentsAsTheInputsFault) {
  Graph graph = sound();
  graph.values[0].type.shape[0] = Dim("s0");
  const Status status = verify(graph);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().fault, Fault::kInput);
  EXPECT_EQ(status.error().message, "value 'x' has a symbolic extent: dynamic shapes are not supported");
}

TEST(Verify, CountsProblemsInTheError) {
  Graph graph = sound();
  graph.values[2].type.stride.pop_back();
  graph.values[3].name = "x";
  const Status status = verify(graph);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().fault, Fault::kInternal);
  EXPECT_EQ(status.error().message, "graph 'Model': value 'relu' has 2 extents but 1 strides (and 1 more)");
}

TEST(Verify, SaysALinePerProblem) {
  Graph graph = sound();
  graph.nodes[0].arguments[0].value = Argument{Ref{3}};
  graph.nodes[1].outputs[0] = 7;
  EXPECT_THAT(problems(graph),
              ElementsAre("node 'relu' reads 'add' before it is defined", "node 'add' has an output that does not exist",
                          "value 'add' is neither an input nor an output of a node", "output 1 has no value"));
}

TEST(Verify, ChecksProducers) {
  Graph graph = sound();
  graph.values[2].producer = 1;
  EXPECT_THAT(problems(graph), ElementsAre("value 'relu' names another producer than the node that lists it"));
}

TEST(Verify, ChecksInputs) {
  Graph graph = sound();
  graph.inputs[0].kind = InputKind::kScalar;
  std::swap(graph.inputs[0], graph.inputs[1]);
  EXPECT_THAT(problems(graph), ElementsAre("user input 'x' stands behind state",
                                           "input 'x': a scalar type stands where there is no scalar, or is missing",
                                           "scalar input 'x' is not 0-d", "the new contents of 'x' have another shape or dtype"));
}

TEST(Verify, LetsAForwardParameterAndStateShareAName) {
  Graph graph = sound();
  graph.inputs[1].name = "x";
  EXPECT_THAT(problems(graph), IsEmpty());
  graph.inputs[1].kind = InputKind::kTensor;
  EXPECT_THAT(problems(graph), ElementsAre("two inputs are named 'x'"));
}

TEST(Verify, ChecksMutationsAndTheTree) {
  Graph graph = sound();
  graph.outputs[1].value = 2;
  graph.output_tree = Json::parse(R"({"tuple":[{"output":0},{"output":1},{"literal":{"output":9}}]})");
  EXPECT_THAT(problems(graph),
              ElementsAre("the new contents of 'n' have another shape or dtype", "the output tree names output 1, of 1"));
}

}  // namespace
}  // namespace ka
