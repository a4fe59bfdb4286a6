#include "cli/replay_command.h"

#include <cstdio>
#include <memory>

#include "cli/terminal.h"
#include "run/replay.h"

namespace ka {

Result<int> replay_command(const Config& config, const Replay& opened, bool json) {
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  // Steps move on standard error; standard output carries the answer.
  Terminal terminal(stderr, detect_style(stderr));
  workshop->every(std::chrono::milliseconds(100), [&terminal] { terminal.tick(); });
  terminal.hear(PhaseStarted{"judge"}, {});
  const auto progress = [&terminal](const std::string& step) { terminal.hear(Progressed{"judge", step}, {}); };
  const Result<Replayed> done = workshop->run(replay(*workshop, opened, progress));
  terminal.rest();
  if (!done) return tl::unexpected<Error>(done.error());
  if (json) {
    Json answer = to_json(done->verdict);
    answer["replay"] = replay_json(opened, *done);
    print_json(answer);
  } else {
    print_text(verdict_text(done->verdict) + replay_text(opened, *done));
  }
  if (!done->holds) return kExitNotVerified;
  return done->intact ? kExitOk : kExitChanged;
}

}  // namespace ka
