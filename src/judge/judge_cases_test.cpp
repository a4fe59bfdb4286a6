#include <algorithm>
#include <iostream>

#include "judge/defences.h"
#include "judge/hearing.h"
#include "judge/test_cases.h"

// The whole judge on Triton's interpreter: every kernel in tests/genuine is accepted, every one in tests/escapes gets the verdict its
// head names.

namespace ka {
namespace {

namespace fs = std::filesystem;

static_assert(is_on(Defence::kSourcePolicy) && is_on(Defence::kDeadline),
              "outside its one test program, no defence can be left out");

std::vector<fs::path> cases() {
  std::vector<fs::path> found = cases_in("tests/genuine");
  const std::vector<fs::path> escapes = cases_in("tests/escapes");
  found.insert(found.end(), escapes.begin(), escapes.end());
  return found;
}

class JudgeCases : public WarmPool {
 protected:
  static void TearDownTestSuite() {
    std::sort(seconds_.begin(), seconds_.end());
    if (!seconds_.empty()) std::cout << "median of accepted cases: " << seconds_[seconds_.size() / 2] << " s\n";
    WarmPool::TearDownTestSuite();
  }

  static inline std::vector<double> seconds_;
};

TEST_P(JudgeCases, GetsItsVerdict) {
  CaseHead head = head_of(GetParam());
  const Result<Verdict> verdict = loop_->run(judge(*pool_, request_for(GetParam())));
  ASSERT_TRUE(verdict) << to_text(verdict.error());
  EXPECT_EQ(name(verdict->kind), head["expect"]) << verdict->reason << "\n" << pretty(to_json(*verdict));
  EXPECT_TRUE(verdict->qualifier.starts_with(head["qualifier"])) << verdict->qualifier;
  if (head["qualifier"].empty()) {
    EXPECT_EQ(verdict->qualifier, "");
  }
  if (verdict->accepted()) seconds_.push_back(verdict->seconds);
  std::cout << name(verdict->kind) << ": " << verdict->reason << " (" << verdict->seconds << " s)\n";
}

/// Who ran out of a GPU's memory beside others is judged again alone, once.
class JudgeAlone : public WarmPool {};

TEST_P(JudgeAlone, WhereMemoryDidNotSufficeBesideOthers) {
  for (const bool has_gpu : {false, true}) {
    JudgeRequest request = request_for(GetParam());
    if (has_gpu) request.gpu = "GPU-of-judge-alone-test";
    std::vector<std::string> lines;
    request.progress = [&](const std::string& line) { lines.push_back(line); };
    const Result<Verdict> verdict = loop_->run(judge(*pool_, std::move(request)));
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    EXPECT_EQ(name(verdict->kind), "crashed") << verdict->reason;
    EXPECT_EQ(verdict->details.contains("alone_on_gpu"), has_gpu);
    EXPECT_EQ(
        std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.ends_with("judged again, alone"); }),
        has_gpu ? 1 : 0);
  }
}

TEST_P(JudgeAlone, AtOnceWhereThatIsAskedFor) {
  JudgeRequest request = request_for(GetParam());
  request.gpu = "GPU-of-judge-alone-test";
  request.alone = true;
  std::vector<std::string> lines;
  request.progress = [&](const std::string& line) { lines.push_back(line); };
  const Result<Verdict> verdict = loop_->run(judge(*pool_, std::move(request)));
  ASSERT_TRUE(verdict) << to_text(verdict.error());
  EXPECT_TRUE(bool_or(verdict->details, "alone_on_gpu"));
  EXPECT_TRUE(
      std::none_of(lines.begin(), lines.end(), [](const std::string& line) { return line.ends_with("judged again, alone"); }));
}

INSTANTIATE_TEST_SUITE_P(Hoard, JudgeAlone, testing::Values(find_in_repository("tests/escapes") / "gelu_huge_allocation.py"),
                         [](const auto& test) { return test.param.stem().string(); });

/// With little memory allowed, inputs are shared and buffers come and go; the answers stay.
class JudgeMemory : public WarmPool {};

TEST_P(JudgeMemory, ScarceMemoryChangesNoVerdict) {
  CaseHead head = head_of(GetParam());
  for (const MemoryLimits limits : {MemoryLimits{.separate = 0, .lean = int64_t{6} << 30}, MemoryLimits{.separate = 0, .lean = 0},
                                    MemoryLimits{.separate = int64_t{1} << 30, .lean = 0}}) {
    Hearing hearing(*pool_, request_for(GetParam()), nullptr, limits);
    const Result<Verdict> verdict = loop_->run(hearing.run());
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    EXPECT_EQ(name(verdict->kind), head["expect"]) << verdict->reason;
  }
}

std::vector<fs::path> few_cases() {
  std::vector<fs::path> found;
  for (const char* one :
       {"genuine/gelu_erf", "genuine/batch_norm_train", "genuine/add_inplace_writes", "genuine/hidden_state_module",
        "genuine/dropout_problem_random", "escapes/row_sum_mutates", "escapes/gelu_contiguous_only", "escapes/gelu_half_inside"})
    found.push_back(find_in_repository("tests") / (std::string(one) + ".py"));
  return found;
}

INSTANTIATE_TEST_SUITE_P(Few, JudgeMemory, testing::ValuesIn(few_cases()),
                         [](const testing::TestParamInfo<fs::path>& one) { return one.param.stem().string(); });

/// A problem without float64 whose result moves by far more than a rounding when its inputs do; PyTorch is its own oracle then.
constexpr const char* kSteep = R"(import torch
class Model(torch.nn.Module):
    def forward(self, x):
        if x.dtype != torch.float32:
            raise TypeError("float32 only")
        return torch.exp(x.sum(dim=1) / 8)
def get_inputs():
    return [torch.randn(8, 65536)]
)";
constexpr const char* kSteepKernel = R"(import torch
import triton
import triton.language as tl
@triton.jit
def kernel(x_ptr, y_ptr, COLUMNS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    total = tl.zeros([BLOCK], tl.float32)
    for start in range(0, COLUMNS, BLOCK):
        total += tl.load(x_ptr + row * COLUMNS + start + tl.arange(0, BLOCK))
    tl.store(y_ptr + row, tl.exp(tl.sum(total).to(tl.TYPE).to(tl.float32) / 8))
def kernel_function(x):
    y = torch.empty(x.shape[0], dtype=x.dtype, device=x.device)
    kernel[(x.shape[0],)](x, y, COLUMNS=x.shape[1], BLOCK=1024)
    return y
)";

class JudgeSteep : public WarmPool {};

TEST_P(JudgeSteep, InputsAreMovedEvenWhereMemoryIsScarceIfPyTorchIsTheOracle) {
  const fs::path folder = make_temp_dir("steep-").value();
  for (const auto& [type, expected] : {std::pair{"float32", "accepted"}, std::pair{"float16", "wrong"}}) {
    JudgeRequest request;
    request.candidate = folder / fmt::format("{}.py", type);
    request.problem = folder / "problem.py";
    request.seed = kSeed;
    request.effort = Effort::kQuick;
    ASSERT_TRUE(write_file_atomic(request.problem, kSteep));
    ASSERT_TRUE(write_file_atomic(request.candidate, replace_all(kSteepKernel, "TYPE", type)));
    for (const int64_t lean : {int64_t{0}, int64_t{6} << 30}) {
      Hearing hearing(*pool_, request, nullptr, {.separate = 0, .lean = lean});
      const Result<Verdict> verdict = loop_->run(hearing.run());
      ASSERT_TRUE(verdict) << to_text(verdict.error());
      EXPECT_EQ(name(verdict->kind), expected) << verdict->reason;
      EXPECT_EQ(verdict->qualifier, verdict->accepted() ? "reference-only" : "") << lean;
    }
  }
  EXPECT_TRUE(remove_tree(folder));
}

INSTANTIATE_TEST_SUITE_P(Written, JudgeSteep, testing::Values(fs::path("here")));

INSTANTIATE_TEST_SUITE_P(All, JudgeCases, testing::ValuesIn(cases()), [](const testing::TestParamInfo<fs::path>& one) {
  return one.param.parent_path().filename().string() + "_" + one.param.stem().string();
});

}  // namespace
}  // namespace ka
