#include "cli/suite_terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ka {
namespace {

/// What is printed while `draw` draws, in a pipe or on a terminal of 60 columns.
template <class Draw>
std::string drawn(bool live, const Draw& draw) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  {
    SuiteTerminal terminal(stream, {live, false, 60});
    draw(terminal);
  }
  std::fclose(stream);
  std::string all(text, size);
  std::free(text);
  return all;
}

SuiteRow accepted() {
  SuiteRow row;
  row.problem = "level1/1_relu";
  row.status = row.verdict = "accepted";
  row.bound_used = 0.25;
  row.seconds = 12;
  row.times = {{"triton", 2, 2, 2, {}}, {"eager", 3, 3, 3, {}}};
  return row;
}

TEST(SuiteTerminalTest, ALineForEachProblemInAPipe) {
  const SuiteProgress progress{false, 1, 3, 1, 12, 24, {{"level1/2_mm", 3}}};
  EXPECT_EQ(drawn(false,
                  [&](SuiteTerminal& terminal) {
                    terminal.tick(progress);
                    terminal.judged(accepted(), progress);
                    terminal.timed(accepted(), progress);
                  }),
            "  ✓     1/3  level1/1_relu  accepted, 25 % of the allowed error  12.0 s\n"
            "  ✓     1/3  level1/1_relu  2 ms, 1.50× eager\n");
}

TEST(SuiteTerminalTest, WhatIsWrongIsSaid) {
  SuiteRow row = accepted();
  row.status = "failed";
  row.reason = "out of memory";
  row.times.clear();
  row.untimed = "no clock";
  const SuiteProgress progress{false, 3, 3, 0, 1, 0, {}};
  EXPECT_EQ(drawn(false,
                  [&](SuiteTerminal& terminal) {
                    terminal.judged(row, progress);
                    terminal.timed(row, progress);
                  }),
            "  ✗     3/3  level1/1_relu  failed: out of memory  12.0 s\n"
            "  ✗     3/3  level1/1_relu  not timed: no clock\n");
}

TEST(SuiteTerminalTest, ATerminalShowsWhatGoesOnAndHowLong) {
  const std::string text = drawn(true, [](SuiteTerminal& terminal) {
    terminal.tick({false, 1, 3, 1, 12, 24, {{"level1/2_mm", 3}}});
  });
  EXPECT_NE(text.find("judging 1/3, 1 accepted, about 24.0 s left"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\r\x1b[2K")) << "the line goes when it is over";
}

}  // namespace
}  // namespace ka
