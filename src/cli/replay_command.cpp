#include "cli/replay_command.h"

#include <memory>

#include "cli/watched.h"
#include "run/replay.h"

namespace ka {

Result<int> replay_command(const Config& config, const Replay& opened, bool json) {
  KA_TRY(const std::unique_ptr<Workshop> workshop, Workshop::open(config));
  const Result<Replayed> done =
      run_watched(*workshop, [&](auto progress) { return replay(*workshop, opened, std::move(progress)); });
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
