#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/hearing.h"
#include "worker/test_paths.h"

// The whole judge on Triton's interpreter: every kernel in tests/genuine is accepted, every one in tests/escapes gets the verdict its
// head names. A case's head is lines "# key: value".

namespace ka {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> head_of(const fs::path& path) {
  std::map<std::string, std::string> head;
  for (const std::string& line : split_lines(read_file(path).value_or(""))) {
    const size_t colon = line.find(": ");
    if (!line.starts_with("# ")) break;
    if (colon != std::string::npos) head[line.substr(2, colon - 2)] = line.substr(colon + 2);
  }
  return head;
}

std::vector<fs::path> cases() {
  std::vector<fs::path> found;
  for (const char* folder : {"tests/genuine", "tests/escapes"}) {
    const fs::path path = find_in_repository(folder);
    for (const std::string& name : list_dir(path).value_or(std::vector<std::string>{})) {
      if (name.ends_with(".py")) found.push_back(path / name);
    }
  }
  return found;
}

/// One warm pool for all cases. Null where the interpreter has no torch or triton.
class JudgeCases : public testing::TestWithParam<fs::path> {
 protected:
  static void SetUpTestSuite() {
    PoolOptions options;
    options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
    options.worker_path = find_in_repository("python");
    loop_ = std::make_unique<Loop>();
    pool_ = WorkerPool::create(*loop_, options);
    const auto versions = loop_->run(pool_->versions());
    if (versions) return;
    reason_ = to_text(versions.error());
    pool_.reset();
  }
  static void TearDownTestSuite() {
    std::sort(seconds_.begin(), seconds_.end());
    if (!seconds_.empty()) std::cout << "median of accepted cases: " << seconds_[seconds_.size() / 2] << " s\n";
    pool_.reset();
    loop_.reset();
  }
  void SetUp() override {
    if (pool_) return;
    ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << reason_;
    GTEST_SKIP() << reason_;
  }

  static inline std::unique_ptr<Loop> loop_;
  static inline std::unique_ptr<WorkerPool> pool_;
  static inline std::string reason_;
  static inline std::vector<double> seconds_;
};

TEST_P(JudgeCases, GetsItsVerdict) {
  auto head = head_of(GetParam());
  JudgeRequest request;
  request.candidate = GetParam();
  request.problem = find_in_repository("tests/genuine/problems") / (head["problem"] + ".py");
  request.timeout = std::chrono::seconds(head["expect"] == "timed out" ? 15 : 300);
  const Result<Verdict> verdict = loop_->run(judge(*pool_, request));
  ASSERT_TRUE(verdict) << to_text(verdict.error());
  EXPECT_EQ(name(verdict->kind), head["expect"]) << verdict->reason << "\n" << pretty(to_json(*verdict));
  EXPECT_TRUE(verdict->qualifier.starts_with(head["qualifier"])) << verdict->qualifier;
  if (head["qualifier"].empty()) {
    EXPECT_EQ(verdict->qualifier, "");
  }
  if (verdict->accepted()) seconds_.push_back(verdict->seconds);
  std::cout << name(verdict->kind) << ": " << verdict->reason << " (" << verdict->seconds << " s)\n";
}

/// With little memory allowed, inputs are shared and buffers come and go; the answers stay.
class JudgeMemory : public JudgeCases {};

TEST_P(JudgeMemory, ScarceMemoryChangesNoVerdict) {
  auto head = head_of(GetParam());
  for (const MemoryLimits limits : {MemoryLimits{.separate = 0, .lean = int64_t{6} << 30}, MemoryLimits{.separate = 0, .lean = 0},
                                    MemoryLimits{.separate = int64_t{1} << 30, .lean = 0}}) {
    JudgeRequest request;
    request.candidate = GetParam();
    request.problem = find_in_repository("tests/genuine/problems") / (head["problem"] + ".py");
    Hearing hearing(*pool_, request, limits);
    const Result<Verdict> verdict = loop_->run(hearing.run());
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    EXPECT_EQ(name(verdict->kind), head["expect"]) << verdict->reason;
  }
}

std::vector<fs::path> few_cases() {
  std::vector<fs::path> found;
  for (const char* one : {"genuine/gelu_erf", "genuine/batch_norm_train", "genuine/add_inplace_writes", "genuine/hidden_state_module",
                          "genuine/dropout_problem_random", "escapes/row_sum_mutates", "escapes/gelu_contiguous_only", "escapes/gelu_half_inside"})
    found.push_back(find_in_repository("tests") / (std::string(one) + ".py"));
  return found;
}

INSTANTIATE_TEST_SUITE_P(Few, JudgeMemory, testing::ValuesIn(few_cases()), [](const testing::TestParamInfo<fs::path>& one) {
  return one.param.stem().string();
});

INSTANTIATE_TEST_SUITE_P(All, JudgeCases, testing::ValuesIn(cases()), [](const testing::TestParamInfo<fs::path>& one) {
  return one.param.parent_path().filename().string() + "_" + one.param.stem().string();
});

}  // namespace
}  // namespace ka
