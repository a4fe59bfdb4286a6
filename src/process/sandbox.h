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
  kBubblewrap,  ///< also: no network, own process numbers, an own disk with only what Python needs of ours, read-only
};

/// "process" or "bubblewrap".
std::string_view name(SandboxLevel level);

struct Sandbox {
  SandboxLevel level = SandboxLevel::kProcess;
  std::string reason;   ///< why it is no better, or empty
  std::string fix;      ///< what to do about it, or empty
  std::string program;  ///< path of bwrap
};

/// Finds the best level that works here by running bubblewrap once: the bundle's own, else the one in PATH.
Task<Sandbox> probe_sandbox(Loop& loop);

/// Says why bubblewrap may not make user namespaces, and the command that lets it: AppArmor's rule (Ubuntu) and two kernel settings.
/// `settings` is /proc/sys. Both are empty where no setting forbids it.
struct NamespaceRule {
  std::string reason, fix;
};
NamespaceRule namespace_rule(const std::filesystem::path& settings = "/proc/sys");

/// What a sandboxed process sees of this machine. All else (homes, /tmp, /var, /run, other processes) is not there.
struct SandboxAccess {
  std::vector<std::filesystem::path> readable;  ///< files and folders beside /usr and the loader's configuration
  std::vector<std::filesystem::path> writable;  ///< folders
  std::filesystem::path home;                   ///< a private folder of ours; bubblewrap has one of its own instead
  bool accelerators = false;                    ///< the nodes of GPUs in /dev
};

/// Puts the sandbox's own command line before `arguments`. Folders as wide as a home, or wider, are never bound; what is missing is
/// left out.
std::vector<std::string> wrap(const Sandbox& sandbox, const SandboxAccess& access, std::vector<std::string> arguments);

/// Where a sandboxed process may write: HOME, TMPDIR and KERNELAGENT_PRIVATE_DIR. Inside bubblewrap it is in memory and bounded.
std::filesystem::path private_folder(const Sandbox& sandbox, const SandboxAccess& access);

/// Builds a worker's environment from an allow-list (never a key or token), with HOME and TMPDIR made private. `extra` entries,
/// KEY=VALUE, replace those of the same name.
std::vector<std::string> worker_environment(const Sandbox& sandbox, const SandboxAccess& access,
                                            const std::vector<std::string>& extra);

}  // namespace ka
