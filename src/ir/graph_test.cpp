#include "ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

using testing::ElementsAre;

Argument list(std::vector<Argument> elements) { return Argument{std::move(elements)}; }

TEST(Argument, ReadsNumbers) {
  EXPECT_EQ(Argument{int64_t{3}}.number(), 3.0);
  EXPECT_EQ(Argument{2.5}.number(), 2.5);
  EXPECT_EQ(Argument{true}.integer(), 1);
  EXPECT_TRUE(Argument{int64_t{2}}.truth());
  EXPECT_FALSE(Argument{Ref{0}}.is_number());
  EXPECT_FALSE(Argument{}.is_number());
  EXPECT_THAT(list({Argument{int64_t{1}}, Argument{int64_t{-1}}}).integers(), ElementsAre(1, -1));
  EXPECT_THAT(Argument{int64_t{5}}.integers(), ElementsAre(5));
  EXPECT_THAT(Argument{}.integers(), ElementsAre());
}

TEST(Graph, ListsOperandsWithRepeatsAndUsersOnce) {
  Graph graph;
  graph.values = {{"x", {}, kNone, 0}, {"y", {}, kNone, 0}, {"cat", {}, 0, 0}};
  graph.inputs = {{InputKind::kTensor, "x", 0, "", {}, "", false, true}, {InputKind::kTensor, "y", 1, "", {}, "", false, true}};
  Node node{"cat",
            "aten.cat.default",
            {{"tensors", list({Argument{Ref{1}}, Argument{Ref{0}}, Argument{Ref{1}}})}, {"dim", Argument{int64_t{0}}}},
            {2},
            {},
            "",
            kNone};
  graph.nodes = {node};
  EXPECT_THAT(Graph::operands(node), ElementsAre(1, 0, 1));
  EXPECT_THAT(graph.users(), ElementsAre(ElementsAre(0), ElementsAre(0), ElementsAre()));
  EXPECT_EQ(graph.input_of(1), 1);
  EXPECT_EQ(graph.input_of(2), std::nullopt);
  EXPECT_EQ(node.find("out"), nullptr);
  EXPECT_EQ(node.at("dim").integer(), 0);
}

TEST(GraphDeathTest, MissingArgumentNamesTheOperator) {
  const Node node{"n", "aten.neg.default", {}, {}, {}, "", kNone};
  EXPECT_DEATH(static_cast<void>(node.at("self")), "aten.neg.default has no argument 'self'");
}

TEST(InputKind, NamesReadBack) {
  for (int i = 0; i <= static_cast<int>(InputKind::kConstant); ++i) {
    EXPECT_EQ(parse_input_kind(name(static_cast<InputKind>(i))), static_cast<InputKind>(i));
  }
  EXPECT_EQ(parse_input_kind("weights"), std::nullopt);
}

}  // namespace
}  // namespace ka
