#include "compose/views.h"

#include <gtest/gtest.h>

#include "compose/entry.h"

namespace ka {
namespace {

TEST(Views, StridesFollowPyTorch) {
  EXPECT_EQ(viewed_strides({4, 8}, {8, 1}, {32}), (Shape{1}));
  EXPECT_EQ(viewed_strides({4, 8}, {1, 4}, {32}), std::nullopt);
  EXPECT_EQ(viewed_strides({4, 8}, {16, 1}, {2, 2, 8}), (Shape{32, 16, 1}));
  EXPECT_EQ(viewed_strides({4, 8}, {16, 2}, {4, 4, 2}), (Shape{16, 4, 2}));
  EXPECT_EQ(viewed_strides({}, {}, {1, 1}), (Shape{1, 1}));
  EXPECT_EQ(viewed_strides({1, 4, 1}, {9, 2, 7}, {4}), (Shape{2}));
  EXPECT_EQ(viewed_strides({0, 4}, {4, 1}, {2, 0}), (Shape{1, 1}));
}

TEST(Views, LayoutsIgnoreExtentsOfOne) {
  EXPECT_TRUE(same_layout({4, 1}, {1, 99}, {1, 4}));
  EXPECT_FALSE(same_layout({4, 2}, {1, 4}, {2, 1}));
  EXPECT_TRUE(same_layout({0, 2}, {1, 4}, {2, 1}));
}

Expression applied(const std::string& line) {
  const Graph graph = *parse_graph("graph M mode=train\ninput tensor x: float32[2, 3, 4]\n" + line + "\n");
  Result<Expression> result = apply_view(graph, graph.nodes.front(), {"x", graph.type(0)});
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : Expression{};
}

TEST(Views, AreWrittenAsMethodsAndSlices) {
  EXPECT_EQ(applied("y: float32[4, 2, 3] = aten.permute.default(self=%x, dims=[2, 0, 1])").text, "x.permute(2, 0, 1)");
  EXPECT_EQ(applied("y: float32[2, 3, 2] = aten.slice.Tensor(self=%x, dim=-1, start=1, end=9223372036854775807, step=2)").text,
            "x[:, :, 1::2]");
  EXPECT_EQ(applied("y: float32[2, 2, 4] = aten.slice.Tensor(self=%x, dim=1, start=None, end=-1, step=1)").text, "x[:, :2]");
  EXPECT_EQ(applied("y: float32[2, 4] = aten.select.int(self=%x, dim=1, index=-1)").text, "x.select(1, -1)");
  EXPECT_EQ(applied("y: float32[4, 2] = aten.diagonal.default(self=%x, offset=0, dim1=0, dim2=1)").text, "x.diagonal(0, 0, 1)");
  EXPECT_EQ(applied("y: float32[24] = aten.view.default(self=%x, size=[-1])").text, "x.view(24)");
  EXPECT_EQ(applied("y: float32[2, 3, 1, 4] = aten.unsqueeze.default(self=%x, dim=2)").type.strides(), (Shape{12, 4, 4, 1}));
  EXPECT_EQ(applied("y: float32[5, 2, 3, 4] = aten.expand.default(self=%x, size=[5, -1, 3, 4], implicit=False)").type.strides(),
            (Shape{0, 12, 4, 1}));
}

TEST(Views, RefuseOtherOperators) {
  const Graph graph = *parse_graph("graph M mode=train\ninput tensor x: float32[2]\ny: float32[2] = aten.neg.default(self=%x)\n");
  EXPECT_FALSE(apply_view(graph, graph.nodes.front(), {"x", graph.type(0)}));
}

TEST(Entry, ReachesStateByAttributesAndItems) {
  EXPECT_EQ(attribute_access("fc.weight"), "self.fc.weight");
  EXPECT_EQ(attribute_access("layers.0.fc.weight"), "self.layers[0].fc.weight");
  EXPECT_EQ(attribute_access("blocks.a-b.weight"), "self.blocks[\"a-b\"].weight");
}

TEST(Entry, RebuildsNests) {
  const std::vector<std::string> names = {"a", "b"};
  EXPECT_EQ(*tree_expression(Json::parse(R"({"tuple":[{"output":1}]})"), names, {}), "(b,)");
  EXPECT_EQ(*tree_expression(Json::parse(R"({"list":[{"output":0},{"none":true},{"literal":"#"},{"literal":{"float":"inf"}}]})"),
                             names, {}),
            "[a, None, \"\\x23\", float(\"inf\")]");
  EXPECT_EQ(*tree_expression(Json::parse(R"({"dict":[["k",{"output":0}],[3,{"tuple":[]}]]})"), names, {}), "{\"k\": a, 3: ()}");
}

}  // namespace
}  // namespace ka
