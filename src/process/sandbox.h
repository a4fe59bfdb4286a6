#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/loop.h"

namespace ka {

/// How far a worker is kept from the machine. People see the level; each lower level is a visible drop.
enum class SandboxLevel {
  kProcess,     ///< own process group, environment allow-list, resource limits
  kBubblewrap,  ///< also: no network, own process numbers, the disk read-only but for named folders
};

/// "process" or "bubblewrap".
std::string_view name(SandboxLevel level);

struct Sandbox {
  SandboxLevel level = SandboxLevel::kProcess;
  std::string reason;   ///< why it is no better, or empty
  std::string program;  ///< path of bwrap
};

/// Finds the best level that works here by running bubblewrap once.
Task<Sandbox> probe_sandbox(Loop& loop);

/// What a sandboxed process may do beyond reading the disk.
struct SandboxAccess {
  std::vector<std::filesystem::path> writable;  ///< folders; those that are missing are left out
  std::filesystem::path home;                   ///< private: HOME, and tmp/ in it is TMPDIR; writable too
};

/// Puts the sandbox's own command line before `arguments`.
///
/// /tmp is read-only, not hidden: problems and kernels may lie there, and which ones is known only after the worker started. TMPDIR
/// points into the private home instead. /dev is the machine's, for its accelerators and /dev/shm.
std::vector<std::string> wrap(const Sandbox& sandbox, const SandboxAccess& access, std::vector<std::string> arguments);

/// Builds a worker's environment from an allow-list (never a key or token), with HOME and TMPDIR made private. `extra` entries,
/// KEY=VALUE, replace those of the same name.
std::vector<std::string> worker_environment(const SandboxAccess& access, const std::vector<std::string>& extra);

}  // namespace ka
