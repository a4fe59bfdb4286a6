#include "kernel/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ka {
namespace {

Verdict sample() {
  Verdict verdict;
  verdict.kind = VerdictKind::kWrong;
  verdict.reason = "output 0 exceeds its bound";
  verdict.qualifier = "reference-only";
  OutputFigures figures;
  figures.name = "output 0";
  figures.max_error = std::numeric_limits<double>::infinity();
  figures.worst_value = std::numeric_limits<double>::quiet_NaN();
  figures.worst_expected = -std::numeric_limits<double>::infinity();
  figures.bound_used = 7.25;
  figures.worst_index = "[3, 17]";
  verdict.trials = {{"normal", 42, {figures}}};
  verdict.allowed_operators = {"aten.empty.memory_format x2"};
  verdict.launched_kernels = {"gelu_kernel"};
  verdict.seconds = 1.5;
  verdict.details = {{"device", "cpu"}};
  return verdict;
}

TEST(VerdictJson, RoundTripsWithNonFiniteNumbersAsStrings) {
  const Json json = to_json(sample());
  EXPECT_EQ(json["trials"][0]["outputs"][0]["max_error"], "inf");
  const Result<Verdict> verdict = verdict_from_json(Json::parse(json.dump()));
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(to_json(*verdict).dump(), json.dump());
  EXPECT_TRUE(std::isnan(verdict->trials[0].outputs[0].worst_value));
  EXPECT_EQ(verdict->worst_bound_used(), 7.25);
}

TEST(VerdictJson, SaysWhatIsWrong) {
  Json json = to_json(sample());
  json["verdict"] = "perfect";
  EXPECT_EQ(verdict_from_json(json).error().message, "verdict JSON: unknown verdict 'perfect'");
  json.erase("reason");
  EXPECT_EQ(verdict_from_json(json).error().message, "verdict JSON: field 'reason' is missing or of another kind");
  json = to_json(sample());
  json["trials"][0]["outputs"][0]["max_error"] = "much";
  EXPECT_EQ(verdict_from_json(json).error().message, "verdict JSON: field 'max_error' is missing or of another kind");
  EXPECT_FALSE(verdict_from_json(Json(3)));
}

TEST(Verdict, EveryKindReadsBack) {
  for (int i = 0; i <= static_cast<int>(VerdictKind::kInconclusive); ++i) {
    EXPECT_EQ(parse_verdict_kind(name(static_cast<VerdictKind>(i))), static_cast<VerdictKind>(i));
  }
}

TEST(Verdict, ANanBoundIsTheWorst) {
  Verdict verdict = sample();
  EXPECT_EQ(Verdict().worst_bound_used(), 0);
  verdict.trials[0].outputs.push_back({});
  verdict.trials[0].outputs[0].bound_used = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(verdict.worst_bound_used()));
}

}  // namespace
}  // namespace ka
