#include "process/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "process/subprocess.h"

namespace ka {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::StartsWith;

TEST(Sandbox, TheEnvironmentIsAnAllowListAndHoldsNoKeys) {
  ::setenv("OPENAI_API_KEY", "sk-secret", 1);
  ::setenv("HF_TOKEN", "hf-secret", 1);
  ::setenv("CUDA_VISIBLE_DEVICES", "3", 1);
  SandboxAccess access;
  access.home = "/private/home";
  const auto environment = worker_environment(access, {"TRITON_INTERPRET=1", "LANG=C.UTF-8"});
  for (const std::string& entry : environment) EXPECT_EQ(entry.find("secret"), std::string::npos) << entry;
  EXPECT_THAT(environment, Contains("CUDA_VISIBLE_DEVICES=3"));
  EXPECT_THAT(environment, Contains("HOME=/private/home"));
  EXPECT_THAT(environment, Contains("TMPDIR=/private/home/tmp"));
  EXPECT_THAT(environment, Contains("TRITON_INTERPRET=1"));
  EXPECT_THAT(environment, Contains("LANG=C.UTF-8"));
  EXPECT_THAT(environment, Contains(StartsWith("PATH=")));
  ::unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST(Sandbox, AtProcessLevelTheCommandStaysAsItIs) {
  EXPECT_THAT(wrap(Sandbox(), SandboxAccess(), {"python3", "-m", "x"}), ElementsAre("python3", "-m", "x"));
  EXPECT_EQ(name(Sandbox().level), "process");
}

class Bubblewrap : public testing::Test {
 protected:
  void SetUp() override {
    sandbox_ = loop_.run(probe_sandbox(loop_));
    if (sandbox_.level != SandboxLevel::kBubblewrap) GTEST_SKIP() << sandbox_.reason;
    dir_ = make_temp_dir("sandbox-test-").value();
    access_.home = dir_ / "home";
    access_.writable = {dir_ / "open", dir_ / "missing"};
    for (const char* name : {"home/tmp", "open", "closed"}) ASSERT_TRUE(make_dirs(dir_ / name));
  }
  void TearDown() override {
    if (!dir_.empty()) {
      EXPECT_TRUE(remove_tree(dir_));
    }
  }
  CommandOutput run(const std::string& script) {
    CommandOptions options;
    options.spawn.arguments = wrap(sandbox_, access_, {"/bin/sh", "-c", script});
    options.spawn.environment = worker_environment(access_, {});
    return loop_.run(run_command(loop_, options)).value();
  }
  Loop loop_;
  Sandbox sandbox_;
  SandboxAccess access_;
  std::filesystem::path dir_;
};

TEST_F(Bubblewrap, OnlyTheNamedFoldersCanBeWritten) {
  EXPECT_TRUE(run(fmt::format("touch {}/open/a $HOME/b $TMPDIR/c", dir_.string())).ending.ok());
  EXPECT_TRUE(is_file(dir_ / "open" / "a"));
  EXPECT_TRUE(is_file(dir_ / "home" / "tmp" / "c"));
  EXPECT_FALSE(run(fmt::format("touch {}/closed/a", dir_.string())).ending.ok());
  EXPECT_FALSE(is_file(dir_ / "closed" / "a"));
}

TEST_F(Bubblewrap, ProblemsInTmpCanBeRead) {
  ASSERT_TRUE(write_file_atomic(dir_ / "closed" / "problem.py", "text"));
  EXPECT_EQ(run(fmt::format("cat {}/closed/problem.py", dir_.string())).out, "text");
}

TEST_F(Bubblewrap, ThereIsNoNetworkAndNoOtherProcess) {
  EXPECT_EQ(run("ls /sys/class/net >/dev/null; cat /proc/net/dev | grep -vc -e lo: -e '|'").out, "0\n");
  EXPECT_EQ(run("ls /proc | grep -c '^[0-9][0-9]*$'").out.size(), 2u);  // fewer than ten
}

TEST_F(Bubblewrap, ASignalledCommandShowsAsShellStatus) { EXPECT_EQ(to_text(run("kill -9 $$").ending), "exit 137"); }

TEST_F(Bubblewrap, ItDiesWithItsGroup) {
  CommandOptions options;
  options.spawn.arguments =
      wrap(sandbox_, access_, {"/bin/sh", "-c", fmt::format("sleep 0.7; touch {}/open/survived", dir_.string())});
  options.spawn.environment = worker_environment(access_, {});
  options.timeout = std::chrono::milliseconds(200);
  EXPECT_TRUE(loop_.run(run_command(loop_, options))->timed_out);
  loop_.run(loop_.sleep(std::chrono::milliseconds(900)));
  EXPECT_FALSE(is_file(dir_ / "open" / "survived"));
}

}  // namespace
}  // namespace ka
