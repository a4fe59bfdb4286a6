#include "run/attack.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/digest.h"
#include "base/env.h"
#include "base/file.h"
#include "base/templates.h"
#include "base/text.h"
#include "process/fd.h"
#include "process/loop.h"
#include "run/platforms.h"
#include "worker/pool.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDiskMb = 64,
                  kProcesses = 128;  ///< small caps, so that reaching them takes no time; attacks go for four times that
constexpr const char* kKeyVariable = "KERNELAGENT_DOCTOR_API_KEY";

struct Stop {
  std::string_view error, limit;
};
/// What an error that stopped an attack says about who stopped it.
constexpr std::array<Stop, 11> kStops = {{
    {"ENOENT", "an own disk: it is not there"},
    {"EROFS", "a read-only disk"},
    {"EACCES", "permissions"},
    {"EPERM", "the system call filter"},
    {"EAFNOSUPPORT", "the system call filter"},
    {"ENETUNREACH", "no network"},
    {"ECONNREFUSED", "no network"},
    {"ESRCH", "own process numbers"},
    {"ENOSPC", "the size of the private folder"},
    {"EAGAIN", "the limit on processes"},
    {"EFBIG", "the limit on file sizes"},
}};

/// A port of localhost that accepts connections while it lives.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_.get(), any, size) == 0 && ::listen(socket_.get(), 4) == 0 && ::getsockname(socket_.get(), any, &size) == 0)
      port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }

 private:
  Fd socket_;
  int port_ = 0;
};

/// What attacks are aimed at; removed at the end.
struct Bait {
  std::string secret = sha256(fmt::format("{}/{}", getpid(), static_cast<const void*>(this)));
  fs::path home = fs::path(get_env_or("HOME", "/root")) / fmt::format(".kernelagent-doctor-{}", getpid());
  fs::path temporary = fs::path("/tmp") / fmt::format("kernelagent-doctor-{}", getpid());
  fs::path written = fs::path(get_env_or("HOME", "/root")) / fmt::format(".kernelagent-doctor-{}-written", getpid());
  Listener listener;

  Bait() {
    for (const fs::path& path : {home, temporary}) (void)write_file_atomic(path, secret);  // a home may be read-only
    ::setenv(kKeyVariable, secret.c_str(), 1);
  }
  ~Bait() {
    ::unsetenv(kKeyVariable);
    for (const fs::path& path : {home, temporary, written}) (void)remove_tree(path);
  }
};

/// One attack's name for people, its function in attacks.py and the arguments.
struct Plan {
  const char* name;
  const char* function;
  Json arguments;
  const char* otherwise = "nothing to be found";  ///< what stopped it where it met no error
};

std::vector<Plan> plans(const Bait& bait, int sibling) {
  return {
      {"reads a file in your home", "read_file", {bait.home.string()}},
      {"reads a file in /tmp", "read_file", {bait.temporary.string()}},
      {"writes a file in your home", "write_file", {bait.written.string()}},
      {"finds a key in an environment", "find_key", {bait.secret, sibling}, "the environment's allow-list"},
      {"opens a socket to the internet", "reach_internet", Json::array()},
      {"opens a socket to localhost", "reach_localhost", {bait.listener.port()}},
      {"traces another worker", "trace_sibling", {sibling}},
      {"reads another process's memory", "read_memory", {sibling}},
      {"makes new namespaces", "new_namespaces", Json::array()},
      {"fills the disk", "fill_disk", {4 * kDiskMb}},
      {"starts a fork bomb", "fork_bomb", {4 * kProcesses}},
      {"kills its parent", "kill_parent", Json::array(), "own process numbers"},
  };
}

/// The last line of the child's output that is the attack's answer.
Json answer_in(const std::string& output) {
  Json answer;
  for (const std::string& line : split_lines(output)) {
    if (const Result<Json> parsed = parse_json(line, "an attack"); parsed && parsed->is_object()) answer = *parsed;
  }
  return answer;
}

Attack weigh(const Plan& plan, const WorkerSession& session, const Json& answer, const Bait& bait) {
  Attack attack{plan.name, true, {}};
  const std::string error = string_or(answer, "errno"), got = string_or(answer, "got");
  if (session.ending() == "zygote_died") return {plan.name, false, "it killed the zygote"};
  if (!session.ending_reason().empty()) {
    attack.limit = fmt::format("the zygote's watch over {}", session.ending_reason());
  } else if (!got.empty() && !(plan.function == std::string_view("write_file") && !is_file(bait.written))) {
    attack.held = false;
    attack.limit = got == bait.secret ? "the secret" : got;
  } else {
    attack.limit = plan.otherwise;
    for (const Stop& stop : kStops)
      if (stop.error == error) attack.limit = fmt::format("{} ({})", stop.limit, string_or(answer, "text"));
    if (answer.is_null()) attack.limit = "its process ended: " + session.ending();
  }
  return attack;
}

Task<Result<Siege>> besiege(Loop& loop, const Config& config) {
  const Bait bait;
  PoolOptions options;
  options.python = config.python;
  options.worker_path = config.worker;
  options.memory_mb = int64_t{1} << 17;  // so that the count of processes is what stops a fork bomb
  options.disk_mb = kDiskMb;
  options.processes = kProcesses;
  options.require_sandbox = config.require_sandbox;
  const Result<Platform> platform = choose_platform("auto");
  options.interpret = !platform || platform->interpret;  // the kind of worker that runs use here
  const std::unique_ptr<WorkerPool> pool = WorkerPool::create(loop, options);
  KA_CO_TRY(const std::unique_ptr<WorkerSession> sibling, co_await pool->open(WorkerRole::kCompare));
  Siege siege{pool->sandbox_level(), pool->sandbox_reason(), {}};
  for (const Plan& plan : plans(bait, sibling->pid())) {
    KA_CO_TRY(const std::unique_ptr<WorkerSession> session, co_await pool->open(WorkerRole::kCandidate));
    Json load;
    load["request"] = "load";
    load["path"] = "/attack.py";
    load["device"] = "cpu";
    load["source"]["text"] = fmt::format("{}\n\nattack(\"{}\", {})\n", template_text("templates/doctor/attacks.py"),
                                         plan.function, compact(plan.arguments));
    const Result<Json> reply = co_await session->call(std::move(load), std::chrono::seconds(60));
    if (loop.interrupted()) co_return tl::unexpected<Error>(reply.error());
    const auto failure = reply ? failure_of(*reply) : std::nullopt;
    siege.attacks.push_back(weigh(plan, *session, answer_in(failure ? failure->output : session->output()), bait));
  }
  co_return siege;
}

}  // namespace

Result<Siege> attack_sandbox(const Config& config) {
  Loop loop;
  loop.stop_on_signals();
  return loop.run(besiege(loop, config));
}

Json to_json(const Attack& attack) { return {{"attack", attack.name}, {"held", attack.held}, {"limit", attack.limit}}; }

}  // namespace ka
