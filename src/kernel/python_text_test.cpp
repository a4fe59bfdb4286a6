#include "kernel/python_text.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(PythonText, MakesIdentifiers) {
  EXPECT_EQ(python_identifier("fc.weight"), "fc_weight");
  EXPECT_EQ(python_identifier("0.weight"), "v0_weight");
  EXPECT_EQ(python_identifier("lambda"), "lambda_");
  EXPECT_EQ(python_identifier("torch"), "torch_");
  EXPECT_EQ(python_identifier(""), "v");
}

TEST(PythonText, NameScopeNeverRepeats) {
  NameScope scope;
  scope.reserve("x_1");
  EXPECT_EQ(scope.take("x"), "x");
  EXPECT_EQ(scope.take("x"), "x_2");
  EXPECT_EQ(scope.take("x.1"), "x_1_1");
}

TEST(PythonText, PrintsTuplesAndStrings) {
  EXPECT_EQ(tuple_text(Shape{}), "()");
  EXPECT_EQ(tuple_text(Shape{4}), "(4,)");
  EXPECT_EQ(tuple_text(Shape{4, -1}), "(4, -1)");
  EXPECT_EQ(string_literal("a \"b\" \\ \n #1"), R"("a \"b\" \\ \n \x231")");
}

TEST(PythonText, WrapsAsBlackDoes) {
  SourceWriter out;
  write_items(out, 0, "f(", {"a", "b"}, ")");
  const std::string forty(40, 'x');
  write_items(out, 0, "function(", {forty, forty}, ")");
  write_items(out, 0, "function(", {forty, forty, forty}, ")");
  EXPECT_EQ(out.text(), "f(a, b)\nfunction(\n    " + forty + ", " + forty + "\n)\nfunction(\n    " + forty + ",\n    " + forty +
                            ",\n    " + forty + ",\n)\n");
}

}  // namespace
}  // namespace ka
