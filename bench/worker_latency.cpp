// Measures what the warm pool saves, and what the loop and the processes below it cost. Prints medians.
//
//     build/release/worker_latency [PYTHON]     (default: $KERNELAGENT_PYTHON, else python3)

#include <algorithm>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/env.h"
#include "base/file.h"
#include "process/socket.h"
#include "process/subprocess.h"
#include "worker/pool.h"

namespace ka {
namespace {

void report(const char* what, int rounds, const std::function<bool()>& once) {
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) {
    const Stopwatch watch;
    if (!once()) {
      fmt::print("{:<58} failed\n", what);
      return;
    }
    seconds.push_back(watch.seconds());
  }
  std::sort(seconds.begin(), seconds.end());
  fmt::print("{:<58} {:>10.3f} ms  (of {}, {:.3f} to {:.3f})\n", what, seconds[seconds.size() / 2] * 1e3, rounds,
             seconds.front() * 1e3, seconds.back() * 1e3);
}

CommandOptions command(std::vector<std::string> arguments) {
  CommandOptions options;
  options.spawn.arguments = std::move(arguments);
  options.spawn.environment = {"PATH=" + get_env_or("PATH", "/usr/bin:/bin"), "HOME=/nonexistent"};
  options.timeout = std::chrono::minutes(2);
  return options;
}

/// Sends one message there and back over a line, as a child's request and reply.
Task<bool> round_trip(JsonLine& near, JsonLine& far, Json message) {
  const Deadline deadline = after(std::chrono::seconds(60));
  if (!near.send_now(message)) co_return false;
  auto request = co_await far.receive(deadline);
  if (!request || !far.send_now(*request)) co_return false;
  const auto reply = co_await near.receive(deadline);
  co_return reply.has_value();
}

void workers(Loop& loop, const std::string& python, const std::filesystem::path& worker_path, bool sandbox) {
  PoolOptions options;
  options.python = python;
  options.worker_path = worker_path;
  options.sandbox = sandbox;
  const auto pool = WorkerPool::create(loop, options);
  const Stopwatch watch;
  const auto versions = loop.run(pool->versions());
  if (!versions) {
    fmt::print("{}\n", to_text(versions.error()));
    return;
  }
  fmt::print("\nsandbox {}: zygote ready after {:.0f} ms\n", pool->sandbox_level(), watch.seconds() * 1e3);
  const Json request = {{"request", "none"}};
  report("fork + first reply", 15, [&] {
    auto session = loop.run(pool->open(WorkerRole::kTrace));
    return session && loop.run((*session)->call(request, std::chrono::minutes(1)));
  });
  auto session = loop.run(pool->open(WorkerRole::kTrace));
  if (session)
    report("further reply", 200, [&] { return loop.run((*session)->call(request, std::chrono::minutes(1))).has_value(); });
}

int run(const std::string& python, const std::filesystem::path& worker_path) {
  Loop loop;
  auto ends = socket_pair();
  if (!ends) return 1;
  JsonLine near(loop, std::move(ends->first)), far(loop, std::move(ends->second));
  const Json message = {{"id", 1}, {"request", "echo"}};
  report("JSON line there and back, one process", 2000, [&] { return loop.run(round_trip(near, far, message)); });
  report("run_command true", 50, [&] { return loop.run(run_command(loop, command({"true"}))).has_value(); });
  report("fresh python, pass", 10, [&] { return loop.run(run_command(loop, command({python, "-c", "pass"})))->ending.ok(); });
  report("fresh python, import torch and triton", 3, [&] {
    return loop.run(run_command(loop, command({python, "-c", "import torch, triton, triton.language"})))->ending.ok();
  });
  workers(loop, python, worker_path, false);
  workers(loop, python, worker_path, true);
  return 0;
}

}  // namespace
}  // namespace ka

int main(int count, char** arguments) {
  const std::string python = count > 1 ? arguments[1] : ka::get_env_or("KERNELAGENT_PYTHON", "python3");
  // build/<preset>/worker_latency → the repository's python/
  const std::filesystem::path repository = ka::exe_path().parent_path().parent_path().parent_path();
  const std::filesystem::path worker_path = ka::is_dir(repository / "python") ? repository / "python" : "python";
  return ka::run(python, worker_path);
}
