#include "process/control_group.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int64_t kChildren = 4;  ///< children at their caps that one worker may hold
constexpr std::string_view kPrefix = "kernelagent-";
constexpr int kPatience = 200;  ///< times 5 ms that ended processes are waited for

/// Writes one line, which the kernel takes as a whole or refuses.
Status put(const fs::path& file, const std::string& line) {
  std::ofstream out(file);
  out << line << std::flush;
  if (out) return {};
  return fail(Fault::kEnvironment, "cannot write: " + std::generic_category().message(errno), file.string());
}

bool hands_down(const fs::path& folder) {
  const std::vector<std::string> words = split(std::string(trim(read_file(folder / "cgroup.subtree_control").value_or(""))), ' ');
  const auto has = [&](const char* word) { return std::find(words.begin(), words.end(), word) != words.end(); };
  return has("memory") && has("pids");
}

bool is_ours(const fs::path& folder) {
  return ::access(folder.c_str(), W_OK) == 0 && ::access((folder / "cgroup.procs").c_str(), W_OK) == 0;
}

/// Removes empty groups whose process is gone: "kernelagent-PID-…".
void sweep(const fs::path& parent) {
  for (const std::string& name : list_dir(parent).value_or(std::vector<std::string>{})) {
    if (!name.starts_with(kPrefix)) continue;
    const int pid = std::atoi(name.c_str() + kPrefix.size());
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) ::rmdir((parent / name).c_str());
  }
}

}  // namespace

Result<fs::path> find_control_groups(const fs::path& root, const fs::path& own) {
  if (!is_file(root / "cgroup.controllers"))
    return fail(Fault::kEnvironment, fmt::format("{} has no control groups of version 2", root.string()));
  std::string place;
  for (const std::string& line : split_lines(read_file(own).value_or("")))
    if (line.starts_with("0::/")) place = line.substr(4);
  fs::path folder = (root / place).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  for (; folder.string().size() >= root.string().size(); folder = folder.parent_path()) {
    if (hands_down(folder) && is_ours(folder)) return folder;
  }
  return fail(Fault::kEnvironment, "no control group that hands down memory and pids may be written here",
              (root / place).string());
}

Result<ControlGroup> ControlGroup::make(const fs::path& parent, const std::string& name, const ControlLimits& limits) {
  sweep(parent);
  const fs::path folder = parent / fmt::format("{}{}-{}", kPrefix, ::getpid(), name);
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) return fail(Fault::kEnvironment, "cannot make a control group: " + error.message(), folder.string());
  ControlGroup group(folder);
  if (limits.processes > 0) KA_CHECK_OK(put(folder / "pids.max", std::to_string(limits.processes)));
  if (limits.memory_mb > 0) {
    KA_CHECK_OK(put(folder / "memory.max", std::to_string(limits.memory_mb << 20)));
    if (is_file(folder / "memory.swap.max")) KA_CHECK_OK(put(folder / "memory.swap.max", "0"));
  }
  return group;
}

ControlGroup::ControlGroup(ControlGroup&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}

ControlGroup& ControlGroup::operator=(ControlGroup&& other) noexcept {
  if (this != &other) {
    remove();
    folder_ = std::exchange(other.folder_, {});
  }
  return *this;
}

ControlGroup::~ControlGroup() { remove(); }

void ControlGroup::remove() {
  if (folder_.empty()) return;
  if (is_file(folder_ / "cgroup.kill")) (void)put(folder_ / "cgroup.kill", "1");
  for (int turn = 0; ::rmdir(folder_.c_str()) != 0 && errno == EBUSY && turn < kPatience; ++turn)
    std::this_thread::sleep_for(5ms);
  folder_.clear();
}

ControlLimits worker_limits(const ControlLimits& child, const fs::path& memory) {
  ControlLimits limits{.memory_mb = child.memory_mb * kChildren, .processes = child.processes * kChildren};
  for (const std::string& line : split_lines(read_file(memory).value_or(""))) {
    if (!line.starts_with("MemTotal:")) continue;
    const int64_t most = std::atoll(line.c_str() + 9) / 1024 * 9 / 10;
    if (most > 0 && (limits.memory_mb == 0 || limits.memory_mb > most)) limits.memory_mb = most;
  }
  return limits;
}

}  // namespace ka
