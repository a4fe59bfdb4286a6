#include "tune/cache.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

const TuningPlace kHere{"cuda", "NVIDIA H100 80GB HBM3", "2.11.0", "3.6.0", 1};

TuningEntry entry(const std::string& signature, const std::string& schedule, Tuning depth = Tuning::kQuick,
                  const std::string& measured = "2026-01-01T00:00:00.000Z") {
  return {signature,
          kHere,
          "linear + gelu",
          depth,
          schedule,
          0.25,
          {{"contract slow", "accepted", 0.5}, {"contract wrong", "wrong", 0}},
          measured};
}

class TuningCacheTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = make_temp_dir("tuning-").value(); }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }
  std::filesystem::path file() const { return folder_ / "runs/tuning.jsonl"; }
  TuningCache open(std::string_view shipped = {}) const { return TuningCache(file(), {{"data/tuning/h100.jsonl", shipped}}); }
  std::filesystem::path folder_;
};

TEST_F(TuningCacheTest, AnEntryIsFoundAgainWithAllItsParts) {
  TuningCache first = open();
  EXPECT_FALSE(first.find("abc", kHere));
  ASSERT_TRUE(first.keep(entry("abc", "map block=2048")));
  const auto found = open().find("abc", kHere);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, "tuning.jsonl");
  EXPECT_EQ(compact(to_json(found->entry)), compact(to_json(entry("abc", "map block=2048"))));
}

TEST_F(TuningCacheTest, TheLastLineCountsAndStandsAboveWhatWasShipped) {
  const std::string shipped = tuning_text({entry("abc", "shipped"), entry("def", "shipped")});
  ASSERT_TRUE(open().keep(entry("abc", "first")));
  ASSERT_TRUE(open().keep(entry("abc", "second")));
  const TuningCache cache = open(shipped);
  EXPECT_EQ(cache.find("abc", kHere)->entry.schedule, "second");
  EXPECT_EQ(cache.find("def", kHere)->source, "data/tuning/h100.jsonl");
  EXPECT_EQ(cache.own().size(), 1u);
  EXPECT_EQ(cache.shipped(), 1u);
}

TEST_F(TuningCacheTest, OtherVersionsAndDevicesHaveMeasuredNothingForUs) {
  ASSERT_TRUE(open().keep(entry("abc", "map block=2048")));
  for (const TuningPlace& other : {TuningPlace{"cuda", "NVIDIA A100", "2.11.0", "3.6.0", 1},
                                   TuningPlace{"cuda", "NVIDIA H100 80GB HBM3", "2.12.0", "3.6.0", 1},
                                   TuningPlace{"cuda", "NVIDIA H100 80GB HBM3", "2.11.0", "3.7.0", 1},
                                   TuningPlace{"cuda", "NVIDIA H100 80GB HBM3", "2.11.0", "3.6.0", 2}})
    EXPECT_FALSE(open().find("abc", other));
}

TEST_F(TuningCacheTest, LinesThatAreNoneAreSkipped) {
  ASSERT_TRUE(make_dirs(file().parent_path()));
  const std::string line = compact(to_json(entry("abc", "map block=2048")));
  const std::string nameless = R"({"format":"kernelagent-tuning","version":1,"gpu":"x","depth":"quick"})";
  ASSERT_TRUE(write_file_atomic(file(), "{\"format\":\n" + nameless + "\n[]\n" + line + "\n" + line.substr(0, line.size() / 2)));
  TuningCache cache = open();
  EXPECT_TRUE(cache.find("abc", kHere));
  ASSERT_TRUE(cache.keep(entry("def", "map block=4096")));
  EXPECT_TRUE(open().find("def", kHere)) << "half a line before it must not swallow an entry";
}

TEST_F(TuningCacheTest, AnImportTakesWhatIsNewDeeperOrLater) {
  TuningCache cache = open();
  ASSERT_TRUE(cache.keep(entry("deeper", "mine", Tuning::kQuick)));
  ASSERT_TRUE(cache.keep(entry("shallower", "mine", Tuning::kFull)));
  ASSERT_TRUE(cache.keep(entry("later", "mine")));
  const auto merged =
      cache.merge(tuning_text({entry("deeper", "theirs", Tuning::kFull), entry("shallower", "theirs", Tuning::kQuick, "2027"),
                               entry("later", "theirs", Tuning::kQuick, "2027"), entry("new", "theirs")}),
                  "theirs.jsonl");
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->added, 1u);
  EXPECT_EQ(merged->replaced, 2u);
  EXPECT_EQ(merged->known, 1u);
  const TuningCache again = open();
  EXPECT_EQ(again.find("deeper", kHere)->entry.schedule, "theirs");
  EXPECT_EQ(again.find("shallower", kHere)->entry.schedule, "mine");
  EXPECT_EQ(again.find("later", kHere)->entry.schedule, "theirs");
  EXPECT_EQ(cache.merge("hello\n", "hello.txt").error().fault, Fault::kInput);
}

TEST(TuningPlace, IsReadFromWhatTheWorkerSays) {
  const Json machine = {{"versions", {{"torch", "2.11.0+cu130"}, {"triton", "3.6.0"}}},
                        {"devices", Json::array({Json{{"name", "NVIDIA H100 80GB HBM3"}}})}};
  EXPECT_EQ(place_of("cuda", machine, 1), kHere);
  EXPECT_EQ(place_of("cpu", Json{{"versions", Json::object()}, {"devices", Json::array()}}, 1).gpu, "cpu");
}

}  // namespace
}  // namespace ka
