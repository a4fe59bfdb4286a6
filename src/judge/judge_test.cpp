#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/numerics.h"
#include "judge/policy.h"
#include "judge/trials.h"
#include "judge/vacuity.h"

namespace ka {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Yardstick yardstick(double rms, double reference_rms = 0, double reference_max = 0) {
  return Yardstick{.dtype = "float32",
                   .oracle_rms = rms,
                   .reference_rms = reference_rms,
                   .reference_max = reference_max,
                   .reference_only = false};
}

Distance distance(double rms, double scaled) {
  Distance made;
  made.rms_error = rms;
  made.max_scaled = scaled;
  return made;
}

// --- numerics ---

TEST(Numerics, AcceptsExactlyUpToTheBound) {
  const double u = unit_roundoff("float32");
  EXPECT_EQ(u, 0x1p-24);
  EXPECT_DOUBLE_EQ(bound_used(distance(4 * u, 8 * u), yardstick(1)), 1);
  EXPECT_FALSE(too_far(distance(4 * u, 8 * u), yardstick(1)));
  EXPECT_THAT(*too_far(distance(4.1 * u, u), yardstick(1)), HasSubstr("rms error"));
  EXPECT_THAT(*too_far(distance(u, 8.1 * u), yardstick(1)), HasSubstr("relative error"));
}

TEST(Numerics, PyTorchsOwnErrorWidensTheBound) {
  EXPECT_FALSE(too_far(distance(3e-3, 4e-3), yardstick(1, 1e-3, 1e-3)));
  EXPECT_TRUE(too_far(distance(3.1e-3, 1e-3), yardstick(1, 1e-3, 1e-3)));
  Yardstick two = yardstick(1);
  two.widen(distance(1e-5, 1e-6));
  two.widen(distance(1e-6, 1e-5));
  EXPECT_EQ(two.reference_rms, 1e-5);
  EXPECT_EQ(two.reference_max, 1e-5);
}

TEST(Numerics, MisplacedNanAndDifferingIntegersNeverPass) {
  Distance misplaced = distance(0, 0);
  misplaced.misplaced = 1;
  EXPECT_TRUE(std::isinf(bound_used(misplaced, yardstick(1, 1, 1))));
  Distance discrete;
  discrete.discrete = true;
  EXPECT_EQ(bound_used(discrete, yardstick(0)), 0);
  discrete.differing = 1;
  EXPECT_THAT(*too_far(discrete, yardstick(0)), HasSubstr("1 elements differ"));
}

TEST(Numerics, AReplyWithoutNumbersIsInfinitelyFar) {
  for (const char* text :
       {"{}", "null", "[]", R"({"rms_error":"x","max_error":1,"max_scaled":0,"misplaced":0})",
        R"({"rms_error":"nan","max_error":1,"max_scaled":0,"misplaced":0})", R"({"rms_error":0,"max_scaled":0})"}) {
    EXPECT_TRUE(too_far(distance_from_json(parse_json(text, "test").value()), yardstick(1, 1, 1))) << text;
  }
  const Json good = {{"rms_error", 0.0}, {"max_error", 0.0},      {"max_scaled", 0.0},
                     {"misplaced", 0},   {"worst_index", {1, 2}}, {"worst_value", "inf"}};
  EXPECT_FALSE(too_far(distance_from_json(good), yardstick(0)));
  EXPECT_EQ(distance_from_json(good).worst_index, "[1, 2]");
  EXPECT_TRUE(std::isinf(distance_from_json(good).worst_value));
}

TEST(Vacuity, TellsTrivialFromVacuousAndForgetsWhatFailedOnce) {
  Vacuity vacuity;
  vacuity.observe("output 0", "zero", distance(0, 0), yardstick(0));
  vacuity.observe("output 1", "constant", distance(1e-4, 1e-4), yardstick(1, 1e-3, 1e-3));
  vacuity.observe_result("output 1", 1e-3, yardstick(1, 1e-3, 1e-3));
  vacuity.observe("output 2", "zero", distance(0, 0), yardstick(0));
  vacuity.observe("output 2", "zero", distance(1, 1), yardstick(1));
  EXPECT_TRUE(vacuity.is_alive("output 0", "zero"));
  EXPECT_TRUE(vacuity.is_alive("output 3", "zero"));
  EXPECT_FALSE(vacuity.is_alive("output 2", "zero"));
  const auto rulings = vacuity.rulings();
  ASSERT_EQ(rulings.size(), 2U);
  EXPECT_EQ(rulings[0].output + " " + rulings[0].substitute, "output 0 zero");
  EXPECT_EQ(rulings[0].kind, VacuityRuling::Kind::kTrivial);
  EXPECT_EQ(rulings[1].output + " " + rulings[1].substitute, "output 1 constant");
  EXPECT_EQ(rulings[1].kind, VacuityRuling::Kind::kVacuous);
}

TEST(Vacuity, TheBoundTightensToTheSpreadWhereASubstitutePasses) {
  Yardstick wide = yardstick(1, 0.02, 1);  // PyTorch is within a tenth of the spread, a substitute at half of it passes
  wide.oracle_spread = 0.1;
  for (const auto& [rms_error, kind] : {std::pair{0.009, VacuityRuling::Kind::kHolds}, {0.02, VacuityRuling::Kind::kVacuous}}) {
    Vacuity vacuity;
    vacuity.observe("output 0", "previous", distance(0.05, 0.1), wide);
    vacuity.observe_result("output 0", rms_error, wide);
    ASSERT_EQ(vacuity.rulings().size(), 1U);
    EXPECT_EQ(vacuity.rulings()[0].kind, kind) << rms_error;
  }
  Yardstick near = yardstick(1, 0.009, 1);
  near.oracle_spread = 0.1;
  Vacuity vacuity;
  vacuity.observe("output 0", "previous", distance(0.025, 0.1), near);
  vacuity.observe_result("output 0", 0.02, near);
  EXPECT_EQ(vacuity.rulings()[0].kind, VacuityRuling::Kind::kTooFar);
}

TEST(Numerics, FewElementsAreHeldToMoreRoundoff) {
  const double u = unit_roundoff("float32");
  Distance one = distance(30 * u, 30 * u);
  one.count = 1;
  EXPECT_FALSE(too_far(one, yardstick(1)));
  one.count = 1000;
  EXPECT_TRUE(too_far(one, yardstick(1)));
}

// --- operators ---

OperatorRuling rule(const char* operators, bool rearranged = false, bool tuning = false, int64_t reads = 0) {
  return rule_on_operators(parse_json(operators, "test").value(), Json::array({Json{{"name", "aten.bernoulli_.float"}}}),
                           rearranged, tuning, reads);
}

TEST(Operators, ValuesAreReadAsOftenAsTheProblemDoesAndNoOftener) {
  constexpr const char* kTwice = R"([{"name":"aten._local_scalar_dense.default","count":2,"source":"a whole tensor"}])";
  EXPECT_FALSE(rule(kTwice, false, false, 2).fault);
  EXPECT_TRUE(rule(kTwice, false, false, 1).fault);
  EXPECT_TRUE(rule(kTwice).fault);
  EXPECT_TRUE(rule(R"([{"name":"aten._local_scalar_dense.default","count":1,"source":"an element"}])", false, false, 2).fault);
}

TEST(Operators, TheAutotunersWorkIsOverAfterTheFirstCall) {
  constexpr const char* kClearing = R"([{"name":"aten.zero_.default","count":4,"in_launch":true}])";
  EXPECT_FALSE(rule(kClearing, false, true).fault);
  EXPECT_TRUE(rule(kClearing).fault);
}

TEST(Operators, AllocationViewsAndConstantFillsPass) {
  const auto ruling =
      rule(R"([{"name":"aten.empty_like.default","count":2,"in_launch":false},{"name":"aten.transpose.int","count":1},
    {"name":"aten.zero_.default","count":1,"target":"fresh"},{"name":"aten.copy_.default","count":3,"in_launch":true},
    {"name":"aten.bernoulli_.float","count":1,"target":"fresh"},
    {"name":"aten.copy_.default","count":1,"target":"program","source":"input as passed, same layout"}])");
  EXPECT_FALSE(ruling.fault) << *ruling.fault;
  EXPECT_EQ(ruling.listed[0], "aten.empty_like.default ×2");
  EXPECT_EQ(ruling.listed[3], "aten.copy_.default ×3 in a launch");
}

TEST(Operators, ResultsOfAReplayedGraphMayBeCopiedOut) {
  const auto copy = [](const char* target, const char* source) {
    return rule(fmt::format(R"([{{"name":"aten.copy_.default","count":1,"in_launch":false,"target":"{}","source":"{}"}}])",
                            target, source)
                    .c_str())
        .fault;
  };
  EXPECT_FALSE(copy("fresh", "replayed, same layout"));
  EXPECT_FALSE(copy("fresh", "replayed, same type"));
  EXPECT_TRUE(copy("fresh", "replayed, other type"));
  EXPECT_TRUE(copy("state", "replayed, same type"));
  EXPECT_TRUE(copy("fresh", "program, same type"));
}

TEST(Operators, ComputationsFail) {
  for (const char* one :
       {R"([{"name":"aten.mm.default","count":1}])", R"([{"name":"aten.mm.default","count":1,"in_launch":true}])",
        R"([{"name":"aten.clone.default","count":1,"source":"input as passed"}])",
        R"([{"name":"aten.copy_.default","count":1,"target":"fresh","source":"program, same type"}])",
        R"([{"name":"aten.copy_.default","count":1,"target":"input","source":"input as passed, same layout"}])",
        R"([{"name":"aten.copy_.default","count":1,"target":"program","source":"input, same layout"}])",
        R"([{"name":"aten.copy_.default","count":1,"target":"program","source":"input as passed, same type"}])",
        R"([{"name":"aten.copy_.default","count":1,"target":"program","source":"state, same layout"}])",
        R"([{"name":"aten.fill_.Scalar","count":1,"target":"input"}])", R"([{"name":"triton.mystery","count":1}])", R"([{}])",
        R"([{"name":"aten.rand.default","count":1}])", R"("none")", "null"}) {
    EXPECT_TRUE(rule(one).fault) << one;
  }
  EXPECT_FALSE(rule(R"([{"name":"aten.clone.default","count":1,"source":"input as passed"}])", true).fault);
  EXPECT_TRUE(rule(R"([{"name":"aten.clone.default","count":1,"source":"input"}])", true).fault);
}

// --- form of a result ---

Json call_of(const char* outputs, const char* more = "") {
  return parse_json(fmt::format(R"({{"outputs":[{}],"tree":{{"output":0}}{}}})", outputs, more), "test").value();
}
const char* const kPlain = R"({"dtype":"float32","shape":[2,3],"stride":[3,1],"device":"cpu","plain":true,"launched":true})";
const CallRules kRules{"cpu", true};

TEST(Form, SameTypesPass) { EXPECT_FALSE(compare_form(call_of(kPlain), call_of(kPlain), kRules)); }

TEST(Form, EveryDifferenceIsNamed) {
  const auto reason = [](const char* got, const char* more = "") {
    const auto finding = compare_form(call_of(got, more), call_of(kPlain), kRules);
    return finding ? finding->reason : "";
  };
  EXPECT_THAT(reason(R"({"dtype":"float16","shape":[2,3],"stride":[3,1],"device":"cpu","plain":true,"launched":true})"),
              HasSubstr("dtype \"float16\""));
  EXPECT_THAT(reason(R"({"dtype":"float32","shape":[3,2],"stride":[2,1],"device":"cpu","plain":true,"launched":true})"),
              HasSubstr("shape [3,2], expected [2,3]"));
  EXPECT_THAT(reason(R"({"dtype":"float32","shape":[2,3],"stride":[1,2],"device":"cpu","plain":true,"launched":true})"),
              HasSubstr("strides"));
  EXPECT_THAT(reason(R"({"dtype":"float32","shape":[2,3],"stride":[3,1],"device":"meta","plain":true,"launched":true})"),
              HasSubstr("device"));
  EXPECT_THAT(reason(R"({"dtype":"float32","shape":[2,3],"stride":[3,1],"device":"cpu","plain":false,"launched":true})"),
              HasSubstr("plain"));
  EXPECT_THAT(reason(R"({"dtype":"float32","shape":[2,3],"stride":[3,1],"device":"cpu","plain":true})"),
              HasSubstr("no Triton kernel"));
  EXPECT_THAT(reason(""), HasSubstr("0 tensors"));
  EXPECT_THAT(reason("{}"), Not(IsEmpty()));
  EXPECT_THAT(reason(kPlain, R"(,"aliases":[[0,"inputs.0"]])"), HasSubstr("shares memory with inputs.0"));
  EXPECT_THAT(reason(kPlain, R"(,"reused":[0])"), HasSubstr("overwrite"));
  EXPECT_THAT(reason(kPlain, R"(,"refused":["output.0"])"), HasSubstr("output.0"));
}

TEST(Form, StridesDoNotMatterWhereNothingFollowsFromThem) {
  const char* const one_row = R"({"dtype":"float32","shape":[1,3],"stride":[7,1],"device":"cpu","plain":true,"launched":true})";
  const char* const row = R"({"dtype":"float32","shape":[1,3],"stride":[3,1],"device":"cpu","plain":true,"launched":true})";
  EXPECT_FALSE(compare_form(call_of(one_row), call_of(row), kRules));
  const char* const expanded = R"({"dtype":"float32","shape":[2,3],"stride":[0,1],"device":"cpu","plain":true,"launched":true})";
  EXPECT_FALSE(compare_form(call_of(kPlain), call_of(expanded), kRules));
  const char* const swapped = R"({"dtype":"float32","shape":[2,3],"stride":[1,2],"device":"cpu","plain":true,"launched":true})";
  EXPECT_FALSE(compare_form(call_of(swapped), call_of(kPlain), CallRules{"cpu", false}));
}

// --- input plan ---

TEST(Trials, GrowWithEffortAndShrinkWithSize) {
  const ProblemSize small;
  EXPECT_EQ(plan_trials(Effort::kQuick, small, 1).trials.size(), 3u);
  const auto standard = plan_trials(Effort::kStandard, small, 1);
  EXPECT_EQ(standard.trials.size(), 15u);
  EXPECT_TRUE(standard.trials.front().own);
  EXPECT_TRUE(standard.trials.back().rearranged);
  EXPECT_GT(plan_trials(Effort::kThorough, small, 1).trials.size(), standard.trials.size());
  ProblemSize large;
  large.largest_input = kLargeInput;
  const auto shrunk = plan_trials(Effort::kStandard, large, 1);
  EXPECT_EQ(shrunk.trials.size(), 3u);
  EXPECT_THAT(shrunk.note, HasSubstr("268435456"));
}

TEST(Trials, RearrangedStridesReachEveryElementOnce) {
  EXPECT_EQ(rearranged_strides({4}), (std::vector<int64_t>{2}));
  EXPECT_EQ(rearranged_strides({4, 5}), (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(rearranged_strides({2, 4, 5}), (std::vector<int64_t>{20, 1, 4}));
  EXPECT_TRUE(rearranged_strides({}).empty());
}

TEST(Facts, MisshapenRepliesAreRefused) {
  EXPECT_FALSE(read_facts(Json::object()));
  const auto parse = [](const char* text) { return read_facts(parse_json(text, "test").value()); };
  const auto good = parse(R"({"inputs":[{"tensor":{"dtype":"float32","shape":[2],"stride":[1]}},{"scalar":2.5,"type":"float"}],
    "state":{"w":{"dtype":"int64","shape":[]}},"outputs":[{"dtype":"float32","shape":[2]}],"mutations":{"state.w":{"dtype":"int64","shape":[]}}})");
  ASSERT_TRUE(good) << to_text(good.error());
  EXPECT_EQ(good->results.size(), 2u);
  EXPECT_EQ(good->state_bytes, 8);
  EXPECT_TRUE(good->size().floating_inputs);
  EXPECT_FALSE(
      parse(R"({"inputs":[{"tensor":{"dtype":"float99","shape":[2],"stride":[1]}}],"state":{},"outputs":[],"mutations":{}})"));
  EXPECT_FALSE(parse(R"({"inputs":[],"state":{},"outputs":[{"dtype":"float32","shape":["a"]}],"mutations":{}})"));
  EXPECT_FALSE(parse(R"({"inputs":[],"state":{},"outputs":[{"dtype":"float32","shape":[-1]}],"mutations":{}})"));
}

}  // namespace
}  // namespace ka
