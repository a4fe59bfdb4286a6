#include "process/lease.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 20ms;  ///< between two looks at a lock that another process holds

tl::unexpected<Error> unusable(const fs::path& path, int error) {
  return fail(Fault::kEnvironment, fmt::format("the GPU's lock cannot be used: {}", std::strerror(error)), path.string(),
              "remove it, or make it yours");
}

std::string file_name(std::string gpu) {
  for (char& c : gpu) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return gpu;
}

/// Makes the folder, ours alone: in /tmp a stranger may have made it first.
Status prepare(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return unusable(folder, errno);
  struct stat found = {};
  if (::lstat(folder.c_str(), &found) != 0) return unusable(folder, errno);
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return unusable(folder, EPERM);
  return {};
}

/// Tries a lock without waiting: a descriptor that holds it, or none. A file that was removed meanwhile locks nobody out, and is made anew.
Result<std::optional<Fd>> try_lock(const fs::path& path, LeaseUse use) {
  for (;;) {
    Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return unusable(path, errno);
    if (::flock(lock.get(), (use == LeaseUse::kExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return unusable(path, errno);
      return std::optional<Fd>();
    }
    struct stat held = {}, there = {};
    if (::fstat(lock.get(), &held) == 0 && ::stat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino)
      return std::optional<Fd>(std::move(lock));
  }
}

/// Who holds a lock alone leaves its number and what it does in the file.
void sign(const Fd& lock, const std::string& doing) {
  const std::string text = fmt::format("pid {} is {}\n", ::getpid(), doing);
  if (::ftruncate(lock.get(), 0) == 0) static_cast<void>(::pwrite(lock.get(), text.data(), text.size(), 0));
}

/// What stands in the way: the one who holds it alone, else those who share it.
std::string obstacle(const fs::path& path, LeaseUse use) {
  const std::string signature(trim(read_file(path).value_or("")));
  if (!signature.empty()) return signature;
  return use == LeaseUse::kExclusive ? "others are using it" : "another process wants it alone";
}

constexpr int kParts = 64;  ///< of a GPU's memory: bytes of a file, each locked by who has that part

/// Tries to lock one byte of an open file, for this descriptor alone (open file description locks, fcntl(2)).
bool try_part(const Fd& file, int part) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = part;
  range.l_len = 1;
  return ::fcntl(file.get(), F_OFD_SETLK, &range) == 0;
}

}  // namespace

fs::path lease_folder() { return fmt::format("/tmp/kernelagent-{}", ::geteuid()); }

Task<Result<Lease>> take_lease(Loop& loop, LeaseRequest request) {
  const fs::path folder = request.folder.empty() ? lease_folder() : request.folder;
  KA_CO_CHECK_OK(prepare(folder));
  // Two locks: the GPU, and the door to it. Who wants the GPU alone keeps the door shut while others leave; who shares only passes.
  const fs::path room = folder / (file_name(request.gpu) + ".lock"), door = folder / (file_name(request.gpu) + ".door");
  std::optional<Fd> passing;
  std::string told;
  for (;;) {
    if (!passing) {
      KA_CO_TRY(passing, try_lock(door, request.use));
    }
    if (passing) {
      KA_CO_TRY(std::optional<Fd> held, try_lock(room, request.use));
      if (held) {
        if (request.use == LeaseUse::kExclusive) {
          sign(*held, request.doing);
        } else {
          static_cast<void>(::ftruncate(held->get(), 0));
        }
        co_return Lease(std::move(*held));
      }
      if (request.use == LeaseUse::kShared) passing.reset();
    }
    const std::string why = fmt::format("waiting for the GPU: {}", obstacle(room, request.use));
    if (why != told && request.progress) request.progress(why);
    told = why;
    co_await loop.sleep(kPatience);
    if (loop.interrupted()) co_return interrupted_error();
  }
}

Task<Result<Lease>> take_memory(Loop& loop, MemoryRequest request) {
  const fs::path folder = request.folder.empty() ? lease_folder() : request.folder;
  KA_CO_CHECK_OK(prepare(folder));
  const fs::path parts = folder / (file_name(request.gpu) + ".memory"), door = folder / (file_name(request.gpu) + ".memory_door");
  Fd file(::open(parts.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) co_return unusable(parts, errno);
  const int wanted = std::clamp(static_cast<int>(std::ceil(request.share * kParts)), 1, kParts);
  std::optional<Fd> passing;
  std::array<bool, kParts> have = {};
  bool told = false;
  for (int count = 0;;) {
    if (!passing) {
      KA_CO_TRY(passing, try_lock(door, LeaseUse::kExclusive));
    }
    for (int part = 0; passing && part < kParts && count < wanted; ++part) {
      bool& mine = have[static_cast<size_t>(part)];
      if (!mine && try_part(file, part)) mine = true, ++count;
    }
    if (count == wanted) co_return Lease(std::move(file));
    if (!std::exchange(told, true) && request.progress)
      request.progress(fmt::format("waiting for {} % of the GPU's memory", 100 * wanted / kParts));
    co_await loop.sleep(kPatience);
    if (loop.interrupted()) co_return interrupted_error();
  }
}

}  // namespace ka
