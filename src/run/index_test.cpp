#include "run/index.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "run/run_directory.h"

namespace ka {
namespace {

class IndexTest : public testing::Test {
 protected:
  void SetUp() override { runs_ = *make_temp_dir("index-"); }
  void TearDown() override { static_cast<void>(remove_tree(runs_)); }
  std::filesystem::path runs_;
};

TEST_F(IndexTest, AKernelIsFoundByItsWholeKeyOnly) {
  const std::unique_ptr<RunIndex> index = *RunIndex::open(runs_);
  const KernelKey key{"signature", "source", "judge", "bubblewrap", "worker", "machine", "train cpu"};
  EXPECT_FALSE(index->find(key)->has_value());
  ASSERT_TRUE(index->keep(key, {"run_1", 0.25, 1.5, Json{{"kind", "accepted"}}}));
  const std::optional<CachedKernel> found = *index->find(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->run, "run_1");
  EXPECT_EQ(found->milliseconds, 1.5);
  EXPECT_EQ(found->verdict["kind"], "accepted");
  for (std::string KernelKey::*part : {&KernelKey::signature, &KernelKey::source, &KernelKey::judge, &KernelKey::sandbox,
                                       &KernelKey::worker, &KernelKey::machine, &KernelKey::mode}) {
    KernelKey other = key;
    other.*part += "!";
    EXPECT_FALSE(index->find(other)->has_value());
  }
}

TEST_F(IndexTest, RunsAreListedNewestFirstWithOrWithoutARow) {
  std::string first, second;
  {
    const std::unique_ptr<RunIndex> index = *RunIndex::open(runs_);
    for (std::string* id : {&first, &second}) {
      const RunDirectory made = *RunDirectory::create(runs_);
      ASSERT_TRUE(made.write("run.json", R"({"problem":"p.py","platform":"cpu"})"));
      *id = made.id();
    }
    ASSERT_TRUE(index->record({second, "p.py", "cpu", "", "accepted", "", 2, 3.5}));
    ASSERT_TRUE(index->record({"run_gone", "p.py", "cpu", "", "accepted", "", 2, 3.5}));
  }
  const std::vector<RunRow> rows = *(*RunIndex::open(runs_))->runs(10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id == second ? rows[0].status : rows[1].status, "accepted");
  EXPECT_EQ(rows[0].id == first ? rows[0].status : rows[1].status, "killed");
  EXPECT_GE(rows[0].id, rows[1].id);
}

TEST_F(IndexTest, ABrokenFileIsAnEnvironmentError) {
  ASSERT_TRUE(write_file_atomic(runs_ / "index.sqlite", std::string(4096, 'x')));
  EXPECT_EQ(RunIndex::open(runs_).error().fault, Fault::kEnvironment);
}

}  // namespace
}  // namespace ka
