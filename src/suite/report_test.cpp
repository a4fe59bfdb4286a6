#include "suite/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/build_info.h"
#include "base/file.h"
#include "suite/baselines.h"
#include "suite/plot.h"
#include "suite/statistics.h"

namespace ka {
namespace {

SuiteRow row(const std::string& problem, double ours, double eager, double compile) {
  SuiteRow made;
  made.problem = problem;
  made.status = made.verdict = "accepted";
  made.judged = true;
  made.route = "codegen";
  made.subgraphs = made.kernels = made.launches = 1;
  made.authors["codegen"] = 1;
  made.bound_used = 0.125;
  made.seconds = 8;
  made.gpu = "NVIDIA H100 80GB HBM3";
  made.work = {3e9, 1e9, 0};
  if (ours > 0)
    made.times = {
        {"triton", ours, ours, ours, {}}, {"eager", eager, eager, eager, {}}, {"compile", compile, compile, compile, {}}};
  return made;
}

std::vector<SuiteRow> some_rows() {
  std::vector<SuiteRow> rows = {row("level1/1_relu", 1.25, 5, 2.5), row("level1/2_<sum>", 2, 1, 4),
                                row("level2/1_always_zero", 1, 10, 10), row("level2/2_mm", 4, 8, 16),
                                row("level2/10_hangs", 0, 0, 0)};
  rows[1].launches = 100;
  rows[2].qualifier = "vacuous: output 0 (its last step left out)";
  rows[3].work = {1e8, 8e11, 0};
  rows[0].times[0].high_ms = rows[0].times[2].ms;
  rows[3].times.push_back({"max-autotune", 2, 2, 2, "old.tsv"});
  rows[4].status = "timed_out";
  rows[4].verdict.clear();
  rows[4].reason = "no end within 60 s, in phase trace";
  rows[4].needs_bytes = 3e9;
  return rows;
}

Json some_head() {
  return {{"suite", "suite_x"},
          {"kernelagent", {{"version", "1"}, {"commit", "c"}}},
          {"machine", {{"gpu", "NVIDIA H100 80GB HBM3"}, {"driver", "1"}, {"torch", "2"}, {"triton", "3"}, {"python", "3.12"}}}};
}

TEST(Statistics, MeansAndMedians) {
  EXPECT_DOUBLE_EQ(geometric_mean({1, 4}), 2);
  EXPECT_EQ(geometric_mean({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1}), 2.5);
  EXPECT_EQ(median({}), 0);
}

TEST(Statistics, FastPCountsEveryProblem) {
  const std::vector<SuiteRow> rows = some_rows();
  EXPECT_DOUBLE_EQ(fast_p(rows, "eager", 0), 0.8) << "accepted";
  EXPECT_DOUBLE_EQ(fast_p(rows, "eager", 1), 0.6) << "one is slower, one has no time";
  EXPECT_DOUBLE_EQ(fast_p(rows, "eager", 4), 0.2) << "exactly p is not faster than p";
  EXPECT_DOUBLE_EQ(fast_p(rows, kBest, 1), 0.6);
}

TEST(Statistics, LevelsWithAndWithoutTheDegenerate) {
  const std::vector<LevelSummary> levels = summarise(some_rows());
  ASSERT_EQ(levels.size(), 3U);
  EXPECT_EQ(levels[1].level, "level2");
  EXPECT_EQ(levels[1].problems, 3U);
  EXPECT_EQ(levels[1].accepted, 2U);
  EXPECT_EQ(levels[1].degenerate, 1U);
  const LevelSpeed& eager = levels[1].speeds.front();
  EXPECT_DOUBLE_EQ(eager.all.value, std::sqrt(20.0));
  EXPECT_DOUBLE_EQ(eager.sound.value, 2);
  EXPECT_EQ(eager.sound.of, 1U);
  EXPECT_EQ(levels[0].speeds.front().faster, 1U);
  EXPECT_EQ(levels[0].speeds.front().least, 0.5);
  EXPECT_DOUBLE_EQ(levels[0].floor_median, 0.65);  // 1 ms of 1.25 and of 2
}

TEST(Statistics, TheBestLeavesMaxAutotuneOut) {
  EXPECT_EQ(some_rows()[3].best_baseline()->name, "eager");
  EXPECT_THAT(baselines_of(some_rows()), testing::ElementsAre("eager", "compile", "max-autotune", "best"));
}

TEST(Statistics, TheRooflineSaysWhereTimeGoes) {
  const std::vector<SuiteRow> rows = some_rows();
  EXPECT_THAT(bottleneck(rows[0]), testing::StartsWith("memory bound: at least 3 GB in 1.25 ms, 2.4 of 3 TB/s"));
  EXPECT_THAT(bottleneck(rows[1]), testing::StartsWith("launch bound: 100 launches"));
  EXPECT_EQ(bottleneck(rows[3]), "compute bound: 0.8 TFLOP in 4 ms, 200 of 400 TFLOP/s");
  EXPECT_EQ(bottleneck(rows[4]), "");
  SuiteRow unknown = rows[0];
  unknown.gpu = "A GPU that nobody measured";
  EXPECT_EQ(floor_fraction(unknown), 0);
}

TEST(Rows, AreKeptWhole) {
  for (const SuiteRow& each : some_rows()) {
    const Json json = to_json(each);
    EXPECT_EQ(to_json(*row_from_json(*parse_json(pretty(json), "row"))), json);
  }
  EXPECT_FALSE(row_from_json(Json::object()));
}

TEST(Rows, ReadWhatBenchSays) {
  const Json race = {
      {"candidate", {{"name", "candidate"}, {"median_ms", 2.0}, {"interval_ms", {1.5, 2.5}}}},
      {"baselines", {{{"name", "reduce-overhead"}, {"median_ms", 4.0}}, {{"name", "compile"}, {"failure", "no"}}}}};
  const std::vector<RowTime> times = read_times(race);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0].name, kTriton);
  EXPECT_EQ(times[0].low_ms, 1.5);
  EXPECT_EQ(times[1].name, "reduce-overhead");
  EXPECT_EQ(what_failed(race), "compile: no");
  EXPECT_EQ(what_failed({{"candidate", {{"median_ms", 2.0}}}}), "");
  EXPECT_EQ(what_failed({{"conditions", {{"disturbed", "another process"}}}}), "disturbed: another process");
}

TEST(BaselineFiles, AddWhatWasNotTimed) {
  const std::filesystem::path folder = *make_temp_dir("ka_baselines_");
  const std::filesystem::path file = folder / "old.tsv";
  ASSERT_TRUE(write_file_atomic(file,
                                "# H100\nproblem\teager_ms\tcompile_default_ms\tcompile_s\tcompile_reduce_overhead_ms\n"
                                "level1/1_relu.py\t3\t\t13.5\t2.25\n"));
  SuiteRow one = row("level1/1_relu", 1.25, 5, 2.5);
  add_baselines(one, *read_baselines(file), "old.tsv");
  EXPECT_EQ(one.time("eager")->ms, 5) << "measured here";
  EXPECT_EQ(one.time("reduce-overhead")->ms, 2.25);
  EXPECT_EQ(one.time("reduce-overhead")->source, "old.tsv");
  ASSERT_TRUE(write_file_atomic(file, "problem\teager_ms\na\tfast\n"));
  EXPECT_EQ(read_baselines(file).error().where, file.string() + ":2");
  static_cast<void>(remove_tree(folder));
}

class ReportGolden : public testing::TestWithParam<const char*> {};

TEST_P(ReportGolden, TextIsAsRecorded) {
  const Report report = make_report(some_head(), some_rows(), 75);
  const std::string now = std::string(GetParam()) == "md"     ? report.markdown
                          : std::string(GetParam()) == "html" ? report.html
                                                              : pretty(report.json);
  const std::filesystem::path file = source_dir() / "tests/golden/suite" / fmt::format("report.{}", GetParam());
  if (std::getenv("KERNELAGENT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(file, now));
    return;
  }
  const Result<std::string> recorded = read_file(file);
  ASSERT_TRUE(recorded) << "no golden file; run ./dev golden --update";
  EXPECT_EQ(now, *recorded) << "run ./dev golden --update if the change is meant";
}

INSTANTIATE_TEST_SUITE_P(Suite, ReportGolden, testing::Values("md", "html", "json"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Plots, NothingIsDrawnOfNothing) {
  EXPECT_EQ(draw({"empty", "x", "y", Chart::Kind::kBars, false, 1, {{"a", {}}}}), "");
  EXPECT_THAT(draw({"<one>", "x", "y", Chart::Kind::kBars, true, 1, {{"a", {{1, 2}}}}}), testing::HasSubstr("&lt;one&gt;"));
}

}  // namespace
}  // namespace ka
