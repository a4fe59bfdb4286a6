#pragma once

#include "cli/command.h"
namespace ka {

struct Replay;

/// Exit code of a replay whose verdict holds although a file is not the one that was certified, or nothing says that it is.
inline constexpr int kExitChanged = 5;

/// Replays a certificate and prints what it finds. Exits 0 where the verdict holds and every file is as it was, 1 where the verdict does
/// not hold, kExitChanged where only files differ.
Result<int> replay_command(const Config& config, const Replay& opened, bool json);

}  // namespace ka
