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
namespace fs = std::filesystem;

/// The places in the sandbox that something of ours is bound to.
std::vector<std::string> bound(const std::vector<std::string>& command) {
  std::vector<std::string> places;
  for (std::size_t i = 0; i + 2 < command.size(); ++i)
    if (command[i] == "--ro-bind" || command[i] == "--bind") places.push_back(command[i + 2]);
  return places;
}

TEST(Sandbox, TheEnvironmentIsAnAllowListAndHoldsNoKeys) {
  ::setenv("OPENAI_API_KEY", "sk-secret", 1);
  ::setenv("HF_TOKEN", "hf-secret", 1);
  ::setenv("CUDA_VISIBLE_DEVICES", "3", 1);
  SandboxAccess access;
  access.home = "/private/home";
  const auto environment = worker_environment(Sandbox(), access, {"TRITON_INTERPRET=1", "LANG=C.UTF-8"});
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

TEST(Sandbox, InsideBubblewrapTheHomeIsItsOwn) {
  const Sandbox sandbox{SandboxLevel::kBubblewrap, {}, {}, "/usr/bin/bwrap"};
  SandboxAccess access;
  access.home = "/scratch/home";
  const auto environment = worker_environment(sandbox, access, {});
  for (const std::string& entry : environment) EXPECT_EQ(entry.find("/scratch"), std::string::npos) << entry;
  EXPECT_THAT(environment, Contains("TMPDIR=" + private_folder(sandbox, access).string()));
}

TEST(Sandbox, HomesAndWhatHoldsThemAreNeverBound) {
  const char* home = ::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  const auto dir = make_temp_dir("sandbox-test-").value();
  ASSERT_TRUE(make_dirs(dir / "home/package"));
  ::setenv("HOME", (dir / "home").c_str(), 1);
  SandboxAccess access;
  access.readable = {"/", "/tmp", "/home", "/root", dir, dir / "home", dir / "home/package"};
  const auto command = wrap({SandboxLevel::kBubblewrap, {}, {}, "bwrap"}, access, {"true"});
  ::setenv("HOME", before.c_str(), 1);
  for (const auto& wide : {fs::path("/"), fs::path("/tmp"), fs::path("/home"), fs::path("/root"), dir, dir / "home"})
    EXPECT_THAT(bound(command), testing::Not(Contains(wide.string())));
  EXPECT_THAT(bound(command), Contains((dir / "home/package").string()));
  EXPECT_TRUE(remove_tree(dir));
}

TEST(Sandbox, TheRuleThatForbidsNamespacesIsNamedWithItsCommand) {
  const auto settings = make_temp_dir("sandbox-test-").value();
  EXPECT_EQ(namespace_rule(settings).reason, "");
  ASSERT_TRUE(write_file_atomic(settings / "user/max_user_namespaces", "0\n"));
  EXPECT_THAT(namespace_rule(settings).fix, testing::HasSubstr("user.max_user_namespaces=10000"));
  ASSERT_TRUE(write_file_atomic(settings / "kernel/apparmor_restrict_unprivileged_userns", "1\n"));
  EXPECT_THAT(namespace_rule(settings).reason, testing::HasSubstr("AppArmor"));
  EXPECT_THAT(namespace_rule(settings).fix, testing::HasSubstr("kernel.apparmor_restrict_unprivileged_userns=0"));
  ASSERT_TRUE(write_file_atomic(settings / "kernel/apparmor_restrict_unprivileged_userns", "0\n"));
  EXPECT_THAT(namespace_rule(settings).reason, testing::Not(testing::HasSubstr("AppArmor")));
  EXPECT_TRUE(remove_tree(settings));
}

class Bubblewrap : public testing::Test {
 protected:
  void SetUp() override {
    sandbox_ = loop_.run(probe_sandbox(loop_));
    if (sandbox_.level != SandboxLevel::kBubblewrap) GTEST_SKIP() << sandbox_.reason;
    dir_ = make_temp_dir("sandbox-test-").value();
    access_.home = dir_ / "home";
    access_.readable = {dir_ / "shown"};
    access_.writable = {dir_ / "open", dir_ / "missing"};
    for (const char* name : {"home/tmp", "open", "shown", "hidden"}) ASSERT_TRUE(make_dirs(dir_ / name));
    for (const char* name : {"shown/a", "hidden/a"}) ASSERT_TRUE(write_file_atomic(dir_ / name, "text"));
  }
  void TearDown() override {
    if (!dir_.empty()) {
      EXPECT_TRUE(remove_tree(dir_));
    }
  }
  /// Runs a script inside, or, as the control, with nothing around it.
  CommandOutput run(const std::string& script, bool inside = true) {
    const Sandbox sandbox = inside ? sandbox_ : Sandbox();
    CommandOptions options;
    options.spawn.arguments = wrap(sandbox, access_, {"/bin/sh", "-c", script});
    options.spawn.environment = worker_environment(sandbox, access_, {});
    return loop_.run(run_command(loop_, options)).value();
  }
  Loop loop_;
  Sandbox sandbox_;
  SandboxAccess access_;
  fs::path dir_;
};

TEST_F(Bubblewrap, OnlyTheNamedFoldersCanBeWritten) {
  EXPECT_TRUE(run(fmt::format("touch {0}/open/a $HOME/b $TMPDIR/c", dir_.string())).ending.ok());
  EXPECT_TRUE(is_file(dir_ / "open" / "a"));
  for (const std::string place : {"/shown/b", "/b"}) {
    EXPECT_FALSE(run("touch " + dir_.string() + place).ending.ok()) << place;
    EXPECT_TRUE(run("touch " + dir_.string() + place, false).ending.ok()) << place;
  }
  for (const std::string place : {"/a", "/dev/a", "/usr/a", "/etc/a"}) EXPECT_FALSE(run("touch " + place).ending.ok()) << place;
}

TEST_F(Bubblewrap, OnlyTheNamedFoldersCanBeRead) {
  EXPECT_EQ(run(fmt::format("cat {}/shown/a", dir_.string())).out, "text");
  const std::string hidden = fmt::format("cat {}/hidden/a", dir_.string());
  EXPECT_EQ(run(hidden, false).out, "text");
  EXPECT_FALSE(run(hidden).ending.ok());
  EXPECT_EQ(run("ls -a /root /home /var /run /etc/shadow 2>/dev/null").out, "");
}

TEST_F(Bubblewrap, APythonThatIsALinkStaysOne) {
  std::error_code error;
  fs::create_symlink("/usr/bin/env", dir_ / "hidden/second", error);
  fs::create_symlink("second", dir_ / "hidden/first", error);
  access_.readable.push_back(dir_ / "hidden/first");
  EXPECT_EQ(run(fmt::format("readlink {0}/hidden/first {0}/hidden/second; cat {0}/hidden/a", dir_.string())).out,
            "second\n/usr/bin/env\n");
}

TEST_F(Bubblewrap, ACompilerOutsideTheSystemComesWithWhatItCalls) {
  const fs::path compiler = dir_ / "toolchain/bin/cc", part = dir_ / "toolchain/libexec/cc1";
  ASSERT_TRUE(write_file_atomic(part, "#!/bin/sh\necho compiled\n"));
  ASSERT_TRUE(write_file_atomic(compiler, "#!/bin/sh\nexec " + part.string() + "\n"));
  for (const fs::path& path : {compiler, part}) fs::permissions(path, fs::perms::owner_all);
  EXPECT_FALSE(run(compiler.string()).ending.ok());
  ::setenv("CC", (compiler.string() + " -O2").c_str(), 1);
  EXPECT_EQ(run(compiler.string()).out, "compiled\n");
  ::unsetenv("CC");
}

TEST_F(Bubblewrap, ThereIsNoNetworkAndNoOtherProcess) {
  EXPECT_EQ(run("cat /proc/net/dev | grep -vc -e lo: -e '|'").out, "0\n");
  EXPECT_EQ(run("ls /proc | grep -c '^[0-9][0-9]*$'").out.size(), 2u);  // fewer than ten
}

TEST_F(Bubblewrap, ThePrivateFolderIsBounded) {
  const std::string room = "df -k --output=size $TMPDIR | tail -1";
  EXPECT_EQ(std::stoll(run(room).out), 2 << 20);
}

TEST_F(Bubblewrap, ASignalledCommandShowsAsShellStatus) { EXPECT_EQ(to_text(run("kill -9 $$").ending), "exit 137"); }

TEST_F(Bubblewrap, ItDiesWithItsGroup) {
  CommandOptions options;
  options.spawn.arguments =
      wrap(sandbox_, access_, {"/bin/sh", "-c", fmt::format("sleep 0.7; touch {}/open/survived", dir_.string())});
  options.spawn.environment = worker_environment(sandbox_, access_, {});
  options.timeout = std::chrono::milliseconds(200);
  EXPECT_TRUE(loop_.run(run_command(loop_, options))->timed_out);
  loop_.run(loop_.sleep(std::chrono::milliseconds(900)));
  EXPECT_FALSE(is_file(dir_ / "open" / "survived"));
}

}  // namespace
}  // namespace ka
