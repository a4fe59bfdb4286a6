#include "suite/batch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Stands for this program: what it does with a problem follows from the problem's name.
constexpr const char* kProgram = R"sh(#!/bin/sh
echo "$1 $CUDA_VISIBLE_DEVICES" >> "$(dirname "$0")/calls"
if [ "$1" = bench ]; then
  case "$(cat "$2/run.json")" in
    *untimed*) echo '{"error": {"message": "no clock"}}'; exit 3;;
  esac
  echo '{"candidate": {"median_ms": 2, "interval_ms": [1.9, 2.1]}, "baselines": [{"name": "eager", "median_ms": 5}]}'
  exit 0
fi
run="$3"
tell() { echo "{\"time\": \"\", \"event\": $1}" >> "$run/events.jsonl"; }
finish() { tell "\"run_finished\", \"status\": \"$1\", \"message\": \"$2\""; }
tell '"phase_started", "phase": "trace"'
case "$(cat "$run/run.json")" in
  *hangs*) sleep 60;;
  *crashes*) kill -9 $$;;
  *fails*) finish failed "out of memory"; exit 3;;
  *wrong*) finish not_verified "the judge says wrong"; exit 1;;
  *silent*) echo '{"error": {"message": "nothing works"}}'; exit 3;;
esac
tell '"program_judged", "verdict": "accepted", "bound_used": 0.25'
finish accepted ""
)sh";

class BatchTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *make_temp_dir("ka_batch_");
    ASSERT_TRUE(write_file_atomic(folder_ / "program", kProgram));
    ASSERT_EQ(::chmod((folder_ / "program").c_str(), 0700), 0);
    sitting_.config = *load_config({{"runs", (folder_ / "runs").string()}, {"platform", "cpu"}}, folder_);
    sitting_.program = folder_ / "program";
    sitting_.folder = folder_;
    sitting_.jobs = 3;
    sitting_.limit = 1s;
    sitting_.timing = true;
  }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  Suite begin(const std::vector<std::string>& names) {
    SuiteOrder order;
    order.against = "eager";
    for (const std::string& name : names) {
      const fs::path path = folder_ / "level1" / (name + ".py");
      EXPECT_TRUE(write_file_atomic(path, "class Model: ...\n"));
      order.problems.push_back({"level1/" + name, path});
    }
    return *Suite::begin(sitting_.config.runs, order, Json::object());
  }
  Status work(Suite& suite, const SuiteAudience& audience = {}) {
    Loop loop;
    return loop.run(work_on(loop, suite, sitting_, audience));
  }
  size_t calls() const { return split_lines(*read_file(folder_ / "calls")).size(); }

  fs::path folder_;
  Sitting sitting_;
};

TEST_F(BatchTest, WhateverHappensToAProblemCostsItsOwnRow) {
  Suite suite = begin({"crashes", "fails", "fine", "hangs", "silent", "untimed", "wrong"});
  ASSERT_TRUE(work(suite));
  const std::vector<SuiteRow>& rows = suite.rows();
  for (const SuiteRow& row : rows) EXPECT_TRUE(row.judged) << row.problem;
  EXPECT_EQ(rows[0].status, "crashed");
  EXPECT_EQ(rows[0].reason, "ended by signal 9 in phase trace");
  EXPECT_EQ(rows[1].status, "failed");
  EXPECT_EQ(rows[1].reason, "out of memory");
  EXPECT_EQ(rows[2].status, "accepted");
  EXPECT_EQ(rows[2].bound_used, 0.25);
  EXPECT_EQ(rows[2].speedup("eager"), 2.5);
  EXPECT_EQ(rows[3].status, "timed_out");
  EXPECT_EQ(rows[3].reason, "no end within 1 s, in phase trace");
  EXPECT_EQ(rows[4].reason, "nothing works");
  EXPECT_EQ(rows[5].untimed, "no clock");
  EXPECT_EQ(rows[6].status, "not_verified");
  EXPECT_TRUE(is_file(suite.path() / "logs/level1/crashes.txt"));
}

TEST_F(BatchTest, AResumedSuiteDoesWhatIsLeft) {
  std::string id;
  {
    Suite suite = begin({"a", "b", "c", "d"});
    id = suite.id();
    sitting_.jobs = 1;
    Loop loop;
    SuiteAudience audience;
    size_t heard = 0;
    audience.judged = [&](const SuiteRow&, const SuiteProgress&) {
      if (++heard == 2) loop.stop();
    };
    const Status ended = loop.run(work_on(loop, suite, sitting_, audience));
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().fault, Fault::kInterrupted);
  }
  Suite again = *Suite::resume(sitting_.config.runs, id);
  EXPECT_TRUE(again.rows()[1].accepted());
  EXPECT_FALSE(again.rows()[3].judged);
  const std::string kept = again.rows()[0].run;
  std::vector<std::string> judged;
  SuiteAudience audience;
  audience.judged = [&](const SuiteRow& row, const SuiteProgress&) { judged.push_back(row.problem); };
  ASSERT_TRUE(work(again, audience));
  EXPECT_EQ(judged, (std::vector<std::string>{"level1/c", "level1/d"}));
  EXPECT_EQ(again.rows()[0].run, kept);
  for (const SuiteRow& row : again.rows()) EXPECT_TRUE(row.accepted() && row.timed) << row.problem;
  const size_t before = calls();
  ASSERT_TRUE(work(again));
  EXPECT_EQ(calls(), before) << "nothing was left to do";
}

TEST_F(BatchTest, ProblemsAreSpreadOverGpus) {
  Suite suite = begin({"a", "b", "c", "d"});
  sitting_.gpus = {1, 3};
  sitting_.names = {"w", "x", "y", "z"};
  sitting_.jobs = 2;
  ASSERT_TRUE(work(suite));
  std::set<std::string> seen;
  for (const std::string& call : split_lines(*read_file(folder_ / "calls"))) seen.insert(call);
  EXPECT_EQ(seen, (std::set<std::string>{"run 1", "run 3", "bench 1", "bench 3"}));
  std::set<std::string> gpus;
  for (const SuiteRow& row : suite.rows()) gpus.insert(row.gpu);
  EXPECT_EQ(gpus, (std::set<std::string>{"x", "z"}));
}

TEST_F(BatchTest, ShardsOfOneMachineAreMerged) {
  Suite first = begin({"a", "untimed"});
  ASSERT_TRUE(work(first));
  Suite second = begin({"b", "untimed"});
  ASSERT_TRUE(work(second));
  const Suite both = *Suite::merge(sitting_.config.runs, {first.id(), second.id()});
  ASSERT_EQ(both.rows().size(), 3U);
  for (const SuiteRow& row : both.rows()) EXPECT_TRUE(row.accepted()) << row.problem;
  EXPECT_EQ(both.head()["merged_from"].size(), 2U);
  EXPECT_NEAR(both.seconds(), first.seconds() + second.seconds(), 1e-9);
  ASSERT_TRUE(both.report());
  EXPECT_TRUE(is_file(both.path() / "report.html"));

  SuiteOrder order = second.order();
  const Suite elsewhere = *Suite::begin(sitting_.config.runs, order, Json{{"devices", {{{"name", "another GPU"}}}}});
  const Result<Suite> mixed = Suite::merge(sitting_.config.runs, {first.id(), elsewhere.id()});
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("differ in gpu"), std::string::npos);
}

}  // namespace
}  // namespace ka
