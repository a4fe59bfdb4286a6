#include "process/sandbox.h"

#include <array>
#include <map>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"
#include "process/subprocess.h"

namespace ka {
namespace {

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

const std::vector<std::string>& isolation() {
  static const std::vector<std::string> flags = {
      "--unshare-net", "--unshare-pid", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev",
      "--proc",        "/proc"};
  return flags;
}

}  // namespace

std::string_view name(SandboxLevel level) { return level == SandboxLevel::kBubblewrap ? "bubblewrap" : "process"; }

Task<Sandbox> probe_sandbox(Loop& loop) {
  Sandbox sandbox;
  const auto program = find_program("bwrap");
  if (!program) {
    sandbox.reason = "bubblewrap (bwrap) is not installed";
    co_return sandbox;
  }
  CommandOptions options;
  options.timeout = std::chrono::seconds(10);
  options.spawn.arguments = {program->string()};
  options.spawn.arguments.insert(options.spawn.arguments.end(), isolation().begin(), isolation().end());
  options.spawn.arguments.push_back("true");
  options.spawn.environment = {"PATH=" + get_env_or("PATH", "/usr/bin:/bin")};
  const auto tried = co_await run_command(loop, std::move(options));
  if (!tried) {
    sandbox.reason = tried.error().message;
  } else if (!tried->ending.ok()) {
    const std::string said = first_line(tried->err);
    sandbox.reason = fmt::format("bubblewrap does not work here: {}", said.empty() ? to_text(tried->ending) : said);
  } else {
    sandbox.level = SandboxLevel::kBubblewrap;
    sandbox.program = program->string();
  }
  co_return sandbox;
}

std::vector<std::string> wrap(const Sandbox& sandbox, const SandboxAccess& access, std::vector<std::string> arguments) {
  if (sandbox.level == SandboxLevel::kProcess) return arguments;
  std::vector<std::string> wrapped = {sandbox.program};
  wrapped.insert(wrapped.end(), isolation().begin(), isolation().end());
  const auto bind = [&](const std::filesystem::path& path) {
    if (!is_dir(path)) return;
    const std::string absolute = absolute_path(path).string();
    wrapped.insert(wrapped.end(), {"--bind", absolute, absolute});
  };
  for (const auto& path : access.writable) bind(path);
  bind(access.home);
  wrapped.push_back("--");
  wrapped.insert(wrapped.end(), arguments.begin(), arguments.end());
  return wrapped;
}

std::vector<std::string> worker_environment(const SandboxAccess& access, const std::vector<std::string>& extra) {
  std::map<std::string, std::string> values;
  for (const char* key : kAllowed) {
    if (auto value = get_env(key)) values[key] = std::move(*value);
  }
  // A private HOME hides packages installed with `pip install --user`.
  if (const auto home = get_env("HOME"); home && !values.contains("PYTHONUSERBASE")) values["PYTHONUSERBASE"] = *home + "/.local";
  values["HOME"] = access.home.string();
  values["TMPDIR"] = (access.home / "tmp").string();
  for (const std::string& entry : extra) {
    const auto equals = entry.find('=');
    KA_CHECK(equals != std::string::npos && equals > 0, "an environment entry is KEY=VALUE");
    values[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  std::vector<std::string> environment;
  for (const auto& [key, value] : values) environment.push_back(key + "=" + value);
  return environment;
}

}  // namespace ka
