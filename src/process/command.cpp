#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "process/subprocess.h"

namespace ka {
namespace {

/// Where one stream of a command goes.
struct Drain {
  Loop& loop;
  Fd& pipe;
  std::string& text;
  std::size_t limit;

  /// Reads what is there. Returns false at the end of the stream.
  bool read_now() {
    char buffer[16384];
    while (true) {
      const auto got = ::read(pipe.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got < 0 && errno == EAGAIN;
      const std::size_t room = limit - std::min(limit, text.size());
      text.append(buffer, std::min(room, static_cast<std::size_t>(got)));
    }
  }
};

/// Reads until the stream ends. The target belongs to the frame that owns this task.
Task<void> follow(Drain* drain) {
  while (drain->read_now()) {
    const bool ready = co_await drain->loop.readable(drain->pipe.get());
    if (!ready) co_return;
  }
}

}  // namespace

Task<Result<CommandOutput>> run_command(Loop& loop, CommandOptions options) {
  options.spawn.capture = true;
  auto started = Subprocess::start(options.spawn);
  if (!started) co_return tl::unexpected<Error>(std::move(started).error());
  Subprocess process = std::move(*started);

  const Stopwatch watch;
  CommandOutput output;
  ::fcntl(process.out().get(), F_SETFL, O_NONBLOCK);
  ::fcntl(process.err().get(), F_SETFL, O_NONBLOCK);
  Drain out{loop, process.out(), output.out, options.max_output};
  Drain err{loop, process.err(), output.err, options.max_output};
  Task<void> follow_out = follow(&out);
  Task<void> follow_err = follow(&err);
  follow_out.start();
  follow_err.start();

  const Deadline deadline = after(options.timeout);
  const bool ended = co_await loop.readable(process.pidfd(), deadline);
  if (!ended && loop.interrupted()) co_return interrupted_error();
  output.timed_out = !ended;
  const auto ending = ended ? process.reap() : process.end();
  output.ending = ending.value_or(Ending{.exit = 0, .signal = 9});
  // Its group is dead, so the pipes hold all there is; a process that fled the group may keep them open, hence no waiting for their end.
  follow_out.reset();
  follow_err.reset();
  out.read_now();
  err.read_now();
  output.seconds = watch.seconds();
  co_return output;
}

}  // namespace ka
