#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/judge.h"
#include "worker/test_paths.h"

// What the tests over tests/genuine and tests/escapes share: a case's head of lines "# key: value", and one warm pool of workers.

namespace ka {

using CaseHead = std::map<std::string, std::string>;

/// Reads the lines "# key: value" that a case begins with.
inline CaseHead head_of(const std::filesystem::path& path) {
  CaseHead head;
  for (const std::string& line : split_lines(read_file(path).value_or(""))) {
    const size_t colon = line.find(": ");
    if (!line.starts_with("# ")) break;
    if (colon != std::string::npos) head[line.substr(2, colon - 2)] = line.substr(colon + 2);
  }
  return head;
}

/// Lists the kernels of a folder of cases.
inline std::vector<std::filesystem::path> cases_in(const char* folder) {
  std::vector<std::filesystem::path> found;
  const std::filesystem::path path = find_in_repository(folder);
  for (const std::string& name : list_dir(path).value_or(std::vector<std::string>{})) {
    if (name.ends_with(".py")) found.push_back(path / name);
  }
  return found;
}

constexpr int64_t kSeed = 1001;  ///< so that a test that fails fails again

/// Returns what a case asks of the judge: its problem, its effort, its time.
inline JudgeRequest request_for(const std::filesystem::path& path) {
  CaseHead head = head_of(path);
  JudgeRequest request;
  request.candidate = path;
  request.problem = find_in_repository("tests/genuine/problems") / (head["problem"] + ".py");
  if (head["seed"] != "drawn") request.seed = kSeed;
  if (!head["effort"].empty()) request.effort = parse_effort(head["effort"]).value();
  request.timeout = std::chrono::seconds(head["seconds"].empty() ? 300 : std::stoi(head["seconds"]));
  return request;
}

/// One warm pool for all cases. Null, with the reason, where the interpreter has no torch or triton.
class WarmPool : public testing::TestWithParam<std::filesystem::path> {
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
    pool_.reset();
    loop_.reset();
  }
  void SetUp() override {
    if (head_of(GetParam())["needs"] == "cuda") GTEST_SKIP() << "this trick exists on CUDA only";
    if (pool_) return;
    ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << reason_;
    GTEST_SKIP() << reason_;
  }

  static inline std::unique_ptr<Loop> loop_;
  static inline std::unique_ptr<WorkerPool> pool_;
  static inline std::string reason_;
};

}  // namespace ka
