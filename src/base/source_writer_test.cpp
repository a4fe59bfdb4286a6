#include "base/source_writer.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(SourceWriter, IndentsByScope) {
  SourceWriter out;
  out.blank();
  out.line("import triton");
  out.blank(2);
  out.blank();
  {
    const auto body = out.block("def {}(x):", "kernel");
    out.raw("\"\"\"Adds {braces}.\n\nMore.\"\"\"\n");
    {
      const auto loop = out.block("for i in range({}):", 4);
      out.line("x = x + i");
    }
    out.line("return {{x}}");
  }
  out.line("kernel(1)");
  EXPECT_EQ(out.take(),
            "import triton\n"
            "\n"
            "\n"
            "def kernel(x):\n"
            "    \"\"\"Adds {braces}.\n"
            "\n"
            "    More.\"\"\"\n"
            "    for i in range(4):\n"
            "        x = x + i\n"
            "    return {x}\n"
            "kernel(1)\n");
}

TEST(SourceWriter, AnIndentCanEndEarly) {
  SourceWriter out(2);
  auto body = out.indent();
  out.line("in");
  body.close();
  out.line("out");
  EXPECT_EQ(out.text(), "  in\nout\n");
}

}  // namespace
}  // namespace ka
