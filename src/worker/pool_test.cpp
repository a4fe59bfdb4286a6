#include "worker/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "process/when_all.h"
#include "worker/scratch.h"
#include "worker/test_paths.h"

namespace ka {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;
using Session = std::unique_ptr<WorkerSession>;

constexpr std::chrono::seconds kLong{30};

/// Pools over the fake zygote in tests/protocol/fake.
class Pool : public testing::Test {
 protected:
  PoolOptions options(const std::string& mode, bool sandbox = false) const {
    PoolOptions options;
    options.python = "/usr/bin/python3";
    options.worker_path = find_in_repository("tests/protocol/fake");
    options.start_timeout = std::chrono::seconds(20);
    options.fork_timeout = std::chrono::seconds(20);
    options.sandbox = sandbox;
    options.environment = {"FAKE_ZYGOTE=" + mode, "FAKE_FOLDER=" + folder_.path().string()};
    options.writable = {folder_.path()};
    return options;
  }
  std::unique_ptr<WorkerPool> pool(const std::string& mode) { return WorkerPool::create(loop_, options(mode)); }
  Session open(WorkerPool& pool, WorkerRole role = WorkerRole::kCandidate) {
    auto session = loop_.run(pool.open(role));
    if (!session) {
      ADD_FAILURE() << to_text(session.error());
      return nullptr;
    }
    return std::move(*session);
  }
  Result<Json> call(WorkerSession& session, Json request, milliseconds timeout = kLong) {
    return loop_.run(session.call(std::move(request), timeout));
  }
  std::string open_error(WorkerPool& pool) {
    auto session = loop_.run(pool.open(WorkerRole::kTrace));
    if (session) return "opened";
    EXPECT_EQ(session.error().fault, Fault::kEnvironment);
    return session.error().message;
  }
  Scratch folder_ = std::move(*Scratch::make("/tmp"));
  Loop loop_;
};

Json request(const std::string& name) { return Json{{"request", name}}; }

TEST_F(Pool, ACallYieldsTheReply) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  for (int i = 0; i < 3; ++i) {
    const auto reply = call(*session, Json{{"request", "echo"}, {"value", i}});
    ASSERT_TRUE(reply) << to_text(reply.error());
    EXPECT_EQ(int_or(*reply, "echo", -1), i);
    EXPECT_EQ(int_or(*reply, "id"), i + 1);
    EXPECT_EQ(int_or(*reply, "pid"), session->pid());
  }
  EXPECT_EQ(session->ending(), "");
}

TEST_F(Pool, NonFiniteNumbersTravelAsText) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  const auto reply = call(*session, Json{{"request", "echo"}, {"value", {1.5, std::nan(""), -HUGE_VAL}}});
  EXPECT_EQ(compact(*find(*reply, "echo")), R"([1.5,"nan","-inf"])");
}

TEST_F(Pool, AFailureIsAReplyNotAnError) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  auto failure = failure_of(*call(*session, request("fail")));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, "raised");
  EXPECT_EQ(failure->line, 12);
  failure = failure_of(*call(*session, request("no_id")));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, "bad_request");
  EXPECT_TRUE(call(*session, request("echo")));
}

TEST_F(Pool, StrayRepliesAreIgnored) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  const auto reply = call(*session, request("stray"));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(bool_or(*reply, "right"));
}

TEST_F(Pool, VersionsComeFromTheZygote) {
  const auto workers = pool("normal");
  const auto versions = loop_.run(workers->versions());
  ASSERT_TRUE(versions);
  EXPECT_EQ(string_or(*versions, "mode"), "normal");
}

TEST_F(Pool, OneZygoteServesManySessionsAndConcurrentStarts) {
  const auto workers = pool("slow");
  std::vector<Task<Result<Session>>> opening;
  opening.reserve(6);
  for (int i = 0; i < 6; ++i) opening.push_back(workers->open(WorkerRole::kTrace));
  const auto sessions = loop_.run(when_all(std::move(opening)));
  std::vector<Task<Result<Json>>> calls;
  for (const auto& session : sessions) {
    ASSERT_TRUE(session) << to_text(session.error());
    calls.push_back((*session)->call(Json{{"request", "echo"}, {"value", (*session)->pid()}}, kLong));
  }
  const auto replies = loop_.run(when_all(std::move(calls)));
  for (std::size_t i = 0; i < replies.size(); ++i) EXPECT_EQ(int_or(*replies[i], "echo"), (*sessions[i])->pid());
  const auto before = loop_.run(workers->versions()), after = loop_.run(workers->versions());
  EXPECT_EQ(int_or(*before, "pid"), int_or(*after, "pid"));
}

TEST_F(Pool, FromTheSecondSessionOnTheNextChildIsForkedBeforehand) {
  const auto workers = pool("normal");
  const Session first = open(*workers), second = open(*workers);
  const Session later = open(*workers, WorkerRole::kTrace), third = open(*workers);  // a zygote forks in the order it is asked
  EXPECT_LT(third->pid(), later->pid());
  EXPECT_EQ(int_or(*call(*third, Json{{"request", "echo"}, {"value", 3}}), "echo"), 3);
}

TEST_F(Pool, ASpareThatDiedIsNotHandedOut) {
  const auto workers = pool("normal");
  const Session first = open(*workers), second = open(*workers), later = open(*workers, WorkerRole::kTrace);
  const std::string zygote = std::to_string(int_or(*loop_.run(workers->versions()), "pid"));
  int spare = 0;
  for (const std::string& word : split(trim(*read_file("/proc/" + zygote + "/task/" + zygote + "/children")), ' ')) {
    const int pid = std::stoi(word);
    if (pid != first->pid() && pid != second->pid() && pid != later->pid()) spare = pid;
  }
  ASSERT_GT(spare, 0);
  ASSERT_EQ(::kill(spare, SIGKILL), 0);
  while (!trim(read_file(fmt::format("/proc/{}/cmdline", spare)).value_or("")).empty()) loop_.run(loop_.sleep(milliseconds(10)));
  loop_.run(loop_.sleep(milliseconds(100)));  // its end is reported
  const Session third = open(*workers);
  EXPECT_NE(third->pid(), spare);
  EXPECT_EQ(int_or(*call(*third, Json{{"request", "echo"}, {"value", 3}}), "echo"), 3);
}

TEST_F(Pool, SeveralZygotesShareTheSessions) {
  PoolOptions two = options("normal");
  two.zygotes = 2;
  const auto workers = WorkerPool::create(loop_, two);
  const Session a = open(*workers), b = open(*workers);
  const auto parent = [&](WorkerSession& session) {
    return string_or(*find(*call(session, request("environment")), "environment"), "HOME");
  };
  EXPECT_NE(parent(*a), parent(*b));
}

TEST_F(Pool, ATimeoutKillsTheChild) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  const auto reply = call(*session, Json{{"request", "sleep"}, {"seconds", 60}}, milliseconds(100));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kEnvironment);
  EXPECT_EQ(reply.error().message, "the candidate worker did not answer within 100 ms and was killed");
  EXPECT_EQ(session->ending(), "timed_out");
  EXPECT_EQ(::kill(session->pid(), 0), -1);
  EXPECT_FALSE(call(*session, request("echo")));
  EXPECT_TRUE(call(*open(*workers), request("echo")));  // the zygote lives on
}

TEST_F(Pool, AChildsEndIsReportedAsWhatItWas) {
  const auto workers = pool("normal");
  Session session = open(*workers, WorkerRole::kReference);
  auto reply = call(*session, Json{{"request", "exit"}, {"status", 1}});
  EXPECT_EQ(reply.error().message, "the reference worker died: exit 1");
  EXPECT_EQ(session->ending(), "exit 1");
  EXPECT_EQ(session->output(), "last words\n");

  session = open(*workers);
  reply = call(*session, Json{{"request", "signal"}, {"number", SIGSEGV}});
  EXPECT_EQ(reply.error().message, "the candidate worker died: signal 11");
  EXPECT_EQ(session->ending(), "signal 11");

  session = open(*workers);
  reply = call(*session, Json{{"request", "signal"}, {"number", SIGUSR1}});
  EXPECT_EQ(reply.error().message, "the candidate worker used more memory than it may and was killed");
  EXPECT_EQ(session->ending_reason(), "memory");

  session = open(*workers);
  reply = call(*session, request("half"));
  EXPECT_EQ(session->ending(), "exit 0");

  session = open(*workers);
  reply = call(*session, request("hang_up"));
  EXPECT_EQ(session->ending(), "hung_up");
}

TEST_F(Pool, WhatIsNoMessageEndsTheChild) {
  const auto workers = pool("normal");
  for (const std::string kind : {"garbage", "array", "deep", "giant"}) {
    const Session session = open(*workers);
    const auto reply = call(*session, request(kind), std::chrono::seconds(120));
    ASSERT_FALSE(reply);
    EXPECT_EQ(session->ending(), "malformed") << kind;
    EXPECT_THAT(reply.error().message, StartsWith("the candidate worker sent something that is no message"));
  }
}

TEST_F(Pool, AFloodOfStrayRepliesDoesNotHoldTheDeadline) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  EXPECT_FALSE(call(*session, request("flood"), milliseconds(300)));
  EXPECT_EQ(session->ending(), "timed_out");
}

TEST_F(Pool, LargeRepliesPass) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  const auto reply = call(*session, Json{{"request", "large"}, {"size", 8'000'000}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(string_or(*reply, "text").size(), 8'000'000u);
}

TEST_F(Pool, AZygotesDeathIsReportedAndTheNextRequestGetsAnother) {
  const auto workers = pool("normal");
  const Session other = open(*workers), session = open(*workers);
  const auto reply = call(*session, request("kill_zygote"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "the candidate worker ended: the Python worker's zygote died: signal 9");
  EXPECT_EQ(session->ending(), "zygote_died");
  EXPECT_FALSE(call(*other, request("echo")));
  EXPECT_EQ(other->ending(), "zygote_died");
  EXPECT_TRUE(call(*open(*workers), request("echo")));
}

TEST_F(Pool, AZygoteThatDiesIsRestartedOncePerRequest) {
  EXPECT_TRUE(open(*pool("killed_once")));
  EXPECT_TRUE(open(*pool("die_at_fork_once")));
  EXPECT_EQ(open_error(*pool("killed")), "the Python worker's zygote died: signal 9, while it started");
  EXPECT_EQ(open_error(*pool("die_at_fork")), "the Python worker's zygote died: signal 9");
  EXPECT_EQ(open_error(*pool("half_at_fork")), "the Python worker's zygote died: exit 5");
}

TEST_F(Pool, AMissingPackageIsTheEnvironmentsFaultWithAHint) {
  const auto workers = pool("missing");
  const auto session = loop_.run(workers->open(WorkerRole::kTrace));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().fault, Fault::kEnvironment);
  EXPECT_EQ(session.error().message, "the Python interpreter has no package triton");
  EXPECT_THAT(session.error().hint, HasSubstr("pip install triton"));
}

TEST_F(Pool, ABrokenStartShowsTheLastWords) {
  EXPECT_EQ(
      open_error(*pool("broken")),
      "the Python worker's zygote died: exit 1, while it started: ImportError: libcudart.so.12: cannot open shared object file");
  EXPECT_EQ(open_error(*pool("wrong_event")), "the worker sent an unknown event \"party\"");
  EXPECT_THAT(open_error(*pool("garbage")), StartsWith("the Python worker sent garbage: not valid JSON"));
}

TEST_F(Pool, SilenceTimesOut) {
  PoolOptions silent = options("silent");
  silent.start_timeout = std::chrono::seconds(1);
  EXPECT_EQ(open_error(*WorkerPool::create(loop_, silent)), "the Python worker was not ready within 1 s");
  PoolOptions mute = options("mute");
  mute.fork_timeout = std::chrono::seconds(1);
  EXPECT_EQ(open_error(*WorkerPool::create(loop_, mute)), "the Python worker's zygote forked no child within 1 s");
}

TEST_F(Pool, ARefusedForkKeepsTheZygote) {
  const auto workers = pool("refuse");
  const auto pid = int_or(*loop_.run(workers->versions()), "pid");
  EXPECT_EQ(open_error(*workers), "the Python worker refused a trace child: not today");
  EXPECT_EQ(int_or(*loop_.run(workers->versions()), "pid"), pid);
}

TEST_F(Pool, WrongPathsAreExplained) {
  PoolOptions wrong = options("normal");
  wrong.python = "no-such-python";
  EXPECT_EQ(open_error(*WorkerPool::create(loop_, wrong)), "there is no Python interpreter no-such-python");
  wrong = options("normal");
  wrong.worker_path = "/nowhere";
  EXPECT_EQ(open_error(*WorkerPool::create(loop_, wrong)), "the Python worker's files are missing");
}

TEST_F(Pool, DestroyingASessionEndsItsChild) {
  const auto workers = pool("normal");
  const int pid = open(*workers)->pid();
  for (int i = 0; i < 200 && ::kill(pid, 0) == 0; ++i) loop_.run(loop_.sleep(milliseconds(10)));
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(Pool, DestroyingThePoolEndsEverythingAndRemovesItsFolders) {
  auto workers = pool("normal");
  const Session session = open(*workers);
  const auto zygote = static_cast<pid_t>(int_or(*loop_.run(workers->versions()), "pid"));
  const std::string home = string_or(*find(*call(*session, request("environment")), "environment"), "HOME");
  EXPECT_TRUE(is_dir(home));
  workers.reset();
  EXPECT_EQ(::kill(zygote, 0), -1);
  EXPECT_FALSE(is_dir(home));
  const auto reply = call(*session, request("echo"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(session->ending(), "zygote_died");
}

TEST_F(Pool, AStubbornZygoteIsKilled) {
  auto workers = pool("stubborn");
  const auto zygote = static_cast<pid_t>(int_or(*loop_.run(workers->versions()), "pid"));
  workers.reset();
  for (int i = 0; i < 100 && ::kill(zygote, 0) == 0; ++i) ::usleep(20000);  // its guard collects it
  EXPECT_EQ(::kill(zygote, 0), -1);
}

TEST_F(Pool, ACancelledCallLeavesTheSessionUsable) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  {
    auto cancelled = session->call(Json{{"request", "sleep"}, {"seconds", 0.05}}, kLong);
    cancelled.start();
  }
  const auto reply = call(*session, Json{{"request", "echo"}, {"value", 5}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(int_or(*reply, "echo"), 5);
}

TEST_F(Pool, AnInterruptionEndsCallsAndOpenings) {
  const auto workers = pool("normal");
  const Session session = open(*workers);
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    loop_.stop();
  });
  const auto reply = call(*session, Json{{"request", "sleep"}, {"seconds", 60}});
  other.join();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kInterrupted);
  const auto opened = loop_.run(workers->open(WorkerRole::kTrace));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::kInterrupted);
}

TEST_F(Pool, WorkersSeeNoKeysAndNoForeignDescriptors) {
  ::setenv("ANTHROPIC_API_KEY", "secret", 1);
  const auto workers = pool("normal");
  const Session session = open(*workers);
  const auto reply = call(*session, request("environment"));
  EXPECT_EQ(compact(*reply).find("secret"), std::string::npos);
  const Json& environment = *find(*reply, "environment");
  EXPECT_EQ(string_or(environment, "TRITON_INTERPRET"), "1");
  EXPECT_EQ(workers->sandbox_level(), "process");
  EXPECT_EQ(workers->sandbox_reason(), "bubblewrap was switched off");
}

TEST_F(Pool, WorksInsideBubblewrap) {
  const auto workers = WorkerPool::create(loop_, options("normal", /*sandbox=*/true));
  Session session = open(*workers);
  if (workers->sandbox_level() != "bubblewrap") GTEST_SKIP() << workers->sandbox_reason();
  EXPECT_LT(session->pid(), 100);  // its own process numbers
  EXPECT_TRUE(call(*session, request("echo")));
  EXPECT_FALSE(call(*session, Json{{"request", "sleep"}, {"seconds", 60}}, milliseconds(100)));
  EXPECT_EQ(session->ending(), "timed_out");
  session = open(*workers);
  const auto reply = call(*session, request("kill_zygote"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "the candidate worker ended: the Python worker's zygote died: signal 9");
  EXPECT_TRUE(call(*open(*workers), request("echo")));
}

TEST_F(Pool, LessThanTheFullSandboxIsVisibleAndCanBeRefused) {
  PoolOptions required = options("normal", /*sandbox=*/false);
  required.require_sandbox = true;
  auto refused = loop_.run(WorkerPool::create(loop_, required)->open(WorkerRole::kTrace));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kSandbox);
  EXPECT_EQ(refused.error().message, "the full sandbox is required and this machine has only: process");
  EXPECT_EQ(refused.error().where, "bubblewrap was switched off");

  const auto workers = WorkerPool::create(loop_, options("no namespaces", /*sandbox=*/true));
  const Session session = open(*workers);
  if (workers->sandbox_level() == "process") GTEST_SKIP() << workers->sandbox_reason();
  EXPECT_EQ(workers->sandbox_level(), "bubblewrap, children share namespaces");
  EXPECT_EQ(workers->sandbox_reason(), "refused");
  required = options("no namespaces", /*sandbox=*/true);
  required.require_sandbox = true;
  refused = loop_.run(WorkerPool::create(loop_, required)->open(WorkerRole::kTrace));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kSandbox);
}

TEST_F(Pool, LeaksNoDescriptors) {
  { const auto first = pool("normal"), again = pool("normal"); }
  const auto before = list_dir("/proc/self/fd")->size();
  {
    const auto workers = pool("normal");
    for (int i = 0; i < 5; ++i) call(*open(*workers), request("echo"));
    loop_.run(workers->open(WorkerRole::kTrace));
  }
  EXPECT_EQ(list_dir("/proc/self/fd")->size(), before);
}

}  // namespace
}  // namespace ka
