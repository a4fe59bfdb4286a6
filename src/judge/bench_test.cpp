#include "judge/bench.h"

#include <gtest/gtest.h>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "worker/test_paths.h"

// Contenders take turns in real workers. The workers' copy of stopwatch.py has the host's clock in place of CUDA's events
// (tests/timing/host_clock.py): its times say nothing, and all around them is as it is on a GPU (tests/python/test_judge_cuda.py).

namespace ka {
namespace {

namespace fs = std::filesystem;

class BenchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = make_temp_dir("bench-").value();
    fs::copy(find_in_repository("python/kernelagent_worker"), folder_ / "kernelagent_worker", fs::copy_options::recursive);
    const fs::path stopwatch = folder_ / "kernelagent_worker/stopwatch.py";
    ASSERT_TRUE(append_file(stopwatch, read_file(find_in_repository("tests/timing/host_clock.py")).value()));
    PoolOptions options;
    options.python = get_env_or("KERNELAGENT_PYTHON", "python3");
    options.worker_path = folder_;
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
    static_cast<void>(remove_tree(folder_));
  }
  void SetUp() override {
    if (pool_) return;
    ASSERT_EQ(get_env_or("KERNELAGENT_REQUIRE_TRITON", "0"), "0") << reason_;
    GTEST_SKIP() << reason_;
  }

  static fs::path write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomic(folder_ / name, text));
    return folder_ / name;
  }
  static std::string escape(const std::string& name) { return read_file(find_in_repository("tests/escapes") / name).value(); }
  static Result<BenchTimes> timed(const fs::path& candidate, std::vector<std::string> against, fs::path problem = {}) {
    BenchRequest request;
    request.candidate = candidate;
    request.problem = problem.empty() ? find_in_repository("tests/genuine/problems") / "gelu.py" : problem;
    request.device = "cpu";
    request.seconds = 0.1;
    request.against = std::move(against);
    return loop_->run(bench(*pool_, std::move(request)));
  }
  static Result<BenchTimes> raced(const fs::path& candidate, std::vector<fs::path> rivals) {
    BenchRequest request;
    request.candidate = candidate;
    request.rivals = std::move(rivals);
    request.problem = find_in_repository("tests/genuine/problems") / "gelu.py";
    request.device = "cpu";
    request.seconds = 0.1;
    return loop_->run(bench(*pool_, std::move(request)));
  }
  /// A gelu that does something of its own in its first lines.
  static std::string gelu_that(const std::string& lines) {
    return replace_all(escape("gelu_patches_clock.py"),
                       "    import time\n\n    torch.cuda.Event.elapsed_time = lambda self, other: 0.001\n"
                       "    time.perf_counter = lambda: 0.0\n",
                       lines);
  }

  static inline fs::path folder_;
  static inline std::unique_ptr<Loop> loop_;
  static inline std::unique_ptr<WorkerPool> pool_;
  static inline std::string reason_;
};

/// Whether two equal programs differ here is up to the machine's other work; on a GPU `bench --against self` shows it (test_judge_cuda.py).
TEST_F(BenchTest, AProgramIsTimedAgainstItself) {
  const Result<BenchTimes> times = timed(write("honest.py", gelu_that("")), {"eager", "self"});
  ASSERT_TRUE(times) << to_text(times.error());
  ASSERT_TRUE(times->candidate.timed()) << times->candidate.failure;
  const ContenderTime* self = times->baseline("self");
  ASSERT_TRUE(self != nullptr && self->timed()) << compact(to_json(*times));
  EXPECT_GT(speedup(*times, *self), 0) << compact(to_json(*times));
  ASSERT_TRUE(times->baseline("eager")->timed());
  EXPECT_EQ(compare(*times, *times->baseline("eager")), Comparison::kSlower) << "Triton's interpreter is no match for PyTorch";
  EXPECT_EQ(times->baseline("compile"), nullptr);
}

TEST_F(BenchTest, EventsThatLieGainNothing) {
  const std::string lie =
      "    import sys\n\n    sys.modules['kernelagent_worker.stopwatch'].HostClock.stop = lambda self: 0.001\n";
  const Result<BenchTimes> times = timed(write("liar.py", gelu_that(lie)), {"self"});
  ASSERT_TRUE(times) << to_text(times.error());
  ASSERT_TRUE(times->candidate.timed()) << times->candidate.failure;
  EXPECT_FALSE(times->candidate.clock.agree);
  EXPECT_GT(times->candidate.time.median_ms, 0.1) << "one call of the interpreter takes longer";
  EXPECT_NE(times->candidate.note.find("the slower counts"), std::string::npos) << times->candidate.note;
}

TEST_F(BenchTest, LazinessUnderTheClockIsFound) {
  const std::string lazy = replace_all(escape("gelu_honest_twice.py"), "<= 2", "<= 20");  // honest until turns begin
  const Result<BenchTimes> times = timed(write("lazy.py", lazy), {"eager"});
  ASSERT_TRUE(times) << to_text(times.error());
  EXPECT_FALSE(times->candidate.timed());
  EXPECT_NE(times->candidate.failure.find("another where calls are timed"), std::string::npos) << times->candidate.failure;
  EXPECT_TRUE(times->baseline("eager")->timed()) << "the others have their times";
  EXPECT_EQ(compare(*times, *times->baseline("eager")), Comparison::kUnknown);
}

TEST_F(BenchTest, ReplayByPointerIsFound) {
  const Result<BenchTimes> times = timed(find_in_repository("tests/escapes") / "gelu_replays_pointer.py", {});
  ASSERT_TRUE(times) << to_text(times.error());
  EXPECT_FALSE(times->candidate.timed());
  EXPECT_NE(times->candidate.failure.find("output.0 is"), std::string::npos) << times->candidate.failure;
}

TEST_F(BenchTest, OfSeveralCandidatesTheSlowerHalfLeaves) {
  const auto waiting = [&](int milliseconds) {
    return write(fmt::format("waits_{}.py", milliseconds),
                 gelu_that(fmt::format("    import time\n\n    time.sleep({} / 1000)\n", milliseconds)));
  };
  const std::string lazy = replace_all(escape("gelu_honest_twice.py"), "<= 2", "<= 6");
  const Result<BenchTimes> times =
      raced(waiting(120), {waiting(150), write("lazy.py", lazy), write("honest.py", gelu_that("")), waiting(60)});
  ASSERT_TRUE(times) << to_text(times.error());
  ASSERT_EQ(times->rivals.size(), 4u);
  const ContenderTime &slow = times->candidate, &slowest = times->rivals[0], &best = times->rivals[2], &second = times->rivals[3];
  EXPECT_FALSE(times->rivals[1].timed()) << "a wrong result costs its own place";
  for (const ContenderTime* one : {&slow, &slowest, &best, &second}) ASSERT_TRUE(one->timed()) << one->failure;
  EXPECT_LT(best.time.median_ms, second.time.median_ms);
  EXPECT_LT(slowest.time.turns, best.time.turns);
  EXPECT_GE(best.time.turns, kLeastTurns);
}

TEST_F(BenchTest, ABaselineThatFailsCostsItsOwnTimeOnly) {
  const std::string problem = read_file(find_in_repository("tests/genuine/problems") / "gelu.py").value();
  const std::string breaks = problem +
                             "\n\ndef refuse(*arguments, **options):\n    raise RuntimeError('no compiler here')\n\n\n"
                             "torch.compile = refuse\n";
  const Result<BenchTimes> times = timed(write("honest.py", gelu_that("")), {"compile", "eager"}, write("breaks.py", breaks));
  ASSERT_TRUE(times) << to_text(times.error());
  EXPECT_TRUE(times->candidate.timed()) << times->candidate.failure;
  EXPECT_TRUE(times->baseline("eager")->timed());
  EXPECT_NE(times->baseline("compile")->failure.find("no compiler here"), std::string::npos)
      << times->baseline("compile")->failure;
  const Json row = to_json(*times)["baselines"][0];
  EXPECT_EQ(string_or(row, "name"), "compile");
  EXPECT_FALSE(row.contains("median_ms"));
}

TEST_F(BenchTest, ACandidateThatCannotRunHasAReason) {
  const Result<BenchTimes> times = timed(write("broken.py", gelu_that("    raise ValueError('not today')\n")), {"eager"});
  ASSERT_TRUE(times) << to_text(times.error());
  EXPECT_NE(times->candidate.failure.find("not today"), std::string::npos) << times->candidate.failure;
  EXPECT_TRUE(times->baseline("eager")->timed());
}

TEST(Baselines, AreNamedOrRefused) {
  const std::vector<std::string> expected = {"eager", "max-autotune"};
  EXPECT_EQ(parse_baselines("eager, max-autotune,eager").value(), expected);
  const auto unknown = parse_baselines("eager,inductor");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().fault, Fault::kInput);
  EXPECT_NE(unknown.error().hint.find("reduce-overhead"), std::string::npos);
  EXPECT_EQ(baselines_of(Effort::kStandard).size() + 1, baselines_of(Effort::kThorough).size());
}

}  // namespace
}  // namespace ka
