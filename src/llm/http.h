#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "llm/settings.h"
#include "process/event.h"
#include "process/fd.h"

namespace ka {

struct HttpRequest {
  std::string method = "POST";
  std::string url;                   ///< http or https; redirects are not followed, so that a key goes nowhere else
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  ModelTimeouts timeouts;
  std::string certificates;                      ///< file of certificate authorities; empty: the system's
  std::size_t max_body = std::size_t{16} << 20;  ///< bytes of the answer
};

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< what went to no sink: all of it without one, and that of any status but 2xx
};

struct HttpFailure {
  enum class Kind {
    kUnreachable,  ///< no address, no connection
    kCertificate,  ///< the peer is not who it says, or its certificate file cannot be used
    kTimedOut,
    kDropped,   ///< the connection broke
    kTooLarge,  ///< the answer is longer than max_body
    kBadUrl,
    kStopped,  ///< the sink asked for no more
    kInterrupted,
  };
  Kind kind = Kind::kDropped;
  std::string message;
  HttpReply head;  ///< status and headers, where they had come
};

/// Takes the next piece of a 2xx answer; false ends the transfer. Called in the asking coroutine, never inside libcurl.
using HttpSink = std::function<bool(std::string_view)>;
using HttpResult = tl::expected<HttpReply, HttpFailure>;

class HttpTransfer;

/// libcurl on the one poll loop: all transfers share one thread, one epoll descriptor, and connections where the server keeps them.
/// (libcurl's own resolver looks names up in a short-lived thread.) Outlives its transfers; the loop outlives it.
class HttpClient {
 public:
  explicit HttpClient(Loop& loop);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Makes one request. Destroying the task closes the transfer.
  Task<HttpResult> perform(HttpRequest request, HttpSink sink);

 private:
  friend class HttpTransfer;
  struct Wiring;  ///< the callbacks that libcurl wants
  Task<void> pump();
  void drive();

  Loop& loop_;
  Fd epoll_, timer_;
  void* multi_ = nullptr;
  std::size_t running_ = 0;
  Task<void> pump_;
};

}  // namespace ka
