#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/api.h"
#include "server/mcp.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

/// A call that is answered in a thread of its own while what it says is sent. It is given up where nobody listens any more.
class Exchange {
 public:
  Exchange(Desk& desk, Json message) : thread_([this, &desk, message = std::move(message)] { answer(desk, message); }) {}
  ~Exchange() {
    gone_ = true;
    thread_.join();
  }

  /// Returns what was said since the last call, as server-sent events; a comment now and then where nothing was.
  Reply::Piece next() {
    std::unique_lock lock(mutex_);
    const bool quiet = !said_.wait_for(lock, 5s, [this] { return over_ || !text_.empty(); });
    return {quiet ? ": still here\n\n" : std::exchange(text_, {}), over_};
  }

 private:
  void answer(Desk& desk, const Json& message) {
    const std::optional<Json> reply = answer_mcp(
        desk, message, [this](const Json& note) { say(note, false); }, gone_, Reach::kFolder);
    say(reply.value_or(Json()), true);
  }
  void say(const Json& message, bool last) {
    const std::lock_guard lock(mutex_);
    text_ += "event: message\ndata: " + compact(message) + "\n\n";
    over_ = last;
    said_.notify_one();
  }

  std::mutex mutex_;  ///< guards text_ and over_
  std::condition_variable said_;
  std::string text_;
  bool over_ = false;
  std::atomic<bool> gone_ = false;
  std::thread thread_;  ///< last: it uses the others
};

/// The protocol's HTTP transport without sessions: a request is answered with JSON, a tool's call with a stream that tells how far it is
/// where the client takes one, a notification with nothing.
Reply post(Desk& desk, const Call& call) {
  const Result<Json> message = parse_json(call.body, "the request");
  if (!message) return error_reply(message.error());
  Reply reply;
  if (string_or(*message, "method") == "tools/call" && find(*message, "id") != nullptr &&
      call.header("accept").find("text/event-stream") != std::string::npos) {
    const auto exchange = std::make_shared<Exchange>(desk, *message);
    reply.type = "text/event-stream";
    reply.follow = [exchange] { return exchange->next(); };
    return reply;
  }
  const std::atomic<bool> gone = false;
  const std::optional<Json> answer = answer_mcp(
      desk, *message, [](const Json&) {}, gone, Reach::kFolder);
  if (answer) return json_reply(*answer);
  reply.status = 202;
  return reply;
}

constexpr HttpRoute kRoutes[] = {{"POST", "/mcp", post}};

}  // namespace

std::span<const HttpRoute> mcp_routes() { return kRoutes; }

}  // namespace ka
