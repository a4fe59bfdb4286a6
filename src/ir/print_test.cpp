#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/graph.h"
#include "ir/text.h"

namespace ka {
namespace {

constexpr std::string_view kText = R"(graph Model mode=train
input tensor x: float32[4, 8] stride [1, 4] offset 2
input scalar k: float64[] scalar=float baked example=2.0
input scalar reduction: bool[] scalar=str baked example="mean"
input tensor again = %x
input parameter fc.weight = p_fc_weight: float32[8, 8]
input buffer n = b_n: int64[] transient
input constant _lifted_0 = c_lifted_0: float32[2] source=literal example=[1.0,{"float":"inf"}]
input attribute "odd name" = "_": float32["s0", 8] stride [8, 1] offset "s1 + 1"
linear: float32[4, 8] = aten.linear.default(input=%x, weight=%p_fc_weight, bias=None)  @ problem.py:14 "x = self.fc(x)  # \"first\"" module=fc
values: float32[4], _ = aten.max.dim(self=%linear, dim=-1, keepdim=False)  @ "my problem.py":15 name=max_1
() = aten.odd.default(a=inf, b=[1.0, -inf, nan, 1e-05, 1e+20, -0.0], c=[1, %"_", [True, "tanh"], []], d=float32) name=odd origin=3
add: int64[] = aten.add.Tensor(self=%b_n, other=-9223372036854775808, alpha=1)
output %values
mutate %b_n = %add
tree {"tuple":[{"output":0},{"literal":3}]}
)";

TEST(Print, TextFormRoundTrips) {
  const Result<Graph> graph = parse_graph(kText);
  ASSERT_TRUE(graph) << graph.error().message << " " << graph.error().where;
  EXPECT_EQ(print(*graph), kText);
  EXPECT_EQ(graph->nodes[0].location, (Location{"problem.py", 14, "x = self.fc(x)  # \"first\""}));
  EXPECT_EQ(graph->nodes[1].name, "max_1");
  EXPECT_EQ(graph->values[0].type.offset, Dim(2));
}

TEST(Print, TextAndJsonAgree) {
  const Graph graph = *parse_graph(kText);
  const Result<Graph> again = graph_from_json(to_json(graph));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(print(*again), kText);
}

TEST(Print, FloatsAreShortestAndVisiblyFloats) {
  EXPECT_EQ(to_text(2.0), "2.0");
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(1e-5), "1e-05");
  EXPECT_EQ(to_text(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(to_text(std::nan("")), "nan");
}

TEST(Print, ArgumentsCanBePrintedAlone) {
  const Graph graph = *parse_graph(kText);
  EXPECT_EQ(to_text(graph, graph.nodes[2].at("c")), R"([1, %"_", [True, "tanh"], []])");
  EXPECT_EQ(to_text(graph.type(1)), "float64[]");
}

TEST(Print, TenThousandNodesRoundTrip) {
  std::string text = "graph Deep mode=eval\ninput tensor x: float32[16, 1024]\n";
  std::string last = "x";
  for (int i = 0; i < 10000; ++i) {
    const std::string next = "relu_" + std::to_string(i);
    text += next + ": float32[16, 1024] = aten.add.Tensor(self=%" + last +
            ", other=0.5, alpha=1)  @ problem.py:20 \"x = x + 0.5\" module=layers.0\n";
    last = next;
  }
  text += "output %" + last + "\n";
  const Result<Graph> graph = parse_graph(text);
  ASSERT_TRUE(graph);
  EXPECT_EQ(print(*graph), text);
  EXPECT_TRUE(verify(*graph));
}

}  // namespace
}  // namespace ka
