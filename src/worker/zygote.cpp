#include "worker/zygote.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr std::size_t kLogTail = 8192;
constexpr std::chrono::seconds kStopPatience{3};  ///< for a zygote to end its children and itself

/// The last lines of a log that say something, in one line.
std::string last_words(const std::filesystem::path& log) {
  const std::vector<std::string> lines = split_lines(read_tail(log, kLogTail));
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (!trim(*line).empty()) return shorten(trim(*line), 300);
  }
  return {};
}

}  // namespace

Zygote::Zygote(Loop& loop, ZygoteOptions options) : loop_(loop), options_(std::move(options)), changed_(loop) {}

Zygote::~Zygote() { shut_down(); }

Status Zygote::launch() {
  KA_TRY(auto ends, socket_pair());
  SpawnOptions spawn = options_.spawn;
  spawn.arguments.push_back(std::to_string(ends.second.get()));
  spawn.inherit.push_back(ends.second.get());
  spawn.guarded = true;
  KA_TRY(Subprocess process, Subprocess::start(spawn));
  log_debug("zygote {} started: {}", process.pid(), join(spawn.arguments, " "));
  process_.emplace(std::move(process));
  line_.emplace(loop_, std::move(ends.first));
  return {};
}

Task<Status> Zygote::ready() {
  if (state_ == State::kNew) {
    state_ = State::kStarting;
    start_deadline_ = after(options_.start_timeout);
    const Status launched = launch();
    if (launched) {
      reader_ = read_events();
      reader_.start();
    } else {
      hopeless_ = true;  // the interpreter is not there, or cannot be run
      die(launched.error());
    }
  }
  while (state_ == State::kStarting) {
    const bool woken = co_await changed_.wait(start_deadline_);
    if (woken || state_ != State::kStarting) continue;
    if (loop_.interrupted()) co_return interrupted_error();
    die(Error{Fault::kEnvironment,
              fmt::format("the Python worker was not ready within {}", human_duration(options_.start_timeout)),
              {},
              "importing torch takes seconds; look at the machine's load and disk"});
  }
  if (state_ == State::kDead) co_return tl::unexpected<Error>(death_);
  co_return Status();
}

Task<void> Zygote::read_events() {
  while (state_ != State::kDead) {
    auto message = co_await line_->receive(kNever);
    if (message) {
      auto event = parse_zygote_event(*message);
      if (event) {
        take(std::move(*event));
      } else {
        die(event.error());
      }
      continue;
    }
    switch (message.error()) {
      case JsonLine::Failure::kInterrupted: die(interrupted_error().value()); break;
      case JsonLine::Failure::kMalformed:
        die(Error{Fault::kEnvironment, "the Python worker sent garbage: " + line_->complaint(), {}, {}});
        break;
      case JsonLine::Failure::kTimedOut:
      case JsonLine::Failure::kClosed: {
        co_await loop_.readable(process_->pidfd(), after(kStopPatience));  // it closes its line a little before it ends
        die(ended_by_itself(process_->reap()));
        break;
      }
    }
  }
}

Error Zygote::ended_by_itself(std::optional<Ending> ending) const {
  const bool starting = state_ == State::kStarting;
  std::string how = "closed its line";
  if (ending) {
    // bubblewrap reports its command's signal as a shell does.
    const bool shell_signal = ending->exit > 128 && options_.spawn.arguments[0].ends_with("bwrap");
    how = "died: " + to_text(shell_signal ? Ending{.exit = 0, .signal = ending->exit - 128} : *ending);
  }
  const std::string words = last_words(options_.spawn.output);
  return Error{Fault::kEnvironment,
               fmt::format("the Python worker's zygote {}{}{}", how, starting ? ", while it started" : "",
                           words.empty() ? "" : ": " + words),
               {},
               starting ? "run `kernelagent doctor`; it checks the interpreter and its packages" : ""};
}

void Zygote::take(ZygoteEvent event) {
  switch (event.kind) {
    case ZygoteEvent::Kind::kReady:
      versions_ = std::move(event.versions);
      isolation_ = std::move(event.isolation);
      if (state_ == State::kStarting) state_ = State::kReady;
      break;
    case ZygoteEvent::Kind::kFailed: take_failed(event); return;
    case ZygoteEvent::Kind::kForked:
    case ZygoteEvent::Kind::kRefused:
    case ZygoteEvent::Kind::kExited: {
      const auto found = children_.find(event.id);
      if (found == children_.end()) {
        log_debug("a zygote's event for the unknown child {}", event.id);
        return;
      }
      const std::shared_ptr<Child> child = found->second;
      if (event.kind == ZygoteEvent::Kind::kForked) {
        child->pid = event.pid;
        break;
      }
      children_.erase(found);
      if (event.kind == ZygoteEvent::Kind::kRefused) {
        child->refused = std::move(event.message);
      } else {
        child->exited = std::move(event);
      }
      break;
    }
  }
  changed_.notify();
}

void Zygote::take_failed(const ZygoteEvent& event) {
  hopeless_ = true;
  Error error{Fault::kEnvironment, "the Python worker cannot start: " + event.message, {}, {}};
  if (!event.missing.empty()) {
    error.message = fmt::format("the Python interpreter has no package {}", event.missing);
    error.where = event.message;
    error.hint = fmt::format("install it (pip install {}), or name another interpreter in KERNELAGENT_PYTHON", event.missing);
  }
  die(std::move(error));
}

void Zygote::die(Error error) {
  if (state_ == State::kDead) return;
  log_info("a zygote is gone: {}", error.message);
  state_ = State::kDead;
  death_ = std::move(error);
  if (process_) process_->end();
  // Its children die with it (PR_SET_PDEATHSIG, or bubblewrap's process numbers); nobody reports how.
  children_.clear();
  if (line_) line_->close();
  changed_.notify();
}

Task<Result<std::shared_ptr<Child>>> Zygote::fork(WorkerRole role, Fd descriptor) {
  if (state_ != State::kReady) co_return tl::unexpected<Error>(death_);
  auto child = std::make_shared<Child>();
  child->id = next_id_++;
  child->role = role;
  children_[child->id] = child;
  const bool sent = line_->send_now(fork_request(child->id, role, options_.limits), descriptor);
  if (!sent) {
    co_await loop_.readable(process_->pidfd(), after(std::chrono::milliseconds(200)));
    const auto ending = process_->reap();
    if (ending) {
      die(ended_by_itself(ending));
    } else {
      die(Error{Fault::kEnvironment, "the Python worker's zygote reads no requests", {}, {}});
    }
  }
  descriptor.reset();  // the child alone holds it now: its end closes the line
  const Deadline deadline = after(options_.fork_timeout);
  while (state_ == State::kReady && child->pid == 0 && !child->refused) {
    const bool woken = co_await changed_.wait(deadline);
    if (woken) continue;
    if (loop_.interrupted()) co_return interrupted_error();
    if (child->pid != 0 || child->refused) break;
    die(Error{Fault::kEnvironment,
              fmt::format("the Python worker's zygote forked no child within {}", human_duration(options_.fork_timeout)),
              {},
              {}});
  }
  if (child->refused) {
    co_return fail(Fault::kEnvironment, fmt::format("the Python worker refused a {} child: {}", name(role), *child->refused));
  }
  if (child->pid == 0) co_return tl::unexpected<Error>(death_);
  co_return child;
}

void Zygote::kill(const Child& child) {
  if (state_ != State::kReady || !children_.contains(child.id)) return;
  if (!line_->send_now(kill_request(child.id))) {
    die(Error{Fault::kEnvironment, "the Python worker's zygote reads no requests", {}, {}});
  }
}

Task<bool> Zygote::wait_exit(std::shared_ptr<Child> child, Deadline deadline) {
  while (alive() && !child->exited) {
    const bool woken = co_await changed_.wait(deadline);
    if (!woken) break;
  }
  co_return child->exited.has_value() || !alive();
}

void Zygote::shut_down() {
  reader_.reset();
  if (process_ && state_ != State::kDead) {
    line_->send_now(stop_request());
    line_->close();  // one that does not listen any more sees its line's end
    if (state_ == State::kReady) process_->wait(kStopPatience);
  }
  die(Error{Fault::kEnvironment, "the worker pool was closed", {}, {}});
}

}  // namespace ka
