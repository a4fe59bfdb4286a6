#include "process/sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "process/subprocess.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

/// What a worker may know of our environment. Everything else, keys and tokens above all, stays here.
constexpr std::array kAllowed = {"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
                                 // accelerators and the compilers that Triton calls
                                 "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES",
                                 "NVIDIA_DRIVER_CAPABILITIES", "HIP_VISIBLE_DEVICES", "CC", "CXX", "TRITON_PTXAS_PATH",
                                 "TRITON_CUOBJDUMP_PATH", "TRITON_NVDISASM_PATH", "TRITON_LIBCUDA_PATH",
                                 // how many threads and how precise: they change the reference's numbers, and the user chose them
                                 "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG",
                                 // where the interpreter finds packages
                                 "VIRTUAL_ENV", "PYTHONHOME", "PYTHONUSERBASE"};

/// The system's own folders: programs, libraries, and stores of distributions that have no /usr.
constexpr std::array kSystem = {"/usr",   "/bin",    "/sbin",      "/lib",       "/lib32",
                                "/lib64", "/libx32", "/nix/store", "/gnu/store", "/run/opengl-driver"};
/// What the loader, the C compiler and Python's library read of /etc.
constexpr std::array kConfiguration = {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives",
                                       "/etc/localtime",   "/etc/passwd",     "/etc/group",        "/etc/nsswitch.conf"};
constexpr std::array kNodes = {"null", "full", "random", "urandom"};  // and "zero", through which memory can be shared, for CUDA
constexpr std::array kProcessors = {"/sys/devices/system/cpu", "/sys/devices/system/node"};
/// Variables of the allow-list that name files and folders the worker reads, some of them lists.
constexpr std::array kPlaces = {
    "LD_LIBRARY_PATH",      "CUDA_HOME",           "CUDA_PATH", "TRITON_PTXAS_PATH", "TRITON_CUOBJDUMP_PATH",
    "TRITON_NVDISASM_PATH", "TRITON_LIBCUDA_PATH", "PYTHONHOME"};

/// Namespaces of all kinds. The zygote needs two capabilities in its own to give every child namespaces (the second to name root in
/// them, where we are root); children give both up.
constexpr std::array kIsolation = {
    "--unshare-user",    "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try",
    "--die-with-parent", "--new-session", "--hostname",    "sandbox",       "--cap-drop",    "ALL",
    "--cap-add",         "CAP_SYS_ADMIN", "--cap-add",     "CAP_SETFCAP"};

constexpr const char* kPrivate = "/private";  ///< the writable folder inside bubblewrap; /tmp leads there
constexpr uint64_t kPrivateBytes = uint64_t{2} << 30;

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

bool is_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

/// Says whether binding a folder would show far more than a package: the root, a home or what holds homes, temporary files.
bool is_wide(const fs::path& folder) {
  const std::string home = get_env_or("HOME", "/root");
  return is_below(home, folder) || is_below("/root", folder) || is_below("/tmp", folder) || is_below("/var/tmp", folder) ||
         folder == "/home" || folder.parent_path() == "/home" || is_below(folder, "/proc") || is_below(folder, "/dev");
}

/// Collects what is bound read-only, outer folders first and none twice.
class Bindings {
 public:
  void add(const fs::path& given) {
    const fs::path path = absolute_path(given);
    if (is_dir(path)) {
      add_folder(path);
      std::error_code error;
      const fs::path real = fs::canonical(path, error);
      if (!error && real != path) add_folder(real);
    } else if (is_file(path)) {
      add_file(path);
    }
  }

  void print(std::vector<std::string>& into) const {
    for (const fs::path& folder : folders_) {
      if (!covered(folder)) into.insert(into.end(), {"--ro-bind", folder.string(), folder.string()});
    }
    for (const fs::path& file : files_) {
      if (!covered(file)) into.insert(into.end(), {"--ro-bind", file.string(), file.string()});
    }
    for (const auto& [link, target] : links_) {
      if (!covered(link)) into.insert(into.end(), {"--symlink", target.string(), link.string()});
    }
  }

 private:
  void add_folder(const fs::path& folder) {
    if (!is_wide(folder)) folders_.insert(folder);
  }
  /// A program that is a link stays one: an interpreter finds its packages from where the link leads.
  void add_file(fs::path path) {
    for (int depth = 0; is_link(path) && depth < 16; ++depth) {
      std::error_code error;
      const fs::path target = fs::read_symlink(path, error);
      links_[path] = target;
      path = absolute_path(path.parent_path() / target);
    }
    files_.insert(path);
  }
  /// The system's, or below another folder that is bound.
  bool covered(const fs::path& path) const {
    const auto holds = [&](const fs::path& folder) { return is_below(path, folder); };
    return std::any_of(kSystem.begin(), kSystem.end(), holds) ||
           std::any_of(folders_.begin(), folders_.end(), [&](const fs::path& folder) { return folder != path && holds(folder); });
  }

  std::set<fs::path> folders_, files_;
  std::map<fs::path, fs::path> links_;
};

void bind_system(std::vector<std::string>& into) {
  for (const fs::path path : kSystem) {
    std::error_code error;
    if (is_link(path)) {
      into.insert(into.end(), {"--symlink", fs::read_symlink(path, error).string(), path.string()});
    } else if (is_dir(path)) {
      into.insert(into.end(), {"--ro-bind", path.string(), path.string()});
    }
  }
  for (const std::string path : kConfiguration) into.insert(into.end(), {"--ro-bind-try", path, path});
}

void bind_devices(bool accelerators, std::vector<std::string>& into) {
  into.insert(into.end(), {"--tmpfs", "/dev"});
  const auto bind = [&](const std::string& node) { into.insert(into.end(), {"--dev-bind-try", "/dev/" + node, "/dev/" + node}); };
  for (const char* node : kNodes) bind(node);
  into.insert(into.end(), {"--symlink", "/proc/self/fd", "/dev/fd"});
  if (!accelerators) {
    for (const std::string folder : kProcessors) into.insert(into.end(), {"--ro-bind-try", folder, folder});
    return;
  }
  bind("zero");
  into.insert(into.end(), {"--ro-bind", "/sys", "/sys"});  // where drivers find the bus
  for (const std::string& node : list_dir("/dev").value_or(std::vector<std::string>())) {
    if (node.starts_with("nvidia") || node == "dri" || node == "kfd" || node == "dxg") bind(node);
  }
}

/// Adds the C compiler that Triton builds its launchers with, where it lies outside the system's folders: with it goes the folder
/// above its bin, which holds what it calls.
void add_compilers(Bindings& readable) {
  for (const std::string& named : {get_env_or("CC", ""), get_env_or("CXX", ""), std::string("gcc"), std::string("clang")}) {
    const std::string command = named.substr(0, named.find(' '));  // CC may carry flags
    const auto program = command.empty() ? std::nullopt : find_program(command);
    if (!program) continue;
    std::error_code error;
    for (const fs::path& path : {absolute_path(*program), fs::canonical(*program, error)}) {
      if (path.empty()) continue;
      readable.add(path);
      if (path.parent_path().filename() == "bin") readable.add(path.parent_path().parent_path());
    }
  }
}

std::string setting(const fs::path& file) { return std::string(trim(read_file(file).value_or(""))); }

}  // namespace

std::string_view name(SandboxLevel level) { return level == SandboxLevel::kBubblewrap ? "bubblewrap" : "process"; }

NamespaceRule namespace_rule(const fs::path& settings) {
  if (setting(settings / "kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return {"AppArmor keeps programs of ordinary users from making user namespaces (Ubuntu's default)",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (a line in /etc/sysctl.d/ keeps it so)"};
  }
  if (setting(settings / "kernel/unprivileged_userns_clone") == "0") {
    return {"the kernel keeps ordinary users from making user namespaces", "sudo sysctl -w kernel.unprivileged_userns_clone=1"};
  }
  if (setting(settings / "user/max_user_namespaces") == "0") {
    return {"the kernel allows no user namespaces", "sudo sysctl -w user.max_user_namespaces=10000"};
  }
  return {};
}

Task<Sandbox> probe_sandbox(Loop& loop) {
  Sandbox sandbox;
  const fs::path bundled = exe_path().parent_path() / "libexec" / "bwrap";
  const auto program = is_file(bundled) ? bundled : find_program("bwrap");
  if (!program) {
    sandbox.reason = "bubblewrap (bwrap) is not installed";
    sandbox.fix = "apt-get install bubblewrap, or your system's package of it";
    co_return sandbox;
  }
  Sandbox tried = sandbox;
  tried.level = SandboxLevel::kBubblewrap;
  tried.program = program->string();
  CommandOptions options;
  options.timeout = std::chrono::seconds(10);
  options.spawn.arguments = wrap(tried, SandboxAccess(), {"true"});
  options.spawn.guarded = true;
  options.spawn.environment = {"PATH=/usr/bin:/bin:" + get_env_or("PATH", "")};
  const auto output = co_await run_command(loop, std::move(options));
  if (output && output->ending.ok()) co_return tried;
  const std::string said = output ? first_line(output->err) : output.error().message;
  const NamespaceRule rule = namespace_rule();
  sandbox.reason = fmt::format("bubblewrap does not work here: {}", said.empty() ? to_text(output->ending) : said);
  if (!rule.reason.empty()) sandbox.reason += "; " + rule.reason;
  sandbox.fix =
      rule.fix.empty() ? "allow unprivileged user namespaces; in a container: --security-opt seccomp=unconfined" : rule.fix;
  co_return sandbox;
}

std::vector<std::string> wrap(const Sandbox& sandbox, const SandboxAccess& access, std::vector<std::string> arguments) {
  if (sandbox.level == SandboxLevel::kProcess) return arguments;
  std::vector<std::string> wrapped = {sandbox.program};
  wrapped.insert(wrapped.end(), kIsolation.begin(), kIsolation.end());
  bind_system(wrapped);
  wrapped.insert(wrapped.end(), {"--proc", "/proc"});
  bind_devices(access.accelerators, wrapped);
  wrapped.insert(wrapped.end(), {"--size", std::to_string(kPrivateBytes), "--tmpfs", kPrivate});
  Bindings readable;
  for (const fs::path& path : access.readable) readable.add(path);
  for (const char* variable : kPlaces) {
    for (const std::string& place : split(get_env_or(variable, ""), ':')) {
      if (!place.empty()) readable.add(place);
    }
  }
  add_compilers(readable);
  const std::size_t before = wrapped.size();
  readable.print(wrapped);
  for (const fs::path& path : access.writable) {
    const std::string folder = absolute_path(path).string();
    if (is_dir(folder)) wrapped.insert(wrapped.end(), {"--bind", folder, folder});
  }
  // Where something of ours lies in /tmp, it must stay a folder.
  const bool free = std::none_of(wrapped.begin() + static_cast<std::ptrdiff_t>(before), wrapped.end(),
                                 [](const std::string& word) { return word.starts_with("/tmp/"); });
  if (free) wrapped.insert(wrapped.end(), {"--symlink", kPrivate, "/tmp"});
  wrapped.insert(wrapped.end(), {"--remount-ro", "/dev", "--remount-ro", "/", "--chdir", kPrivate, "--"});
  wrapped.insert(wrapped.end(), arguments.begin(), arguments.end());
  return wrapped;
}

fs::path private_folder(const Sandbox& sandbox, const SandboxAccess& access) {
  return sandbox.level == SandboxLevel::kBubblewrap ? fs::path(kPrivate) : access.home;
}

std::vector<std::string> worker_environment(const Sandbox& sandbox, const SandboxAccess& access,
                                            const std::vector<std::string>& extra) {
  std::map<std::string, std::string> values;
  for (const char* key : kAllowed) {
    if (auto value = get_env(key)) values[key] = std::move(*value);
  }
  // A private HOME hides packages installed with `pip install --user`.
  if (const auto home = get_env("HOME"); home && !values.contains("PYTHONUSERBASE")) values["PYTHONUSERBASE"] = *home + "/.local";
  const fs::path own = private_folder(sandbox, access);
  values["HOME"] = own.string();
  values["TMPDIR"] = sandbox.level == SandboxLevel::kBubblewrap ? own.string() : (own / "tmp").string();
  values["KERNELAGENT_PRIVATE_DIR"] = own.string();
  for (const std::string& entry : extra) {
    const auto equals = entry.find('=');
    KA_CHECK(equals != std::string::npos && equals > 0, "an environment entry is KEY=VALUE");
    values[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  std::vector<std::string> environment;
  environment.reserve(values.size());
  for (const auto& [key, value] : values) environment.push_back(key + "=" + value);
  return environment;
}

}  // namespace ka
