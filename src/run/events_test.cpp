#include "run/events.h"

#include <gtest/gtest.h>

#include <limits>

namespace ka {
namespace {

TEST(Events, EveryKindIsReadBackAsItWasWritten) {
  const RunEvent events[] = {
      RunStarted{"run_1", ".fuse/run_1", "p.py", "cpu", "note", "0.1.0", true},
      PhaseStarted{"plan"},
      PhaseFinished{"plan", "2 subgraphs", 0.5, true},
      ProblemWritten{"problem.py", "openai/gpt-5", "import torch\n"},
      AnswerChecked{"refactor", "it cannot be traced", 2, 3},
      Progressed{"judge", "trial 3"},
      SubgraphPlanned{"sg_01", "linear + gelu", "contract", "float32[2]", "float32[3]", 2},
      CutMade{"sg_01", "sg_02", "x", "why"},
      CandidateJudged{"sg_01", "codegen", "tile=32", "wrong", "off", 3, 1.5, 0.1, 0.2},
      CandidateTimed{"sg_01", "tile=32", 3, 6, 0.25},
      SubgraphTuned{"sg_01", "timed", "tile=32", "", 4, 3, 0.25, 0.5, 2},
      KernelChosen{"sg_01", "codegen", "tile=32", "kernel.py", "judged", 0.25, 0.5},
      FusionDecided{"sg_01,sg_02", "sg_01to02", "small", "slower", true},
      SubgraphFailed{"sg_01", "no"},
      Warned{"careful"},
      ProgramJudged{"accepted", "trivial", "because", 10, 2, 1e-8, 2e-8, 0.25, 1},
      RunFinished{"failed", "message", "p.py:3", "hint", "program.py", "certificate.json", 2},
  };
  static_assert(std::size(events) == std::variant_size_v<RunEvent>);
  for (size_t i = 0; i < std::size(events); ++i) {
    EXPECT_EQ(events[i].index(), i);
    const Json json = to_json(events[i]);
    const Result<RunEvent> back = event_from_json(json);
    ASSERT_TRUE(back) << json;
    EXPECT_EQ(to_json(*back), json);
  }
}

TEST(Events, InfinityIsWrittenAsText) {
  ProgramJudged judged;
  judged.bound_used = std::numeric_limits<double>::infinity();
  const Json json = to_json(RunEvent(judged));
  EXPECT_EQ(json["bound_used"], "inf");
  const Result<RunEvent> back = event_from_json(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<ProgramJudged>(*back).bound_used, judged.bound_used);
}

TEST(Events, UnknownKindsAndBadFieldsAreErrors) {
  EXPECT_FALSE(event_from_json(Json::parse(R"({"event":"party"})")));
  EXPECT_FALSE(event_from_json(Json::parse(R"({"event":"warned","message":3})")));
  EXPECT_FALSE(event_from_json(Json::parse(R"([1])")));
  EXPECT_TRUE(event_from_json(Json::parse(R"({"event":"warned","later_field":3})")));
}

}  // namespace
}  // namespace ka
