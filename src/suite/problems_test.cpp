#include "suite/problems.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

class ProblemsTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *make_temp_dir("ka_problems_"); }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }
  void make(const std::string& name) const { ASSERT_TRUE(write_file_atomic(folder_ / name, "x\n")); }
  std::vector<std::string> found(const Selection& selection = {}) const {
    std::vector<std::string> names;
    const auto problems = find_problems({folder_.string()}, selection);
    if (problems)
      for (const SuiteProblem& problem : *problems) names.push_back(problem.name);
    return names;
  }
  fs::path folder_;
};

TEST_F(ProblemsTest, FoldersAreWalkedAndPeopleCount) {
  for (const char* name : {"level2/1_b.py", "level1/10_c.py", "level1/2_a.py", "level1/__init__.py", "level1/.x.py", "notes.txt"})
    make(name);
  EXPECT_EQ(found(), (std::vector<std::string>{"level1/2_a", "level1/10_c", "level2/1_b"}));
  EXPECT_EQ(find_problems({folder_.string(), (folder_ / "level1/2_a.py").string()}, {})->size(), 3U) << "named twice counts once";
  EXPECT_FALSE(find_problems({(folder_ / "nowhere").string()}, {}));
}

TEST_F(ProblemsTest, EqualNamesGrow) {
  for (const char* name : {"x/level1/a.py", "y/level1/a.py", "y/level1/b.py"}) make(name);
  EXPECT_EQ(found(), (std::vector<std::string>{"level1/b", "x/level1/a", "y/level1/a"}));
}

TEST_F(ProblemsTest, SomeAreSelected) {
  for (const char* name : {"l/1_relu.py", "l/2_gelu.py", "l/3_relu_sum.py", "l/4_mm.py", "l/5_mm.py"}) make(name);
  EXPECT_EQ(found({{"relu"}, 1, 1, 0}), (std::vector<std::string>{"l/1_relu", "l/3_relu_sum"}));
  EXPECT_EQ(found({{"*_mm", "*/2_*"}, 1, 1, 0}), (std::vector<std::string>{"l/2_gelu", "l/4_mm", "l/5_mm"}));
  EXPECT_EQ(found({{}, 2, 2, 0}), (std::vector<std::string>{"l/2_gelu", "l/4_mm"}));
  EXPECT_EQ(found({{}, 1, 2, 0}), (std::vector<std::string>{"l/1_relu", "l/3_relu_sum", "l/5_mm"}));
  EXPECT_EQ(found({{}, 1, 1, 2}).size(), 2U);
  EXPECT_TRUE(found({{"nothing"}, 1, 1, 0}).empty());
}

TEST(Shards, AreRead) {
  EXPECT_EQ(parse_shard("2/8")->shard, 2);
  EXPECT_EQ(parse_shard("2/8")->shards, 8);
  for (const char* bad : {"", "2", "0/8", "9/8", "2/", "/8", "2/8x", "a/b"}) EXPECT_FALSE(parse_shard(bad)) << bad;
}

TEST(Names, CountAsPeopleDo) {
  EXPECT_TRUE(counts_before("level1/2_a", "level1/10_a"));
  EXPECT_TRUE(counts_before("level1/02", "level1/3"));
  EXPECT_FALSE(counts_before("a", "a"));
  EXPECT_TRUE(counts_before("a", "a1"));
  EXPECT_EQ(level_of("x/level1/a"), "x/level1");
  EXPECT_EQ(level_of("a"), "");
}

}  // namespace
}  // namespace ka
