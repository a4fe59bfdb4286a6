#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/clock.h"
#include "base/text.h"
#include "server/tools.h"

extern "C" char** environ;

namespace ka {
namespace {

using namespace std::chrono_literals;

/// Reads what is there; false at the end of the stream.
bool drain(int fd, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

Error error_of(const std::string& out, const std::string& err, const Ending& ending) {
  if (const Result<Json> json = parse_json(out, "kernelagent")) {
    if (const Json* error = find(*json, "error"))
      return {Fault::kInput, string_or(*error, "message"), string_or(*error, "where"), string_or(*error, "hint")};
  }
  const std::vector<std::string> lines = split_lines(trim(err));
  return {Fault::kEnvironment,
          lines.empty() ? to_text(ending) : lines.back(),
          {},
          "`kernelagent doctor` says what this machine lacks"};
}

}  // namespace

Result<Json> run_program(const Desk& desk, std::vector<std::string> words, const Caller& caller) {
  SpawnOptions options;
  options.arguments = std::move(words);
  options.arguments.insert(options.arguments.begin(), desk.program().string());
  for (const char* word : {"--json", "--python"}) options.arguments.emplace_back(word);
  options.arguments.push_back(desk.config().python);
  for (char** entry = environ; *entry != nullptr; ++entry) options.environment.emplace_back(*entry);
  options.directory = desk.folder();
  options.capture = true;
  KA_TRY(Subprocess process, Subprocess::start(options));
  std::string out, err;
  bool out_open = true, err_open = true, interrupted = false;
  const Stopwatch clock;
  double told = 0;
  while (out_open || err_open) {
    std::array<pollfd, 2> fds = {pollfd{out_open ? process.out().get() : -1, POLLIN, 0},
                                 {err_open ? process.err().get() : -1, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), 100);
    if (fds[0].revents != 0) out_open = drain(process.out().get(), out);
    if (fds[1].revents != 0) err_open = drain(process.err().get(), err);
    if (caller.progress && clock.seconds() > told + 1) {
      told = clock.seconds();
      caller.progress(told, fmt::format("{} goes on since {:.0f} s", options.arguments[1], told));
    }
    if (caller.gone && !interrupted) interrupted = true, process.kill_group(SIGINT);
  }
  const std::optional<Ending> ending = process.wait(10s);
  if (caller.gone) return fail(Fault::kInterrupted, "the call was cancelled");
  if (!ending || ending->signal != 0 || ending->exit > 1)
    return tl::unexpected<Error>(error_of(out, err, ending.value_or(Ending{0, 9})));
  return parse_json(out, "kernelagent " + options.arguments[1]);
}

}  // namespace ka
