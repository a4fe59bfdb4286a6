#include <gmock/gmock.h>

#include "judge/defences.h"
#include "judge/test_cases.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Starts its program as compute-sanitizer does, and reports what lies beside it.
constexpr const char* kTool = R"(#!/bin/sh
check=$2 folder=${0%/*}
while [ "$1" != -m ]; do python=$1; shift; done
"$python" "$@" || exit
cat "$folder/$check.txt"
)";
constexpr const char* kRead = R"(========= COMPUTE-SANITIZER
========= Invalid __global__ read of size 4 bytes
=========     at gelu_kernel+0x90 in gelu.py:12
=========     by thread (0,0,0) in block (2,0,0)
=========     Address 0x7f91edf00403 is out of bounds
=========
========= ERROR SUMMARY: 1 error
)";
constexpr const char* kClean =
    "========= COMPUTE-SANITIZER\n========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)\n";

/// The judge's side with a real worker; the tool is a script here, and the device the CPU.
TEST(ComputeSanitizer, RefusesWhatItFindsAndTellsWhatItCouldNot) {
  const fs::path folder = make_temp_dir("sanitizer-test-").value(), bin = folder / "bin";
  ASSERT_TRUE(make_dirs(bin));
  ASSERT_TRUE(write_file_atomic(bin / "compute-sanitizer", kTool));
  fs::permissions(bin / "compute-sanitizer", fs::perms::owner_all);
  const std::string path = get_env_or("PATH", "");
  ::setenv("PATH", (bin.string() + ":" + path).c_str(), 1);
  sanitizer_without_gpu = true;
  PoolOptions options;
  options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
  options.worker_path = find_in_repository("python");
  Loop loop;
  const std::unique_ptr<WorkerPool> pool = WorkerPool::create(loop, options);
  const auto judged = [&](const char* memcheck) {
    EXPECT_TRUE(write_file_atomic(bin / "memcheck.txt", memcheck));
    EXPECT_TRUE(write_file_atomic(bin / "racecheck.txt", kClean));
    JudgeRequest request = request_for(find_in_repository("tests/genuine") / "gelu_erf.py");
    request.effort = Effort::kThorough;
    return loop.run(judge(*pool, std::move(request)));
  };
  const Result<Json> versions = loop.run(pool->versions());
  if (versions) {
    const Result<Verdict> read = judged(kRead), silent = judged("========= Error: couldn't connect\n");
    EXPECT_TRUE(read && silent);
    if (read && silent) {
      EXPECT_EQ(read->kind, VerdictKind::kWrong);
      EXPECT_THAT(read->reason, HasSubstr("Invalid __global__ read of size 4 bytes at gelu_kernel+0x90 in gelu.py:12"));
      EXPECT_TRUE(silent->accepted()) << silent->reason;
      const Json expected = {{"memcheck", "no summary: Error: couldn't connect"}, {"racecheck", "no errors"}};
      EXPECT_EQ(silent->details["compute_sanitizer"], expected);
      EXPECT_THAT(compact(silent->details["notes"]), HasSubstr("compute-sanitizer, memcheck: no summary"));
    }
  }
  ::setenv("PATH", path.c_str(), 1);
  sanitizer_without_gpu = false;
  EXPECT_TRUE(remove_tree(folder));
  if (!versions) {
    ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << to_text(versions.error());
    GTEST_SKIP() << to_text(versions.error());
  }
}

}  // namespace
}  // namespace ka
