#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/env.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

/// Makes the error of a failed system call. What a user can name wrongly is their input; the rest is the machine.
tl::unexpected<Error> system_error(std::string_view action, const fs::path& path, int code) {
  const bool input =
      code == ENOENT || code == ENOTDIR || code == EISDIR || code == EACCES || code == ENAMETOOLONG || code == ELOOP;
  std::string hint;
  if (code == ENOSPC || code == EDQUOT) hint = "free some disk space and start again; what was written before is complete";
  return fail(input ? Fault::kInput : Fault::kEnvironment,
              fmt::format("cannot {}: {}", action, std::generic_category().message(code)), path.string(), hint);
}

/// The same for writing, where the machine is always at fault.
tl::unexpected<Error> write_error(std::string_view action, const fs::path& path, int code) {
  auto error = system_error(action, path, code);
  error.value().fault = Fault::kEnvironment;
  return error;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  /// Closes now; network file systems report a full disk only here.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Reads to the end from where the descriptor stands; errno tells why it failed.
bool read_rest(int fd, std::string& content) {
  char buffer[65536];
  while (true) {
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

/// Makes the rename itself durable; best effort, some file systems cannot.
void sync_dir(const fs::path& dir) {
  const Descriptor folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error("read", path, errno);
  struct stat info = {};
  std::string content;
  if (::fstat(file.get(), &info) == 0 && info.st_size > 0) content.reserve(static_cast<std::size_t>(info.st_size));
  if (!read_rest(file.get(), content)) return system_error("read", path, errno);
  return content;
}

std::string read_tail(const fs::path& path, std::size_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return {};
  const auto size = ::lseek(file.get(), 0, SEEK_END);
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(bytes));
  ::lseek(file.get(), start, SEEK_SET);
  std::string content;
  if (!read_rest(file.get(), content)) return {};
  if (start == 0) return content;
  const auto line_end = content.find('\n');
  return line_end == std::string::npos ? content : content.substr(line_end + 1);
}

Status write_file_atomic(const fs::path& path, std::string_view content) {
  const fs::path dir = path.has_parent_path() ? path.parent_path() : fs::path(".");
  KA_CHECK_OK(make_dirs(dir));
  std::string temporary = (dir / fmt::format(".{}.XXXXXX", path.filename().string())).string();
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return write_error("write", path, errno);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(file.get(), 0666 & ~mask);
  const bool ok = write_all(file.get(), content) && ::fsync(file.get()) == 0 && file.close() &&
                  ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!ok) {
    const int code = errno;
    ::unlink(temporary.c_str());
    return write_error("write", path, code);
  }
  sync_dir(dir);
  return {};
}

Status append_file(const fs::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) return write_error("append", path, errno);
  if (!write_all(file.get(), content) || !file.close()) return write_error("append", path, errno);
  return {};
}

Status make_dirs(const fs::path& path) {
  if (path.empty()) return {};
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return write_error("make the folder", path, code.value());
  return {};
}

Result<fs::path> make_temp_dir(std::string_view prefix, const fs::path& parent) {
  const fs::path place = parent.empty() ? fs::path(get_env_or("TMPDIR", "/tmp")) : parent;
  std::string name = (absolute_path(place) / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) return write_error("make a temporary folder", name, errno);
  return fs::path(name);
}

Status remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return write_error("remove", path, code.value());
  return {};
}

Status copy_file_atomic(const fs::path& from, const fs::path& to) {
  KA_TRY(const std::string content, read_file(from));
  return write_file_atomic(to, content);
}

Result<std::vector<std::string>> list_dir(const fs::path& path) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
    names.push_back(entry->path().filename().string());
  }
  if (code) return system_error("list", path, code.value());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

bool is_dir(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

fs::path absolute_path(const fs::path& path) {
  std::error_code code;
  const fs::path absolute = fs::absolute(path, code);
  return (code ? path : absolute).lexically_normal();
}

fs::path exe_path() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code);
}

std::optional<fs::path> find_program(const std::string& name) {
  const auto runs = [](const fs::path& path) { return is_file(path) && ::access(path.c_str(), X_OK) == 0; };
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) {
    if (runs(name)) return fs::path(name);
    return std::nullopt;
  }
  for (const std::string& dir : split(get_env_or("PATH", "/usr/local/bin:/usr/bin:/bin"), ':')) {
    const fs::path path = fs::path(dir.empty() ? "." : dir) / name;
    if (runs(path)) return path;
  }
  return std::nullopt;
}

}  // namespace ka
