#include "process/control_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "base/file.h"
#include "base/text.h"
#include "process/subprocess.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder that looks like a hierarchy of control groups; nothing is held by it.
class ControlGroups : public testing::Test {
 protected:
  void SetUp() override {
    root_ = make_temp_dir("groups-", "/tmp").value();
    group(".", "memory pids cpu");
    write("cgroup.controllers", "memory pids cpu\n");
  }
  void TearDown() override { (void)remove_tree(root_); }
  void write(const std::string& file, const std::string& text) { ASSERT_TRUE(write_file_atomic(root_ / file, text)); }
  void group(const std::string& name, const std::string& handed_down) {
    ASSERT_TRUE(make_dirs(root_ / name));
    write(name + "/cgroup.subtree_control", handed_down + "\n");
    write(name + "/cgroup.procs", "");
  }
  std::string found(const std::string& own) {
    write("own", "1:name=systemd:/x\n" + own + "\n");
    const Result<fs::path> place = find_control_groups(root_, root_ / "own");
    return place ? "/" + place->lexically_relative(root_).string() : place.error().message;
  }
  fs::path root_;
};

TEST_F(ControlGroups, AreMadeAtTheNearestPlaceThatHandsDownMemoryAndProcesses) {
  group("user.slice", "memory pids");
  group("user.slice/app.slice", "pids memory io");
  group("user.slice/app.slice/terminal.scope", "");
  group("system.slice", "cpu");
  EXPECT_EQ(found("0::/user.slice/app.slice/terminal.scope"), "/user.slice/app.slice");
  EXPECT_EQ(found("0::/user.slice/gone.scope"), "/user.slice");
  EXPECT_EQ(found("0::/system.slice"), "/.");
  EXPECT_EQ(found("0::/"), "/.");
  group(".", "cpu");
  EXPECT_THAT(found("0::/system.slice"), HasSubstr("no control group that hands down"));
  ASSERT_TRUE(remove_tree(root_ / "cgroup.controllers"));
  EXPECT_THAT(found("0::/"), HasSubstr("no control groups of version 2"));
}

TEST_F(ControlGroups, GetTheirLimitsAndSweepWhatIsLeft) {
  ASSERT_TRUE(make_dirs(root_ / "kernelagent-999999999-0"));
  const Result<ControlGroup> made = ControlGroup::make(root_, "0", {.memory_mb = 3, .processes = 7});
  ASSERT_TRUE(made) << to_text(made.error());
  EXPECT_EQ(made->folder(), root_ / fmt::format("kernelagent-{}-0", getpid()));
  EXPECT_EQ(read_file(made->folder() / "pids.max").value(), "7");
  EXPECT_EQ(read_file(made->folder() / "memory.max").value(), "3145728");
  EXPECT_FALSE(is_dir(root_ / "kernelagent-999999999-0"));
}

TEST_F(ControlGroups, AWorkerMayHoldAFewChildrenButNotTheMachine) {
  write("meminfo", "MemTotal:       10485760 kB\nMemFree: 1 kB\n");
  const ControlLimits small = worker_limits({.memory_mb = 1024, .processes = 100}, root_ / "meminfo");
  EXPECT_EQ(small.memory_mb, 4096);
  EXPECT_EQ(small.processes, 400);
  EXPECT_EQ(worker_limits({.memory_mb = 8192, .processes = 1}, root_ / "meminfo").memory_mb, 9216);
}

/// Where the kernel can be asked: version 2, or version 1's controller of processes, which has the same files.
TEST(RealControlGroups, HoldAForkBombAndEndWithTheirOwner) {
  const Result<fs::path> found = find_control_groups();
  const fs::path parent = found ? *found : fs::path("/sys/fs/cgroup/pids");
  Result<ControlGroup> made = ControlGroup::make(parent, "test", {.memory_mb = 0, .processes = 8});
  if (!made) GTEST_SKIP() << (found ? "" : found.error().message + "; ") << made.error().message;
  const fs::path folder = made->folder();
  Loop loop;
  CommandOptions bomb;
  bomb.spawn.arguments = {"sh", "-c",
                          "i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done; cat /proc/self/cgroup; exit 0"};
  bomb.spawn.environment = {"PATH=/usr/bin:/bin"};
  bomb.spawn.control_group = folder;
  bomb.timeout = std::chrono::seconds(20);
  const Result<CommandOutput> output = loop.run(run_command(loop, std::move(bomb)));
  ASSERT_TRUE(output) << to_text(output.error());
  EXPECT_FALSE(output->ending.ok()) << output->out;
  EXPECT_THAT(output->err, HasSubstr("ork"));  // Cannot fork
  { const ControlGroup last = std::move(*made); }
  EXPECT_FALSE(is_dir(folder));
}

}  // namespace
}  // namespace ka
