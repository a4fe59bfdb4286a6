#include "run/run_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

class RunDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { runs_ = *make_temp_dir("runs-"); }
  void TearDown() override { static_cast<void>(remove_tree(runs_)); }
  std::filesystem::path runs_;
};

TEST_F(RunDirectoryTest, IdsSayWhenAndAreFoundByPart) {
  const RunDirectory made = *RunDirectory::create(runs_);
  EXPECT_THAT(made.id(), testing::MatchesRegex("run_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}"));
  ASSERT_TRUE(made.write("run.json", "{}"));
  EXPECT_EQ(RunDirectory::open(runs_, made.id())->id(), made.id());
  EXPECT_EQ(RunDirectory::open(runs_, "last")->id(), made.id());
  EXPECT_EQ(RunDirectory::open(runs_, made.id().substr(20))->id(), made.id());
  EXPECT_EQ(RunDirectory::open("elsewhere", made.path().string() + "/")->id(), made.id());
  EXPECT_EQ(RunDirectory::open(runs_, "nothing").error().fault, Fault::kInput);
  const RunDirectory second = *RunDirectory::create(runs_);
  EXPECT_FALSE(RunDirectory::open(runs_, "run_")) << "two runs are like that";
}

TEST_F(RunDirectoryTest, AStepCountsWhileItsStartAndItsFilesHold) {
  RunDirectory made = *RunDirectory::create(runs_);
  ASSERT_TRUE(made.write("run.json", "{}"));
  ASSERT_TRUE(made.write("a/graph.json", "one"));
  EXPECT_FALSE(made.is_finished("trace", "start"));
  ASSERT_TRUE(made.finish("trace", "start", {"a/graph.json"}));
  const RunDirectory again = *RunDirectory::open(runs_, made.id());
  EXPECT_TRUE(again.is_finished("trace", "start"));
  EXPECT_FALSE(again.is_finished("trace", "another start"));
  EXPECT_FALSE(again.is_finished("plan", "start"));
  ASSERT_TRUE(made.write("a/graph.json", "two"));
  EXPECT_FALSE(again.is_finished("trace", "start"));
  ASSERT_TRUE(made.write("finished.json", "{\"trace\": "));
  EXPECT_FALSE(RunDirectory::open(runs_, made.id())->is_finished("trace", "start"));
}

TEST_F(RunDirectoryTest, OnlyOneProcessWorksOnARun) {
  std::string id;
  {
    const RunDirectory made = *RunDirectory::create(runs_);
    ASSERT_TRUE(made.write("run.json", "{}"));
    id = made.id();
    RunDirectory other = *RunDirectory::open(runs_, id);
    EXPECT_TRUE(other.is_live());
    EXPECT_EQ(other.lock().error().message, "another process works on this run");
  }
  RunDirectory free = *RunDirectory::open(runs_, id);
  EXPECT_FALSE(free.is_live());
  EXPECT_TRUE(free.lock());
}

TEST_F(RunDirectoryTest, EventsSurviveACutLine) {
  const RunDirectory made = *RunDirectory::create(runs_);
  ASSERT_TRUE(made.write("run.json", "{}"));
  EventsFile file(made);
  file.hear(Warned{"one"}, "2026-11-22T17:00:00.000Z");
  file.hear(Progressed{"judge", "not kept"}, "2026-11-22T17:00:00.000Z");
  ASSERT_TRUE(append_file(made.file("events.jsonl"), "{\"time\":\"2026\",\"event\":\"war"));
  const std::vector<TimedEvent> events = *read_events(made);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].time, "2026-11-22T17:00:00.000Z");
  EXPECT_EQ(std::get<Warned>(events[0].event).message, "one");
}

}  // namespace
}  // namespace ka
