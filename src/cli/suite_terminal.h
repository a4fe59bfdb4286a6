#pragma once

#include <cstdio>
#include <string>

#include "cli/terminal.h"
#include "suite/batch.h"

namespace ka {

/// Draws a suite for people: a line for each problem that is done, and on a terminal one that moves, with what goes on and how long it may
/// take. Plain lines in a pipe.
class SuiteTerminal {
 public:
  SuiteTerminal(std::FILE* stream, TerminalStyle style) : stream_(stream), style_(style) {}
  ~SuiteTerminal() { erase(); }

  void judged(const SuiteRow& row, const SuiteProgress& progress);
  void timed(const SuiteRow& row, const SuiteProgress& progress);
  void tick(const SuiteProgress& progress);
  /// Prints a line of its own.
  void say(const std::string& text);

 private:
  void line(bool good, const std::string& left, const std::string& text, const SuiteProgress& progress);
  void erase();

  std::FILE* stream_;
  TerminalStyle style_;
  size_t frame_ = 0;
  bool drawn_ = false;
};

}  // namespace ka
