#include <gtest/gtest.h>

#include "ir/graph.h"

namespace ka {
namespace {

std::string error(std::string_view body) {
  const Result<Graph> graph = parse_graph("graph M mode=train\ninput tensor x: float32[4]\n" + std::string(body) + "\n");
  return graph ? "read" : graph.error().message + " at " + graph.error().where;
}

TEST(Parse, SkipsCommentsAndEmptyLines) { EXPECT_EQ(error("\n# why\n   \ny: float32[4] = aten.neg.default(self=%x)"), "read"); }

TEST(Parse, NeedsAHeader) {
  EXPECT_EQ(parse_graph("").error().message, "graph text: the first line must read 'graph NAME mode=MODE'");
  EXPECT_EQ(parse_graph("input tensor x: float32[]").error().message,
            "graph text: expected 'graph ' before 'input tensor x: floa'");
}

TEST(Parse, NamesTheLineAndTheTrouble) {
  EXPECT_EQ(error("y: float33[4] = aten.neg.default(self=%x)"), "graph text: unknown dtype 'float33' at line 3");
  EXPECT_EQ(error("y: float32[4] = aten.neg.default(self=%y)"), "graph text: value 'y' is not defined before this use at line 3");
  EXPECT_EQ(error("x: float32[4] = aten.neg.default(self=%x)"), "graph text: value 'x' is defined twice at line 3");
  EXPECT_EQ(error("y: float32[4] = aten.neg.default(self=1x)"), "graph text: cannot read '1x' at line 3");
  EXPECT_EQ(error("y: float32[4] = aten.neg.default(self=99999999999999999999)"),
            "graph text: cannot read '99999999999999999999' at line 3");
  EXPECT_EQ(error("y: float32[4] = aten.neg.default(self=\"x)"), "graph text: the string does not end at line 3");
  EXPECT_EQ(error("y: float32[4] = aten.neg.default(self=%x) nonsense"), "graph text: unexpected 'nonsense' at line 3");
  EXPECT_EQ(error("y: float32[\"s0\"] = aten.neg.default(self=%x)"),
            "graph text: a symbolic shape needs its strides written out at line 3");
  EXPECT_EQ(error("_ = aten.neg.default(self=%x)"), "graph text: a node without outputs needs name= at line 3");
  EXPECT_EQ(error("input weight w: float32[4]"), "graph text: unknown input kind 'weight' at line 3");
  EXPECT_EQ(error("mutate %y = %x"), "graph text: value 'y' is not defined before this use at line 3");
}

}  // namespace
}  // namespace ka
