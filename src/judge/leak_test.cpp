#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/judge.h"
#include "worker/test_paths.h"

// Many verifications in a row, with real workers: what they took, they gave back. Counts and sizes, no times.

namespace ka {
namespace {

/// AddressSanitizer keeps freed memory for a while, so that a process grows; its leak check looks at what was never freed.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kQuarantined = true;
#else
constexpr bool kQuarantined = false;
#endif
constexpr int kWarmUp = 5;                     ///< allocators and caches settle
constexpr int64_t kGrowth = int64_t{8} << 10;  ///< KiB that a process may keep

struct Process {
  int parent = 0;
  int64_t rss_kb = 0;
  bool zombie = false;
};

/// Every process of this machine that we can see.
std::map<int, Process> processes() {
  std::map<int, Process> found;
  const Result<std::vector<std::string>> names = list_dir("/proc");
  if (!names) return found;
  for (const std::string& name : *names) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_file("/proc/" + name + "/stat").value_or("");
    const size_t after = stat.rfind(") ");
    if (after == std::string::npos) continue;
    const std::vector<std::string> fields = split(stat.substr(after + 2), ' ');
    if (fields.size() < 22) continue;
    const int64_t page_kb = ::sysconf(_SC_PAGESIZE) / 1024;
    found[std::stoi(name)] = {std::stoi(fields[1]), std::stoll(fields[21]) * page_kb, fields[0] == "Z"};
  }
  return found;
}

struct Footprint {
  int64_t own_kb = 0, zygote_kb = 0;  ///< resident; the zygote's is the largest of our descendants
  std::size_t descendants = 0, descriptors = 0;
};

Footprint footprint() {
  const std::map<int, Process> all = processes();
  Footprint print;
  print.own_kb = all.at(::getpid()).rss_kb;
  for (const auto& [pid, process] : all) {
    int ancestor = process.parent;
    while (ancestor > 1 && ancestor != ::getpid() && all.contains(ancestor)) ancestor = all.at(ancestor).parent;
    if (ancestor != ::getpid()) continue;
    ++print.descendants;
    print.zygote_kb = std::max(print.zygote_kb, process.rss_kb);
  }
  print.descriptors = list_dir("/proc/self/fd").value_or(std::vector<std::string>{}).size();
  return print;
}

/// Children are killed when a judgement ends and reaped a little later; spares are forked meanwhile.
Footprint settled(Loop& loop) {
  Footprint print = footprint();
  for (int i = 0, same = 0; i < 200 && same < 20; ++i) {
    loop.run(loop.sleep(std::chrono::milliseconds(50)));
    const std::size_t before = print.descendants;
    print = footprint();
    same = print.descendants == before ? same + 1 : 0;
  }
  return print;
}

TEST(ManyVerifications, LeakNeitherMemoryNorProcessesNorDescriptors) {
  const int rounds = get_env_or("KERNELAGENT_LONG", "") == "1" ? 100 : 10;
  Loop loop;
  PoolOptions options;
  options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
  options.worker_path = find_in_repository("python");
  const std::unique_ptr<WorkerPool> pool = WorkerPool::create(loop, options);
  const auto versions = loop.run(pool->versions());
  if (!versions) {
    ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << to_text(versions.error());
    GTEST_SKIP() << to_text(versions.error());
  }
  JudgeRequest request;
  request.candidate = find_in_repository("tests/cli/verify_kernels") / "kernels/right.py";
  request.problem = find_in_repository("tests/cli/verify_kernels") / "problem.py";
  request.effort = Effort::kQuick;
  request.seed = 1001;
  Footprint before;
  for (int i = -kWarmUp; i < rounds; ++i) {
    if (i == 0) before = settled(loop);
    JudgeRequest mine = request;
    const Result<Verdict> verdict = loop.run(judge(*pool, std::move(mine)));
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    ASSERT_TRUE(verdict->accepted()) << verdict->reason;
  }
  const Footprint now = settled(loop);
  EXPECT_EQ(now.descendants, before.descendants);
  EXPECT_EQ(now.descriptors, before.descriptors);
  EXPECT_LT(kQuarantined ? 0 : now.own_kb, before.own_kb + kGrowth);
  EXPECT_LT(now.zygote_kb, before.zygote_kb + kGrowth);
  std::printf("%d verifications: own %ld → %ld KiB, zygote %ld → %ld KiB, descriptors %zu → %zu\n", rounds, before.own_kb,
              now.own_kb, before.zygote_kb, now.zygote_kb, before.descriptors, now.descriptors);
}

}  // namespace
}  // namespace ka
