#include "server/serve.h"

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/text.h"
#include "server/api.h"
#include "server/guard.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

constexpr size_t kThreads = 96;
constexpr int kMostFollowers = 64;  // each holds a thread; the others answer everybody else
constexpr size_t kMostBody = size_t{2} << 20;
constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

Call call_of(const httplib::Request& request) {
  Call call{request.method, request.path, {}, {}, request.body, {}};
  for (const auto& [name, value] : request.params) call.query.emplace(name, value);
  for (const auto& [name, value] : request.headers) call.headers.emplace(to_lower(name), value);
  return call;
}

/// Says whether a body is to be read; the library would wait for one that is not announced until the client hangs up.
bool has_body(const httplib::Request& request) {
  const bool may = request.method == "POST" || request.method == "PUT" || request.method == "PATCH" || request.method == "DELETE";
  return may && (request.has_header("Content-Length") || request.has_header("Transfer-Encoding"));
}

void fill(httplib::Response& response, Reply reply) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) {
    response.headers.erase(name);  // set_header adds beside the default one
    response.set_header(name, value);
  }
  response.set_content(reply.body, reply.type);
}

/// Sends a body that is still being made. Its own thread waits for it, and only that one suffers from a slow client.
void follow(httplib::Response& response, Reply reply, std::atomic<int>& followers, const std::atomic<bool>& ending) {
  if (++followers > kMostFollowers) {
    --followers;
    fill(response, error_reply({Fault::kEnvironment, "too many clients follow runs", {}, "close some pages, then reload"}, 503));
    return;
  }
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  response.set_chunked_content_provider(
      reply.type,
      [next = std::move(reply.follow), &ending](size_t, httplib::DataSink& sink) {
        const Reply::Piece piece = next();
        if (!piece.text.empty() && !sink.write(piece.text.data(), piece.text.size())) return false;
        if (piece.over || ending) {
          sink.done();
          return true;
        }
        // Ten times a second is as good as at once to an eye, and leaves the processor to the run.
        std::this_thread::sleep_for(100ms);
        return sink.is_writable();
      },
      [&followers](bool) { --followers; });
}

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? to_lower(name) : std::string();
}

/// Blocks the signals that end us in every thread made from here on; `wait` takes the first.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    ::signal(SIGPIPE, SIG_IGN);
  }
  ~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  bool came(std::chrono::milliseconds patience) const {
    const timespec time{0, static_cast<long>(std::chrono::nanoseconds(patience).count())};
    return ::sigtimedwait(&set_, nullptr, &time) > 0;
  }

 private:
  sigset_t set_{}, before_{};
};

}  // namespace

Status serve(Desk& desk, const ServeOptions& options, const std::function<void(const std::string&)>& ready) {
  if (!is_loopback(options.host) && options.token.empty())
    return fail(Fault::kInput, fmt::format("{} is reached from other machines", options.host), "--host",
                "name a secret with --token, or listen on 127.0.0.1");
  const Signals signals;
  const Guard guard(options.token, {machine_name(), to_lower(options.host)});
  std::atomic<int> followers = 0;
  std::atomic<bool> ending = false;
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_payload_max_length(kMostBody);
  server.set_read_timeout(10s);
  server.set_write_timeout(10s);
  // One request a connection: of what the library leaves unread of a body it would make the next request, which any site could send.
  server.set_keep_alive_max_count(1);
  server.set_tcp_nodelay(true);
  // Not the library's own choice, by which two servers would share a port and each get some of the requests.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_default_headers({{"Content-Security-Policy", kPolicy},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cache-Control", "no-cache"}});
  const auto handle = [&](const httplib::Request& request, httplib::Response& response) {
    const Call call = call_of(request);
    if (std::optional<Reply> refusal = guard.refuse(call)) return fill(response, std::move(*refusal));
    Reply reply = answer(desk, call);
    if (reply.follow && request.method != "HEAD") return follow(response, std::move(reply), followers, ending);
    fill(response, std::move(reply));
  };
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
    if (has_body(request)) return httplib::Server::HandlerResponse::Unhandled;
    handle(request, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  const std::string any = R"([\s\S]*)";
  server.Post(any, handle).Put(any, handle).Patch(any, handle).Delete(any, handle);
  // Answers that the library makes itself: too large a body, a request that cannot be read.
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return;
    const char* what = response.status == 413 ? "the request is too large" : "the request cannot be answered";
    fill(response, error_reply({Fault::kInput, what, {}, "see /api/v1/openapi.json"}, response.status));
  });

  int port = options.port;
  const bool bound = port == 0 ? (port = server.bind_to_any_port(options.host)) > 0 : server.bind_to_port(options.host, port);
  if (!bound)
    return fail(Fault::kEnvironment, fmt::format("cannot listen on {} port {}", options.host, options.port), "--port",
                "another program may have it; choose another port, or 0 for any");
  std::atomic<bool> listening = true;
  std::thread listener([&] {
    server.listen_after_bind();
    listening = false;
  });
  const bool v6 = options.host.find(':') != std::string::npos;
  ready(fmt::format("http://{}:{}/", v6 ? "[" + options.host + "]" : options.host, port));
  while (!signals.came(300ms)) desk.turn();
  ending = true;
  // A server that has not begun to listen does not hear that it should stop.
  while (listening && !server.is_running()) std::this_thread::sleep_for(1ms);
  server.stop();
  listener.join();
  return {};
}

}  // namespace ka
