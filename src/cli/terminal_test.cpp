#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

std::string drawn(const std::vector<RunEvent>& events) {
  char* bytes = nullptr;
  size_t size = 0;
  std::FILE* stream = open_memstream(&bytes, &size);
  {
    Terminal terminal(stream, {});
    for (const RunEvent& event : events) terminal.hear(event, "");
  }
  std::fclose(stream);
  std::string text(bytes, size);
  std::free(bytes);
  return text;
}

TEST(Terminal, APipeGetsPlainLines) {
  EXPECT_EQ(drawn({PhaseStarted{"trace"}, Progressed{"trace", "moving"}, PhaseFinished{"trace", "3 operators", 2.5, false},
                   PhaseFinished{"plan", "1 subgraph", 0.001, true}}),
            "  ✓ trace    3 operators                                                                       2.5 s\n"
            "  ✓ plan     1 subgraph                                                                  done before\n");
}

TEST(Terminal, APlanIsListedWithItsCuts) {
  EXPECT_EQ(drawn({SubgraphPlanned{"sg_1", "linear", "contract", "float32[2]", "float32[3]", 1},
                   SubgraphPlanned{"sg_long_2", "gelu", "map", "float32[3]", "float32[3]", 2},
                   CutMade{"sg_1", "sg_long_2", "x", "it must"}, CutMade{"sg_1", "sg_1", "y", "two passes"}, Warned{"careful"}}),
            "               sg_1       linear  float32[2] → float32[3]\n"
            "               sg_long_2  gelu    float32[3] → float32[3]  used 2 times\n"
            "               cut sg_1 | sg_long_2: it must\n"
            "               two launches in sg_1: two passes\n"
            "  ! note     careful\n");
}

TEST(Terminal, AFailureSaysWhereAndWhatToDo) {
  EXPECT_EQ(drawn({RunFinished{"failed", "no such thing", "p.py:3", "do it", "", "", 1}}),
            "\nFailed: no such thing (p.py:3)\n  what to do   do it\n  everything   \n");
}

TEST(Terminal, SharesAndDurationsReadAsPeopleSayThem) {
  EXPECT_EQ(share_of_bound(0), "exact");
  EXPECT_EQ(share_of_bound(0.0001), "under 0.1 % of the allowed error");
  EXPECT_EQ(share_of_bound(0.034), "3.4 % of the allowed error");
  EXPECT_EQ(share_of_bound(0.34), "34 % of the allowed error");
  EXPECT_EQ(share_of_bound(2.5), "2.5 times the allowed error");
  EXPECT_EQ(duration_text(0.0123), "12 ms");
  EXPECT_EQ(duration_text(3.44), "3.4 s");
  EXPECT_EQ(duration_text(125), "2 min 05 s");
}

}  // namespace
}  // namespace ka
