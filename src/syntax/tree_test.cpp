#include "syntax/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(SyntaxTree, GivesTypesTextsAndPlaces) {
  const SyntaxTree tree = SyntaxTree::parse("x = 1\n\ndef f(a):\n    return a\n");
  const SyntaxNode root = tree.root();
  EXPECT_TRUE(root.is("module"));
  ASSERT_EQ(root.named_children().size(), 2U);
  const SyntaxNode function = root.named_children()[1];
  EXPECT_EQ(function.type(), "function_definition");
  EXPECT_EQ(function.line(), 3);
  EXPECT_EQ(function.column(), 0);
  EXPECT_EQ(function.field("name")->text(), "f");
  EXPECT_EQ(function.field("nothing"), std::nullopt);
  EXPECT_EQ(*function.parent(), root);
  EXPECT_EQ(root.parent(), std::nullopt);
  EXPECT_EQ(function.children().front().text(), "def");
  EXPECT_FALSE(function.children().front().is_named());
}

TEST(SyntaxTree, OutlivesCopies) {
  SyntaxTree copy = SyntaxTree::parse("y = 2\n");
  const SyntaxNode root = SyntaxTree(copy).root();
  copy = SyntaxTree(copy);
  EXPECT_EQ(root.text(), "y = 2\n");
}

TEST(SyntaxTree, FindsTheFirstError) {
  EXPECT_EQ(SyntaxTree::parse("x = 1\n").first_error(), std::nullopt);
  const SyntaxTree broken = SyntaxTree::parse("x = 1\ny = (2\nz = = 3\n");
  ASSERT_TRUE(broken.first_error());
  EXPECT_TRUE(broken.root().has_error());
  const SyntaxTree missing = SyntaxTree::parse("f(1\n");
  ASSERT_TRUE(missing.first_error());
  EXPECT_TRUE(missing.first_error()->is_missing() || missing.first_error()->is_error());
}

}  // namespace
}  // namespace ka
