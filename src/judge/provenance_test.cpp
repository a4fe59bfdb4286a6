#include "judge/provenance.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(Provenance, TheAuthorTravelsWithTheTextUntilAPersonConfirms) {
  const std::string problem = "import torch\n\n\nclass Model:\n    pass\n";
  const std::string marked = mark_as_written_by("openai/gpt-5", problem);
  EXPECT_EQ(unconfirmed_author(marked), "openai/gpt-5");
  EXPECT_EQ(unconfirmed_author(problem), "");
  EXPECT_EQ(confirmed(marked), problem);
  EXPECT_EQ(confirmed(problem), problem);
}

TEST(Provenance, ANameCannotEndTheLine) {
  const std::string marked = mark_as_written_by("command/a\nimport os", "x = 1\n");
  EXPECT_EQ(unconfirmed_author(marked), "command/a import os");
  EXPECT_EQ(confirmed(marked), "x = 1\n");
}

}  // namespace
}  // namespace ka
