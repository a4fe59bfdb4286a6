#include "judge/ahead.h"

#include <gtest/gtest.h>

#include <set>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "worker/test_paths.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileHead = "import torch\nimport triton\nimport triton.language as tl\n\n";

/// A program of so many kernels, which differ in what they add; it says "é" in a comment.
std::string program_of(int kernels) {
  std::string text(kFileHead), calls;
  for (int i = 0; i < kernels; ++i) {
    text += fmt::format(
        "@triton.jit\ndef add_{0}(x_ptr, y_ptr, BLOCK: tl.constexpr):  # é\n    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)\n"
        "    tl.store(y_ptr + at, tl.load(x_ptr + at) + {0})\n\n\n",
        i);
    calls += fmt::format("    y = torch.empty_like(x)\n    add_{}[(1,)](x, y, BLOCK=64)\n    x = y\n", i);
  }
  return text + "def kernel_function(x):\n" + calls + "    return x\n";
}

TEST(CompilingProcesses, NeedKernelsAndCores) {
  EXPECT_EQ(compiling_processes(program_of(7), 16), 0);
  EXPECT_EQ(compiling_processes(program_of(8), 16), 2);
  EXPECT_EQ(compiling_processes(program_of(8), 2), 0);
  EXPECT_EQ(compiling_processes(program_of(100), 16), 8);
  EXPECT_EQ(compiling_processes(program_of(100), 64), 8);
  EXPECT_EQ(compiling_processes("", 16), 0);
}

class AheadTest : public testing::Test {
 protected:
  void SetUp() override {
    PoolOptions options;
    options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
    options.worker_path = find_in_repository("python");
    options.interpret = false;
    pool_ = WorkerPool::create(loop_, options);
    if (const auto versions = loop_.run(pool_->versions()); !versions) {
      ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << to_text(versions.error());
      GTEST_SKIP() << to_text(versions.error());
    }
    facts_.capability = 90;
    facts_.inputs.push_back({Json{{"dtype", "float32"}, {"shape", {64}}, {"stride", {1}}}, {}});
  }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  Json compiled(const std::string& text, unsigned cores = 4) {
    EXPECT_TRUE(write_file_atomic(folder_ / "kernel.py", text));
    AheadRequest request{
        folder_ / "kernel.py", text, "cuda", "train", after(std::chrono::minutes(5)), [this](const std::string& line) {
          said_.push_back(line);
        }};
    request.cores = cores;
    return loop_.run(compiled_for(*pool_, std::move(request), facts_));
  }
  /// The kernels whose binaries are among the files.
  static std::set<std::string> binaries(const Json& files) {
    std::set<std::string> names;
    for (const auto& [place, _] : files.items())
      if (place.ends_with(".cubin")) names.insert(fs::path(place).stem());
    return names;
  }

  fs::path folder_ = make_temp_dir("ahead-").value();
  Loop loop_;
  std::unique_ptr<WorkerPool> pool_;
  ProblemFacts facts_;
  std::vector<std::string> said_;
};

TEST_F(AheadTest, EveryProcessCompilesItsPartAndTheSameTextIsCompiledOnce) {
  const std::string text = program_of(9);
  const Json files = compiled(text);
  EXPECT_EQ(binaries(files),
            (std::set<std::string>{"add_0", "add_1", "add_2", "add_3", "add_4", "add_5", "add_6", "add_7", "add_8"}));
  EXPECT_EQ(said_, std::vector<std::string>{"compiling 9 kernels in 2 processes"});
  EXPECT_EQ(compiled(text), files);
  EXPECT_EQ(said_.size(), 1);
}

TEST_F(AheadTest, WhatAProgramLaunchesBeforeItFailsIsCompiled) {
  std::string text = program_of(8);
  text.insert(text.find("    y = torch.empty_like(x)\n    add_2"), "    x.sum().item()\n");  // a value: there is none
  EXPECT_EQ(binaries(compiled(text)), (std::set<std::string>{"add_0", "add_1"}));
}

TEST_F(AheadTest, NothingIsLostWhereNothingCanBeCompiled) {
  facts_.capability = 0;  // no CUDA device
  EXPECT_TRUE(compiled(program_of(8)).empty());
  facts_.capability = 90;
  EXPECT_TRUE(compiled(program_of(8), 2).empty());
  EXPECT_TRUE(said_.empty());
  EXPECT_TRUE(compiled("raise RuntimeError('no')\n" + program_of(8)).empty());
}

}  // namespace
}  // namespace ka
