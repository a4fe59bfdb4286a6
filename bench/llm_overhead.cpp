// Measures what a call to a model costs this process: time of one call beyond its network, and processor and memory of many streams in one
// thread. The model service is a forked process of this program on loopback, so that only our own side is counted.
//
//   ninja -C build/release llm_overhead && build/release/llm_overhead > bench/results/llm/overhead.json
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/build_info.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "llm/models.h"
#include "process/when_all.h"

namespace ka {
namespace {

constexpr int kCalls = 300;
constexpr int kStreams = 64;
constexpr int kPieces = 1000;  ///< of one slow stream
constexpr int kPiecesPerSecond = 100;

std::string piece(const std::string& text) {
  return "data: {\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text +
         "\"},\"finish_reason\":null}]}\n\n";
}

void send_all(int socket, const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void send_chunk(int socket, const std::string& bytes) { send_all(socket, fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes)); }

/// Answers every request on one connection: at once, or piece by piece where the model is called "slow".
void serve(int socket) {
  std::string buffer;
  char bytes[65536];
  while (true) {
    std::size_t head = buffer.find("\r\n\r\n"), length = 0;
    if (head != std::string::npos) {
      const std::size_t at = to_lower(buffer.substr(0, head)).find("content-length: ");
      length = at == std::string::npos ? 0 : std::stoul(buffer.substr(at + 16));
    }
    if (head == std::string::npos || buffer.size() < head + 4 + length) {
      const auto got = ::recv(socket, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      buffer.append(bytes, static_cast<std::size_t>(got));
      continue;
    }
    const bool slow = buffer.find("\"model\":\"slow\"") != std::string::npos;
    buffer.erase(0, head + 4 + length);
    send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < (slow ? kPieces : 20); ++i) {
      send_chunk(socket, piece("some text "));
      if (slow) std::this_thread::sleep_for(std::chrono::microseconds(1'000'000 / kPiecesPerSecond));
    }
    send_chunk(
        socket,
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9}}\n\n"
        "data: [DONE]\n\n");
    send_all(socket, "0\r\n\r\n");
  }
  ::close(socket);
}

[[noreturn]] void run_service(int listener) {
  while (true) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket < 0) continue;
    const int one = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    std::thread(serve, socket).detach();
  }
}

double processor_seconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double status_mib(std::string_view field) {
  for (const std::string& line : split_lines(*read_file("/proc/self/status")))
    if (line.starts_with(field)) return std::stod(line.substr(field.size() + 1)) / 1024;
  return 0;
}

ModelRequest question(const std::string& model) {
  ModelRequest request;
  request.model = "bench/" + model;
  request.messages = {{Speaker::kSystem, std::string(4000, 's')}, {Speaker::kUser, std::string(12'000, 'u')}};
  request.purpose = "bench";
  return request;
}

int run_bench() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 256) != 0) return 1;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const pid_t service = ::fork();
  if (service == 0) run_service(listener);

  Json json;
  json["kernelagent"] = version() + " (" + commit() + ")";
  const auto folder = *make_temp_dir("llm-bench-");
  auto settings = *settings_from({{"KERNELAGENT_ENDPOINTS", fmt::format("bench=http://127.0.0.1:{}/v1", ntohs(address.sin_port))},
                                  {"KERNELAGENT_LLM_PARALLEL", std::to_string(kStreams)}});
  for (const bool kept : {false, true}) {
    settings.directory = kept ? folder : std::filesystem::path();
    Loop loop;
    const auto models = *Models::open(loop, settings);
    std::vector<double> walls;
    const double before = processor_seconds();
    for (int i = 0; i < kCalls; ++i) {
      const Stopwatch watch;
      const auto reply = loop.run(models->ask(question("fast")));
      if (!reply) return 1;
      walls.push_back(watch.seconds() * 1000);
    }
    std::sort(walls.begin(), walls.end());
    Json& row = json[kept ? "call_with_ledger_and_store_on_disk" : "call"];
    row["calls"] = kCalls;
    row["processor_ms_per_call"] = (processor_seconds() - before) * 1000 / kCalls;
    row["wall_ms_median_service_included"] = walls[kCalls / 2];
  }
  {
    Loop loop;
    settings.directory.clear();
    const auto models = *Models::open(loop, settings);
    const double base = status_mib("VmRSS:"), before = processor_seconds();
    const Stopwatch watch;
    std::vector<Task<Result<ModelReply>>> calls;
    for (int i = 0; i < kStreams; ++i) calls.push_back(models->ask(question("slow")));
    const auto replies = loop.run(when_all(std::move(calls)));
    for (const auto& reply : replies)
      if (!reply || reply->text.size() != static_cast<std::size_t>(kPieces) * 10) return 1;
    Json& row = json["streams"];
    row["streams"] = kStreams;
    row["pieces_per_second_each"] = kPiecesPerSecond;
    row["seconds"] = watch.seconds();
    row["processor_share_of_a_core"] = (processor_seconds() - before) / watch.seconds();
    row["resident_mib_before"] = base;
    row["resident_mib_peak"] = status_mib("VmHWM:");
    row["threads"] = status_mib("Threads:") * 1024;
  }
  ::kill(service, SIGKILL);
  (void)remove_tree(folder);
  std::fputs(pretty(json).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace ka

int main() { return ka::run_bench(); }
