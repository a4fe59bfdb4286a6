#include "syntax/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

using testing::ElementsAre;

TEST(Module, FindsDefinitionsWithDecorators) {
  const SyntaxTree tree =
      SyntaxTree::parse("@triton.jit\ndef f(x):\n    return\n\nclass A:\n    def g(self): return 1\n\ndef f(y): return 2\n");
  const std::vector<Definition> found = definitions(tree.root());
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found[0].whole.is("decorated_definition"));
  EXPECT_TRUE(found[1].is_class);
  EXPECT_EQ(find_definition(tree.root(), "f")->node.line(), 8);
  EXPECT_EQ(find_definition(found[1].body, "g")->name, "g");
  EXPECT_FALSE(find_definition(tree.root(), "g"));
}

TEST(Module, ReadsParameters) {
  const SyntaxTree tree = SyntaxTree::parse("def f(self, x: torch.Tensor, k=2.0, *rest, n: int = 3, **more): ...\n");
  std::vector<std::string> texts;
  for (const Parameter& parameter : parameters(definitions(tree.root())[0].node))
    texts.push_back(parameter.stars + parameter.name + "=" + parameter.default_value);
  EXPECT_THAT(texts, ElementsAre("self=", "x=", "k=2.0", "*rest=", "n=3", "**more="));
}

TEST(Module, ListsTopLevelNames) {
  const SyntaxTree tree = SyntaxTree::parse(
      "import torch.nn as nn\nimport os.path\nfrom math import pi, sqrt as root\na, (b, *c) = 1, (2, 3)\nd: int = 4\nx.y = 5\nz[0] = 6\n"
      "if a:\n    e = 1\nfor f in b: g = f\nwith open(p) as h: ...\nclass K:\n    inner = 1\ndef m():\n    local = 1\n");
  EXPECT_THAT(top_level_names(tree.root()),
              ElementsAre("K", "a", "b", "c", "d", "e", "f", "g", "h", "m", "nn", "os", "pi", "root"));
}

TEST(Module, NamesThePlaceOfASyntaxError) {
  const Result<SyntaxTree> tree = parse_python("x = 1\ndef f(:\n    return\n", "problem.py");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().fault, Fault::kInput);
  EXPECT_EQ(tree.error().where, "problem.py:2");
}

TEST(Module, RenamesGlobalsAndLeavesLocalsAlone) {
  const std::string source = R"(import triton
BLOCK = 64

@triton.jit
def kernel(x, n, BLOCK: tl.constexpr):
    return helper(x + BLOCK)

def helper(value, scale=BLOCK):
    kernel[(1,)](value, BLOCK=BLOCK)
    return self.kernel(f"{BLOCK}")

def other():
    BLOCK = 3
    return BLOCK, lambda helper: helper, [kernel for kernel in ()]

class A:
    kernel = kernel
    def helper(self):
        return helper(kernel)
)";
  EXPECT_EQ(rename_globals(source, {{"BLOCK", "p_BLOCK"}, {"kernel", "p_kernel"}, {"helper", "p_helper"}}), R"(import triton
p_BLOCK = 64

@triton.jit
def p_kernel(x, n, BLOCK: tl.constexpr):
    return p_helper(x + BLOCK)

def p_helper(value, scale=p_BLOCK):
    p_kernel[(1,)](value, BLOCK=p_BLOCK)
    return self.kernel(f"{p_BLOCK}")

def other():
    BLOCK = 3
    return BLOCK, lambda helper: helper, [kernel for kernel in ()]

class A:
    kernel = kernel
    def helper(self):
        return p_helper(p_kernel)
)");
}

}  // namespace
}  // namespace ka
