#include "process/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <thread>

#include "base/file.h"
#include "process/when_all.h"

namespace ka {
namespace {

using std::chrono::milliseconds;

CommandOptions shell(const std::string& script) {
  CommandOptions options;
  options.spawn.arguments = {"/bin/sh", "-c", script};
  options.spawn.environment = {"PATH=/usr/bin:/bin"};
  return options;
}

int open_descriptors() { return static_cast<int>(list_dir("/proc/self/fd")->size()); }

TEST(Command, ReadsADescriptorAsItsInput) {
  Loop loop;
  const Fd file(::memfd_create("input", MFD_CLOEXEC));
  ASSERT_EQ(::write(file.get(), "line\n", 5), 5);
  ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
  CommandOptions options = shell("cat; cat /proc/self/fd/3 2>&1 | wc -l");
  options.spawn.input = file.get();
  EXPECT_EQ(loop.run(run_command(loop, options))->out, "line\n1\n");  // the descriptor itself is not there
  EXPECT_EQ(loop.run(run_command(loop, shell("cat | wc -c")))->out, "0\n");
}

TEST(Command, CapturesBothStreamsAndTheStatus) {
  Loop loop;
  const auto output = loop.run(run_command(loop, shell("echo out; echo err >&2; exit 3")));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(to_text(output->ending), "exit 3");
  EXPECT_FALSE(output->timed_out);
}

TEST(Subprocess, OneThatOutlivesUsIsLeftAlone) {
  SpawnOptions options = shell("sleep 30").spawn;
  options.outlives_us = true;
  pid_t pid = 0;
  {
    const Result<Subprocess> process = Subprocess::start(options);
    ASSERT_TRUE(process);
    pid = process->pid();
  }
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), 0) << "it goes on";
  EXPECT_EQ(::getsid(pid), pid) << "a terminal's Ctrl-C does not reach it";
  ::kill(-pid, SIGKILL);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST(Command, TellsASignalFromAnExit) {
  Loop loop;
  const auto output = loop.run(run_command(loop, shell("kill -SEGV $$")));
  ASSERT_TRUE(output);
  EXPECT_EQ(to_text(output->ending), "signal 11");
}

TEST(Command, GetsExactlyTheEnvironmentAndTheFolderItWasGiven) {
  Loop loop;
  ::setenv("KA_TEST_API_KEY", "secret", 1);
  CommandOptions options = shell("env; pwd; ls /proc/self/fd | wc -l");
  options.spawn.environment.push_back("GREETING=hello there");
  options.spawn.directory = "/usr";
  const int leaked = ::open("/dev/null", O_RDONLY);  // without close-on-exec
  const auto output = loop.run(run_command(loop, options));
  ::close(leaked);
  ASSERT_TRUE(output);
  EXPECT_NE(output->out.find("GREETING=hello there\n"), std::string::npos);
  EXPECT_EQ(output->out.find("secret"), std::string::npos);
  EXPECT_NE(output->out.find("/usr\n"), std::string::npos);
  EXPECT_TRUE(output->out.ends_with("\n4\n")) << output->out;  // the three streams and ls's own
}

TEST(Command, InheritsOnlyTheDescriptorsThatAreNamed) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]), writer(ends[1]);
  CommandOptions options = shell(fmt::format("echo through >&{}", writer.get()));
  options.spawn.inherit = {writer.get()};
  ASSERT_TRUE(loop.run(run_command(loop, options))->ending.ok());
  char buffer[32] = {};
  EXPECT_EQ(::read(reader.get(), buffer, sizeof buffer), 8);
  EXPECT_STREQ(buffer, "through\n");
}

TEST(Command, LargeOutputIsCutButDoesNotBlock) {
  Loop loop;
  CommandOptions options = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  options.max_output = 1000;
  const auto output = loop.run(run_command(loop, options));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->ending.ok());
  EXPECT_EQ(output->out.size(), 1000u);
  EXPECT_EQ(output->err.size(), 1000u);
}

TEST(Command, ATimeoutKillsTheWholeGroup) {
  Loop loop;
  const auto dir = make_temp_dir("subprocess-test-").value();
  CommandOptions options = shell(fmt::format("(sleep 1; touch {}/survived) & sleep 60", dir.string()));
  options.timeout = milliseconds(100);
  const auto output = loop.run(run_command(loop, options));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->timed_out);
  EXPECT_EQ(to_text(output->ending), "signal 9");
  EXPECT_LT(output->seconds, 5);
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_FALSE(is_file(dir / "survived"));
  EXPECT_TRUE(remove_tree(dir));
}

TEST(Command, DoesNotWaitForBackgroundProcessesThatHoldItsStreams) {
  Loop loop;
  const auto output = loop.run(run_command(loop, shell("sleep 60 & echo done")));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "done\n");
  EXPECT_LT(output->seconds, 10);
}

TEST(Command, AMissingProgramIsTheEnvironmentsFault) {
  Loop loop;
  CommandOptions options;
  options.spawn.arguments = {"no-such-program-here"};
  auto output = loop.run(run_command(loop, options));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().fault, Fault::kEnvironment);
  EXPECT_EQ(output.error().message, "the program no-such-program-here is not installed");

  options = shell("true");
  options.spawn.directory = "/no/such/folder";
  output = loop.run(run_command(loop, options));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "cannot enter the folder: No such file or directory");
}

TEST(Command, AFileThatIsNoProgramIsReported) {
  Loop loop;
  const auto dir = make_temp_dir("subprocess-test-").value();
  ASSERT_TRUE(write_file_atomic(dir / "tool", "\x7f garbage"));
  ::chmod((dir / "tool").c_str(), 0755);
  CommandOptions options;
  options.spawn.arguments = {(dir / "tool").string()};
  const auto output = loop.run(run_command(loop, options));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "cannot start the program: Exec format error");
  EXPECT_TRUE(remove_tree(dir));
}

TEST(Command, AnInterruptionKillsIt) {
  Loop loop;
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    loop.stop();
  });
  const auto output = loop.run(run_command(loop, shell("sleep 60")));
  other.join();
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().fault, Fault::kInterrupted);
}

TEST(Command, LeaksNoDescriptorAndNoZombie) {
  Loop loop;
  loop.run(run_command(loop, shell("true")));
  const int before = open_descriptors();
  for (int i = 0; i < 20; ++i) loop.run(run_command(loop, shell("true")));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no child is left
}

TEST(Command, ManyRunSideBySide) {
  Loop loop;
  std::vector<Task<Result<CommandOutput>>> tasks;
  for (int i = 0; i < 16; ++i) tasks.push_back(run_command(loop, shell(fmt::format("sleep 0.05; echo {}", i))));
  const auto outputs = loop.run(when_all(std::move(tasks)));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(outputs[static_cast<std::size_t>(i)]->out, fmt::format("{}\n", i));
}

TEST(Subprocess, TheDestructorEndsIt) {
  pid_t pid = 0;
  {
    auto process = Subprocess::start(shell("sleep 60").spawn);
    ASSERT_TRUE(process);
    pid = process->pid();
    Subprocess moved = std::move(*process);
    EXPECT_EQ(::kill(pid, 0), 0);
    EXPECT_FALSE(moved.reap());
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

/// The leader dies first, and what it has forked knows of nobody: the guard's kill reaches it.
TEST(Subprocess, AGuardedGroupDiesWithUs) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t us = ::fork();
  if (us == 0) {
    SpawnOptions options = shell("sleep 60 & echo $! >&3; sleep 60").spawn;
    ::dup2(pipe[1], 3);
    options.inherit = {3};
    options.guarded = true;
    const auto process = Subprocess::start(options);
    std::this_thread::sleep_for(std::chrono::seconds(60));
    ::_exit(1);
  }
  ::close(pipe[1]);
  char word[16] = {};
  ASSERT_GT(::read(pipe[0], word, sizeof word - 1), 0);
  ::close(pipe[0]);
  ASSERT_EQ(::kill(us, SIGKILL), 0);
  int left = 4;  // us, the guard, the shell, what it has forked
  for (int i = 0; i < 500 && left > 0; ++i) {
    while (left > 0 && ::waitpid(-1, nullptr, WNOHANG) > 0) --left;
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(::kill(std::atoi(word), 0), -1) << "what the process had forked is still there";
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(Subprocess, AGuardEndsAsItsProcessDoes) {
  for (const auto& [script, ending] :
       {std::pair{"exit 3", "exit 3"}, {"kill -SEGV $$", "signal 11"}, {"kill -9 $$", "signal 9"}}) {
    SpawnOptions options = shell(script).spawn;
    options.guarded = true;
    auto process = Subprocess::start(options);
    ASSERT_TRUE(process);
    const std::optional<Ending> ended = process->wait(std::chrono::seconds(20));
    ASSERT_TRUE(ended);
    EXPECT_EQ(to_text(*ended), ending);
  }
}

TEST(Subprocess, WritesItsOutputToAFile) {
  const auto dir = make_temp_dir("subprocess-test-").value();
  SpawnOptions options = shell("echo one; echo two >&2").spawn;
  options.output = dir / "log";
  auto process = Subprocess::start(options);
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->wait(std::chrono::seconds(10))->ok());
  EXPECT_EQ(read_file(dir / "log").value(), "one\ntwo\n");
  EXPECT_TRUE(remove_tree(dir));
}

}  // namespace
}  // namespace ka
