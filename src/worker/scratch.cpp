#include "worker/scratch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

namespace ka {
namespace {

constexpr const char* kPrefix = "kernelagent-";
constexpr const char* kLock = ".lock";

/// Says whether a folder is one of ours whose owner is gone.
bool is_stale(const std::filesystem::path& dir) {
  const Fd lock(::open((dir / kLock).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info = {};
  return lock && ::fstat(lock.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
         ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

void remove_stale(const std::filesystem::path& parent) {
  const auto names = list_dir(parent);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(kPrefix) || !is_stale(parent / name)) continue;
    log_info("{} was left by a program that is gone: removed", (parent / name).string());
    if (!remove_tree(parent / name)) log_warning("cannot remove {}", (parent / name).string());
  }
}

}  // namespace

Result<Scratch> Scratch::make(const std::filesystem::path& parent) {
  remove_stale(parent);
  KA_TRY(std::filesystem::path path, make_temp_dir(kPrefix, parent));
  // Locked before it has its name: another program's remove_stale never sees it free.
  const std::filesystem::path fresh = path / ".fresh-lock";
  Fd lock(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || ::rename(fresh.c_str(), (path / kLock).c_str()) != 0) {
    return fail(Fault::kEnvironment, "cannot lock a temporary folder", path.string());
  }
  return Scratch(std::move(path), std::move(lock));
}

Scratch::~Scratch() {
  if (!lock_) return;  // moved from
  if (!remove_tree(path_)) log_warning("cannot remove {}", path_.string());
}

}  // namespace ka
