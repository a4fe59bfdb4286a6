#include "worker/pool.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/build_info.h"
#include "base/env.h"
#include "base/file.h"
#include "base/log.h"
#include "process/control_group.h"
#include "process/event.h"
#include "process/sandbox.h"
#include "worker/interpreter.h"
#include "worker/sanitizer.h"
#include "worker/scratch.h"
#include "worker/session.h"
#include "worker/zygote.h"

namespace ka {
namespace {

class ZygotePool : public WorkerPool {
 public:
  ZygotePool(Loop& loop, PoolOptions options)
      : loop_(loop),
        options_(std::move(options)),
        slots_(static_cast<std::size_t>(std::max(1, options_.zygotes))),
        preparing_(loop, 1) {}

  ~ZygotePool() override {
    spares_.clear();
    for (auto& zygote : slots_) {
      if (zygote) zygote->shut_down();
    }
    slots_.clear();
  }

  Task<Result<std::unique_ptr<WorkerSession>>> open(WorkerRole role) override {
    if (is_checked(role) && find_compute_sanitizer().empty())
      co_return fail(Fault::kEnvironment, "compute-sanitizer was not found", {}, "install the CUDA toolkit, or put it on PATH");
    Spare& spare = spares_[role];
    std::unique_ptr<ChildSession> session = std::move(spare.session);
    if (!session || !session->lives()) {
      KA_CO_TRY(session, co_await make(role));
    }
    if (options_.spares && !is_checked(role) && ++spare.opened > 1 && !spare.being_made) {
      spare.being_made = true;
      spare.making = make_spare(role);
      spare.making.start();
    }
    co_return session;
  }

  Task<Result<Json>> versions() override {
    KA_CO_TRY(const std::shared_ptr<Zygote> zygote, co_await ready_zygote());
    co_return zygote->versions();
  }

  Loop& loop() override { return loop_; }
  const PoolOptions& options() const override { return options_; }
  std::string sandbox_level() const override {
    return sandbox_.level == SandboxLevel::kBubblewrap && !gap_.empty() ? "bubblewrap, " + gap_
                                                                        : std::string(name(sandbox_.level));
  }
  std::string sandbox_reason() const override { return sandbox_.reason; }
  std::string limits() const override { return ungrouped_.empty() ? "control group" : "watched: " + ungrouped_; }

 private:
  /// A child that was forked before anybody needs it, and has made itself ready: what it costs, nobody waits for.
  struct Spare {
    int opened = 0;  ///< sessions of the role so far
    bool being_made = false;
    std::unique_ptr<ChildSession> session;
    Task<void> making;
  };

  Task<void> make_spare(WorkerRole role) {
    auto made = co_await make(role);
    Spare& spare = spares_[role];
    if (made) spare.session = std::move(*made);  // otherwise the next session meets the reason
    spare.being_made = false;
  }

  Task<Result<std::unique_ptr<ChildSession>>> make(WorkerRole role) {
    for (int attempt = 0;; ++attempt) {
      KA_CO_TRY(const std::shared_ptr<Zygote> zygote, co_await ready_zygote());
      KA_CO_TRY(auto ends, socket_pair());
      auto child = co_await zygote->fork(role, std::move(ends.second));
      if (child) {
        co_return std::make_unique<ChildSession>(loop_, zygote, std::move(*child), std::move(ends.first));
      }
      if (zygote->alive() || loop_.interrupted() || attempt > 0) co_return tl::unexpected<Error>(std::move(child).error());
      log_info("a zygote died at a fork; another is started");
    }
  }

  /// Returns a running zygote: the one with the fewest children. One that dies while it starts is replaced once.
  Task<Result<std::shared_ptr<Zygote>>> ready_zygote() {
    KA_CO_CHECK_OK(co_await prepare());
    for (int attempt = 0;; ++attempt) {
      const std::shared_ptr<Zygote> zygote = pick();
      auto started = co_await zygote->ready();
      if (started) {
        KA_CO_CHECK_OK(look_at(zygote->isolation()));
        co_return zygote;
      }
      if (zygote->hopeless() || loop_.interrupted() || attempt > 0) co_return tl::unexpected<Error>(std::move(started).error());
      log_info("a zygote died while it started; another is started");
    }
  }

  /// Notes what children lack inside their sandbox, and refuses to go on with less than was asked for.
  Status look_at(const Json& isolation) {
    const bool filter = bool_or(isolation, "filter"), namespaces = bool_or(isolation, "namespaces");
    gap_ = filter && namespaces ? ""
           : filter             ? "children share namespaces"
           : namespaces         ? "no system call filter"
                                : "children share namespaces, no system call filter";
    if (sandbox_.level == SandboxLevel::kBubblewrap && !gap_.empty()) sandbox_.reason = string_or(isolation, "reason");
    if (!options_.require_sandbox || sandbox_level() == name(SandboxLevel::kBubblewrap)) return {};
    return fail(Fault::kSandbox, fmt::format("the full sandbox is required and this machine has only: {}", sandbox_level()),
                sandbox_.reason,
                sandbox_.fix.empty() ? "run `kernelagent doctor`, or leave out --require-sandbox" : sandbox_.fix);
  }

  std::shared_ptr<Zygote> pick() {
    std::size_t best = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!slots_[i] || !slots_[i]->alive()) slots_[i] = std::make_shared<Zygote>(loop_, zygote_options(i));
      if (slots_[i]->living() < slots_[best]->living()) best = i;
    }
    return slots_[best];
  }

  std::filesystem::path home(std::size_t slot) const { return private_->path() / fmt::format("zygote-{}", slot); }

  ZygoteOptions zygote_options(std::size_t slot) const {
    SandboxAccess access;
    access.home = home(slot);
    access.readable = readable_;
    access.writable = options_.writable;
    access.accelerators = !options_.interpret;
    const std::filesystem::path own = private_folder(sandbox_, access);
    std::vector<std::string> extra = {"PYTHONPATH=" + options_.worker_path.string(),
                                      "PYTHONUNBUFFERED=1",
                                      "PYTHONDONTWRITEBYTECODE=1",
                                      "KERNELAGENT_SANDBOX_LIBRARY=" + sandbox_library().string(),
                                      "TRITON_CACHE_DIR=" + (own / "triton").string(),
                                      "TORCHINDUCTOR_CACHE_DIR=" + (own / "inductor").string()};
    if (options_.interpret) extra.push_back("TRITON_INTERPRET=1");
    if (const auto tool = find_compute_sanitizer(); !tool.empty())
      extra.push_back("KERNELAGENT_COMPUTE_SANITIZER=" + tool.string());
    extra.insert(extra.end(), options_.environment.begin(), options_.environment.end());

    ZygoteOptions zygote;
    zygote.spawn.arguments = wrap(sandbox_, access, {options_.python, "-m", "kernelagent_worker", "--fd"});
    zygote.spawn.environment = worker_environment(sandbox_, access, extra);
    zygote.spawn.directory = access.home;
    if (slot < groups_.size()) zygote.spawn.control_group = groups_[slot].folder();
    zygote.spawn.output = private_->path() / fmt::format("zygote-{}.log", slot);
    zygote.start_timeout = options_.start_timeout;
    zygote.fork_timeout = options_.fork_timeout;
    zygote.limits = {.memory_mb = options_.memory_mb,
                     .cpu_seconds = options_.cpu_seconds,
                     .disk_mb = options_.disk_mb,
                     .processes = options_.processes};
    return zygote;
  }

  /// Makes the folders and finds the sandbox, once.
  Task<Status> prepare() {
    const Permit permit = co_await preparing_.acquire();
    if (!permit) co_return interrupted_error();
    if (prepared_) co_return Status();
    options_.worker_path = absolute_path(options_.worker_path);
    if (!is_file(options_.worker_path / "kernelagent_worker" / "__main__.py")) {
      co_return fail(Fault::kEnvironment, "the Python worker's files are missing", options_.worker_path.string(),
                     "reinstall KernelAgent");
    }
    const auto python = find_program(options_.python);
    if (!python) {
      co_return fail(Fault::kEnvironment, fmt::format("there is no Python interpreter {}", options_.python), {},
                     "name one that has torch and triton in KERNELAGENT_PYTHON");
    }
    options_.python = absolute_path(*python).string();
    if (options_.sandbox) {
      sandbox_ = co_await probe_sandbox(loop_);
      if (loop_.interrupted()) co_return interrupted_error();
    } else {
      sandbox_.reason = "bubblewrap was switched off";
    }
    if (sandbox_.level == SandboxLevel::kBubblewrap) {
      std::vector<std::string> environment = worker_environment(Sandbox(), SandboxAccess(), {});
      Interpreter interpreter = co_await look_up_interpreter(loop_, options_.python, std::move(environment));
      if (loop_.interrupted()) co_return interrupted_error();
      options_.python = interpreter.program.string();
      readable_ = std::move(interpreter.places);
      readable_.push_back(options_.worker_path);
      readable_.push_back(sandbox_library());
      if (const auto tool = find_compute_sanitizer(); !tool.empty()) readable_.push_back(tool.parent_path().parent_path());
    } else if (options_.require_sandbox) {
      KA_CO_CHECK_OK(look_at(Json::object()));
    }
    KA_CO_TRY(Scratch own, Scratch::make(get_env_or("TMPDIR", "/tmp")));
    private_.emplace(std::move(own));
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      KA_CO_CHECK_OK(make_dirs(home(slot) / "tmp"));
    }
    const Status grouped = co_await make_groups();
    if (!grouped) {
      ungrouped_ = grouped.error().message;
      groups_.clear();
    }
    prepared_ = true;
    co_return Status();
  }

  /// Makes a control group for every zygote's worker, and has a process join the first.
  Task<Status> make_groups() {
    KA_CO_TRY(const std::filesystem::path parent, find_control_groups());
    const ControlLimits limits = worker_limits({.memory_mb = options_.memory_mb, .processes = options_.processes});
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      KA_CO_TRY(ControlGroup group, ControlGroup::make(parent, std::to_string(slot), limits));
      groups_.push_back(std::move(group));
    }
    CommandOptions trial;
    trial.spawn.arguments = {"true"};
    trial.spawn.control_group = groups_[0].folder();
    trial.timeout = std::chrono::seconds(10);
    KA_CO_TRY(const CommandOutput output, co_await run_command(loop_, std::move(trial)));
    co_return Status();
  }

  Loop& loop_;
  PoolOptions options_;
  std::vector<ControlGroup> groups_;  ///< a slot's each; removed when the zygotes are gone
  std::string ungrouped_;             ///< why there are none
  std::vector<std::shared_ptr<Zygote>> slots_;
  Semaphore preparing_;
  bool prepared_ = false;
  Sandbox sandbox_;
  std::string gap_;                              ///< what children lack inside bubblewrap
  std::vector<std::filesystem::path> readable_;  ///< what the interpreter needs of the disk
  std::optional<Scratch> private_;               ///< homes and logs of the zygotes
  std::map<WorkerRole, Spare> spares_;           ///< last: ends before what it uses
};

}  // namespace

std::unique_ptr<WorkerPool> WorkerPool::create(Loop& loop, PoolOptions options) {
  return std::make_unique<ZygotePool>(loop, std::move(options));
}

}  // namespace ka
