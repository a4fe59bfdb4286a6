#include "process/subprocess.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"

namespace ka {
namespace {

/// What failed between fork and exec; sent through a pipe that exec closes.
struct StartFailure {
  enum Step : int { kGuard, kDirectory, kOutput, kControlGroup, kExec } step;
  int code;
};

/// Everything the child needs, prepared before the fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<char*> arguments, environment;
  std::string program, directory, output, control_group;
  std::vector<unsigned> keep;  ///< sorted descriptors above 2 that stay open
  int input = -1, out = -1, err = -1, report = -1;
  bool guarded = false, outlives_us = false;
  pid_t parent = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void give_up(const ChildPlan& plan, StartFailure::Step step) {
  const StartFailure failure{step, errno};
  [[maybe_unused]] const auto written = ::write(plan.report, &failure, sizeof failure);
  ::_exit(127);
}

void close_others(const ChildPlan& plan) {
  unsigned from = 3;
  for (const unsigned keep : plan.keep) {
    if (keep > from) ::syscall(SYS_close_range, from, keep - 1, CLOSE_RANGE_CLOEXEC);
    from = keep + 1;
  }
  ::syscall(SYS_close_range, from, UINT_MAX, CLOSE_RANGE_CLOEXEC);
}

/// Ends the group with whoever started us, and ends as the child does.
[[noreturn]] void stand_guard(const sigset_t& heard, pid_t child) {
  ::syscall(SYS_close_range, 0U, UINT_MAX, 0U);
  int status = 0;
  for (;;) {
    const int signal = ::sigwaitinfo(&heard, nullptr);
    if (signal == SIGTERM) ::kill(0, SIGKILL);
    if (signal == SIGCHLD && ::waitpid(child, &status, WNOHANG) == child) break;
  }
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  ::signal(WTERMSIG(status), SIG_DFL);
  ::sigprocmask(SIG_UNBLOCK, &heard, nullptr);
  ::kill(::getpid(), WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));
}

/// Goes on in a child. This process stays as its guard, because PR_SET_PDEATHSIG ends one process: where that is bubblewrap and has just
/// forked, what it forked would wait for it without end.
void leave_a_guard(const ChildPlan& plan) {
  sigset_t heard;
  ::sigemptyset(&heard);
  ::sigaddset(&heard, SIGTERM);
  ::sigaddset(&heard, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &heard, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != plan.parent) ::_exit(127);
  const pid_t guard = ::getpid(), child = ::fork();
  if (child < 0) give_up(plan, StartFailure::kGuard);
  if (child > 0) stand_guard(heard, child);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(127);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  if (plan.outlives_us) {
    ::setsid();
  } else {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);
    if (plan.guarded) leave_a_guard(plan);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT, SIGCHLD}) ::signal(number, SIG_DFL);
  if (!plan.control_group.empty()) {
    const int group = ::open(plan.control_group.c_str(), O_WRONLY | O_CLOEXEC);
    if (group < 0 || ::write(group, "0", 1) != 1) give_up(plan, StartFailure::kControlGroup);
  }
  if (!plan.directory.empty() && ::chdir(plan.directory.c_str()) != 0) give_up(plan, StartFailure::kDirectory);

  const int input = plan.input >= 0 ? plan.input : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int out = plan.out, err = plan.err;
  if (out < 0) {
    out = plan.output.empty() ? ::open("/dev/null", O_WRONLY | O_CLOEXEC)
                              : ::open(plan.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    err = out;
  }
  // Sources below 3 would be overwritten before they are used; lifting them also clears close-on-exec at the target.
  const int lifted[3] = {::fcntl(input, F_DUPFD_CLOEXEC, 3), ::fcntl(out, F_DUPFD_CLOEXEC, 3), ::fcntl(err, F_DUPFD_CLOEXEC, 3)};
  for (int target = 0; target < 3; ++target) {
    if (::dup2(lifted[target], target) < 0) give_up(plan, StartFailure::kOutput);
  }
  close_others(plan);
  for (const unsigned keep : plan.keep) ::fcntl(static_cast<int>(keep), F_SETFD, 0);
  ::execve(plan.program.c_str(), plan.arguments.data(), plan.environment.data());
  give_up(plan, StartFailure::kExec);
}

tl::unexpected<Error> start_error(const ChildPlan& plan, StartFailure failure) {
  const std::string reason = std::generic_category().message(failure.code);
  switch (failure.step) {
    case StartFailure::kGuard: return fail(Fault::kEnvironment, "cannot fork: " + reason, plan.program);
    case StartFailure::kDirectory: return fail(Fault::kEnvironment, "cannot enter the folder: " + reason, plan.directory);
    case StartFailure::kOutput: return fail(Fault::kEnvironment, "cannot open the output: " + reason, plan.output);
    case StartFailure::kControlGroup:
      return fail(Fault::kEnvironment, "cannot join the control group: " + reason, plan.control_group);
    case StartFailure::kExec: break;
  }
  return fail(Fault::kEnvironment, "cannot start the program: " + reason, plan.program);
}

Ending from_status(int status) {
  if (WIFSIGNALED(status)) return {.exit = 0, .signal = WTERMSIG(status)};
  return {.exit = WEXITSTATUS(status), .signal = 0};
}

Status make_pipe(Fd& reader, Fd& writer) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Fault::kEnvironment, "cannot make a pipe: too many open files");
  reader.reset(ends[0]);
  writer.reset(ends[1]);
  return {};
}

}  // namespace

std::string to_text(const Ending& ending) {
  return ending.signal != 0 ? fmt::format("signal {}", ending.signal) : fmt::format("exit {}", ending.exit);
}

Result<Subprocess> Subprocess::start(const SpawnOptions& options) {
  KA_CHECK(!options.arguments.empty(), "a command has a name");
  const auto program = find_program(options.arguments[0]);
  if (!program) return fail(Fault::kEnvironment, fmt::format("the program {} is not installed", options.arguments[0]));

  ChildPlan plan;
  plan.program = program->string();
  plan.directory = options.directory.string();
  plan.output = options.output.empty() ? "" : absolute_path(options.output).string();
  if (!options.control_group.empty()) plan.control_group = (options.control_group / "cgroup.procs").string();
  plan.arguments = pointers(options.arguments);
  plan.environment = pointers(options.environment);
  plan.input = options.input;
  plan.guarded = options.guarded;
  plan.outlives_us = options.outlives_us;
  plan.parent = ::getpid();
  for (const int fd : options.inherit) {
    KA_CHECK(fd > 2, "the standard streams are not inherited");
    plan.keep.push_back(static_cast<unsigned>(fd));
  }
  std::sort(plan.keep.begin(), plan.keep.end());

  Subprocess process;
  Fd report_reader, report_writer, out_writer, err_writer;
  KA_CHECK_OK(make_pipe(report_reader, report_writer));
  if (options.capture) {
    KA_CHECK_OK(make_pipe(process.out_, out_writer));
    KA_CHECK_OK(make_pipe(process.err_, err_writer));
  }
  plan.out = out_writer.get();
  plan.err = err_writer.get();
  plan.report = report_writer.get();

  process.pid_ = ::fork();
  if (process.pid_ < 0) return fail(Fault::kEnvironment, "cannot fork: " + std::generic_category().message(errno), plan.program);
  if (process.pid_ == 0) run_child(plan);
  process.outlives_us_ = options.outlives_us;
  if (!options.outlives_us)
    ::setpgid(process.pid_, process.pid_);  // the child does it too; whoever comes first, kill_group is right from here on
  process.pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.pid_, 0)));

  report_writer.reset();
  StartFailure failure = {};
  ssize_t got = 0;
  do {
    got = ::read(report_reader.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) return start_error(plan, failure);
  if (!process.pidfd_) return fail(Fault::kEnvironment, "cannot watch a process: " + std::generic_category().message(errno));
  return process;
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      outlives_us_(other.outlives_us_),
      pidfd_(std::move(other.pidfd_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)),
      ending_(other.ending_) {}

Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(outlives_us_, other.outlives_us_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(out_, other.out_);
  std::swap(err_, other.err_);
  std::swap(ending_, other.ending_);
  return *this;
}

Subprocess::~Subprocess() {
  if (pid_ > 0 && !outlives_us_) end();
}

void Subprocess::kill_group(int signal) const {
  if (pid_ > 0 && !ending_) ::kill(-pid_, signal);
}

std::optional<Ending> Subprocess::reap() {
  if (pid_ <= 0 || ending_) return ending_;
  siginfo_t info = {};
  // The group goes first, while the dead leader still holds its number: what it started must not outlive it.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  ::kill(-pid_, SIGKILL);
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  ending_ = from_status(status);
  return ending_;
}

std::optional<Ending> Subprocess::wait(std::chrono::milliseconds patience) {
  pollfd descriptor{pidfd_.get(), POLLIN, 0};
  const Deadline deadline = after(patience);
  while (!reap()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (pid_ <= 0 || left <= 0) break;
    ::poll(&descriptor, 1, static_cast<int>(std::min<int64_t>(left, pidfd_ ? 1000 : 1)));
  }
  return ending_;
}

std::optional<Ending> Subprocess::end(std::chrono::milliseconds patience) {
  if (pid_ <= 0 || ending_) return ending_;
  kill_group(SIGKILL);
  ::kill(pid_, SIGKILL);  // should it have left its group
  return wait(patience);
}

}  // namespace ka
