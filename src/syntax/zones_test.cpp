#include "syntax/zones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"

namespace ka {
namespace {

constexpr std::string_view kProblem = R"("""A problem."""
import torch
import torch.nn as nn

SIZE = 8  # columns


class Block(nn.Module):
    def forward(self, x):
        """Forward pass of the block."""
        return x

    def unused(self):
        pass


class Model(nn.Module):
    """
    Keeps its doc string.
    """

    def __init__(self, size):
        super(Model, self).__init__()
        self.fc = nn.Linear(size, size)

    @torch.no_grad()
    def forward(self, x: torch.Tensor, k=2.0):
        """Forward pass."""
        return self.fc(x) * k

    def extra(self):
        return 3


# Test code
def get_inputs():
    return [torch.randn(4, SIZE)]


def get_init_inputs():
    return [SIZE]


if __name__ == "__main__":
    print(Model(SIZE))
)";

TEST(ConstructionZone, CopiesWhatForwardDoesNotNeed) {
  EXPECT_EQ(*construction_zone(kProblem, "problem.py"), R"("""A problem."""
import torch
import torch.nn as nn

SIZE = 8  # columns


class Block(nn.Module):
    def forward(self, x):
        return x

    def unused(self):
        ...


class Model(nn.Module):
    """
    Keeps its doc string.
    """

    def __init__(self, size):
        super(Model, self).__init__()
        self.fc = nn.Linear(size, size)

    def extra(self):
        return 3


# Test code
)");
}

TEST(ConstructionZone, ReadsWindowsLineEnds) {
  std::string windows;
  for (const char c : kProblem) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(*construction_zone(windows, "p"), *construction_zone(kProblem, "p"));
}

TEST(ConstructionZone, KeepsAClassThatOnlyHasForward) {
  EXPECT_EQ(*construction_zone("class Model(nn.Module):\n    def forward(self, x):\n        return x\n", "p"),
            "class Model(nn.Module):\n    ...\n");
  EXPECT_EQ(*construction_zone("class Model(nn.Module):\n    \"\"\"Doc: pass.\"\"\"\n", "p"),
            "class Model(nn.Module):\n    ...\n");
}

TEST(ConstructionZone, NeedsAModel) {
  EXPECT_EQ(construction_zone("x = 1\n", "p.py").error().message, "the problem has no class Model");
  EXPECT_EQ(construction_zone("x = (\n", "p.py").error().where, "p.py:1");
}

TEST(ForwardSignature, IsCopiedWithoutSelf) {
  const SyntaxTree tree = SyntaxTree::parse(std::string(kProblem));
  const Result<ForwardSignature> signature = forward_signature(tree, "p");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->text, "x: torch.Tensor, k=2.0");
  ASSERT_EQ(signature->parameters.size(), 2U);
  EXPECT_EQ(signature->parameters[1].default_value, "2.0");
  EXPECT_FALSE(forward_signature(SyntaxTree::parse("class Model(Base): ...\n"), "p"));
}

std::string program(std::string_view self_test = "if __name__ == \"__main__\":\n    main()\n") {
  return "# header\n" + construction_marker(kProblem) + "\nimport torch\n" + std::string(kForwardMarker) + "\ny = 1\n\n" +
         std::string(kSelfTestMarker) + "\n" + std::string(self_test);
}

TEST(Zones, AreCutAtTheMarkers) {
  const Result<Zones> zones = split_zones(program());
  ASSERT_TRUE(zones) << zones.error().message;
  EXPECT_EQ(zones->header, "# header\n");
  EXPECT_EQ(zones->problem_hash, sha256(kProblem));
  EXPECT_EQ(zones->construction, "import torch\n");
  EXPECT_EQ(zones->forward, "y = 1\n\n");
  EXPECT_EQ(zones->forward_line, 5);
  EXPECT_TRUE(has_zones(program()));
  EXPECT_FALSE(has_zones("import torch\n"));
}

TEST(Zones, CannotBeForged) {
  EXPECT_FALSE(split_zones("import os\n" + program()));
  EXPECT_FALSE(split_zones(program() + std::string(kForwardMarker) + "\n"));
  EXPECT_FALSE(split_zones(std::string(kForwardMarker) + "\n" + program()));
  EXPECT_FALSE(split_zones(program("x = torch.relu(y)\n")));
  EXPECT_FALSE(split_zones(program("if __name__ == \"__main__\":\n    main()\nx = 1\n")));
  EXPECT_FALSE(split_zones("x = 1\n"));
  EXPECT_FALSE(split_zones(program("if __name__ == \"__main__\":\n    main()\nelse:\n    evil()\n")));
  EXPECT_FALSE(split_zones(program("if __name__ == \"__main__\" or evil():\n    main()\n")));
  // Markers inside strings and brackets end nothing.
  const std::string forward =
      "# header\n" + construction_marker(kProblem) + "\nimport torch\n" + std::string(kForwardMarker) + "\n";
  EXPECT_FALSE(
      split_zones(forward + "x = \"\"\"\n" + std::string(kSelfTestMarker) + "\nif __name__ == \"__main__\":\n \"\"\"; evil(\n"));
  const Result<Zones> hidden = split_zones(forward + "x = (\n" + std::string(kSelfTestMarker) + "\n1)\ny = \"\"\"\n" +
                                           std::string(kSelfTestMarker) + "\n\"\"\"\n");
  ASSERT_TRUE(hidden) << hidden.error().message;
  EXPECT_EQ(hidden->self_test, "");
  EXPECT_TRUE(split_zones(program("")));
}

}  // namespace
}  // namespace ka
