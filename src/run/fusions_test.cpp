#include "run/fusions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(Fusions, AreReadOutOfAReply) {
  const auto found = fusions_in(
      "I would join two.\n```json\n{\"groups\": [{\"subgraphs\": [\"sg_01_a\", \"sg_02_b\"], \"why\": \"small\"},"
      " {\"why\": \"no list\"}, {\"subgraphs\": [\"sg_03_c\", 4]}]}\n```\n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_THAT(found->front().parts, testing::ElementsAre("sg_01_a", "sg_02_b"));
  EXPECT_EQ(found->front().why, "small");
  EXPECT_THAT(found->back().parts, testing::ElementsAre("sg_03_c"));
}

TEST(Fusions, ProseAndOtherObjectsAreNone) {
  EXPECT_FALSE(fusions_in("sg_01 and sg_02, I think."));
  EXPECT_FALSE(fusions_in("{\"groups\": \"sg_01\"}"));
  EXPECT_TRUE(fusions_in("{\"groups\": []}")->empty());
}

}  // namespace
}  // namespace ka
