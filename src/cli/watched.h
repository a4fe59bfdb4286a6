#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "cli/terminal.h"
#include "run/workshop.h"

namespace ka {

/// Runs the judging task that `make(progress)` returns while its steps move on standard error; standard output carries the answer.
template <class Make>
auto run_watched(Workshop& workshop, const Make& make) {
  Terminal terminal(stderr, detect_style(stderr));
  const Workshop::Repeating ticking = workshop.every(std::chrono::milliseconds(100), [&terminal] { terminal.tick(); });
  terminal.hear(PhaseStarted{"judge"}, {});
  auto result = workshop.run(make([&terminal](const std::string& step) { terminal.hear(Progressed{"judge", step}, {}); }));
  terminal.rest();
  return result;
}

}  // namespace ka
