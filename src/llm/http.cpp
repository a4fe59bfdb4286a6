#include "llm/http.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace ka {
namespace {

/// Bytes kept of an answer that is no success: enough for any error message.
constexpr std::size_t kErrorBody = std::size_t{64} << 10;

/// Up to so many transfers are served at once, more of them once in a while.
constexpr std::size_t kFew = 8;
constexpr std::chrono::milliseconds kBreath{20};

HttpFailure::Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return HttpFailure::Kind::kUnreachable;
    case CURLE_OPERATION_TIMEDOUT: return HttpFailure::Kind::kTimedOut;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return HttpFailure::Kind::kBadUrl;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HttpFailure::Kind::kCertificate;
    default: return HttpFailure::Kind::kDropped;
  }
}

}  // namespace

/// One request under way. Its destructor takes it out of libcurl, wherever it is.
class HttpTransfer {
 public:
  HttpTransfer(HttpClient& client, const HttpRequest& request);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;
  ~HttpTransfer();

  bool succeeds() const { return reply.status >= 200 && reply.status < 300; }
  void finish(CURLcode code);

  HttpClient& client;
  Event changed;
  HttpReply reply;
  std::string fresh;         ///< came since the asking coroutine last looked
  std::size_t received = 0;  ///< bytes of body
  std::size_t max_body;
  Deadline heard = Deadline::min();  ///< when something last came; the first byte was there once it is set
  bool done = false, too_large = false;
  CURLcode code = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> complaint{};

 private:
  void set_up(const HttpRequest& request);
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  std::string body_;
  bool added_ = false;
};

struct HttpClient::Wiring {
  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    auto& client = *static_cast<HttpClient*>(user);
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(client.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event = {};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    event.data.fd = socket;
    ::epoll_ctl(client.epoll_.get(), known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    ::curl_multi_assign(client.multi_, socket, &client);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    auto& client = *static_cast<HttpClient*>(user);
    itimerspec when = {};
    if (milliseconds >= 0) {
      when.it_value.tv_sec = milliseconds / 1000;
      when.it_value.tv_nsec = std::max(1L, milliseconds % 1000 * 1'000'000);  // all zero would disarm it
    }
    ::timerfd_settime(client.timer_.get(), 0, &when, nullptr);
    return 0;
  }

  static std::size_t on_header(char* text, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<HttpTransfer*>(user);
    const std::string_view line = trim(std::string_view(text, size * count));
    if (line.starts_with("HTTP/")) {
      transfer.reply.headers.clear();
      const std::size_t space = line.find(' ');
      if (space != std::string_view::npos)
        std::from_chars(line.data() + space + 1, line.data() + line.size(), transfer.reply.status);
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      transfer.reply.headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
    transfer.heard = std::chrono::steady_clock::now();
    return size * count;
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<HttpTransfer*>(user);
    const std::size_t length = size * count;
    transfer.heard = std::chrono::steady_clock::now();
    transfer.received += length;
    if (transfer.received > transfer.max_body) {
      transfer.too_large = true;
      return 0;
    }
    if (!transfer.succeeds()) {
      const std::size_t room = kErrorBody - std::min(kErrorBody, transfer.fresh.size() + transfer.reply.body.size());
      transfer.fresh.append(bytes, std::min(room, length));
    } else {
      transfer.fresh.append(bytes, length);
    }
    transfer.changed.notify();
    return length;
  }
};

HttpTransfer::HttpTransfer(HttpClient& owner, const HttpRequest& request)
    : client(owner), changed(owner.loop_), max_body(request.max_body), easy_(::curl_easy_init()), body_(request.body) {
  KA_CHECK(easy_ != nullptr, "libcurl gave no handle");
  set_up(request);
  ++client.running_;
  added_ = ::curl_multi_add_handle(client.multi_, easy_) == CURLM_OK;
  if (!added_) finish(CURLE_FAILED_INIT);
}

void HttpTransfer::set_up(const HttpRequest& request) {
  for (const std::string& header : request.headers) headers_ = ::curl_slist_append(headers_, header.c_str());
  headers_ = ::curl_slist_append(headers_, "Expect:");  // no round trip before the body is sent
  const auto set = [this](CURLoption option, auto value) { ::curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, complaint.data());
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "kernelagent");
  set(CURLOPT_HTTPHEADER, headers_);
  if (request.method == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    set(CURLOPT_POSTFIELDS, body_.data());
  }
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeouts.connect.count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_BUFFERSIZE, 16384L);
  set(CURLOPT_HEADERFUNCTION, &HttpClient::Wiring::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &HttpClient::Wiring::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (!request.certificates.empty()) set(CURLOPT_CAINFO, request.certificates.c_str());
}

HttpTransfer::~HttpTransfer() {
  if (added_) ::curl_multi_remove_handle(client.multi_, easy_);
  ::curl_easy_cleanup(easy_);
  ::curl_slist_free_all(headers_);
  if (!done) --client.running_;
}

void HttpTransfer::finish(CURLcode result) {
  done = true;
  code = result;
  --client.running_;
  changed.notify();
}

HttpClient::HttpClient(Loop& loop) : loop_(loop), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  KA_CHECK(epoll_ && timer_, "epoll or timerfd failed");
  static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = ::curl_multi_init();
  KA_CHECK(started == CURLE_OK && multi_ != nullptr, "libcurl did not start");
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = timer_.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Wiring::on_socket);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Wiring::on_timer);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

HttpClient::~HttpClient() {
  KA_CHECK(running_ == 0, "an HTTP client outlives its transfers");
  pump_.reset();
  ::curl_multi_cleanup(multi_);
}

Task<void> HttpClient::pump() {
  while (running_ > 0) {
    const bool ready = co_await loop_.readable(epoll_.get());
    if (!ready) co_return;  // interrupted: every transfer's own wait ends as well
    drive();
    // With many streams, what comes within a moment is taken together: a poll per piece would cost more than the pieces.
    const Deadline next = after(kBreath);
    if (running_ > kFew) co_await loop_.parked(next);
  }
}

void HttpClient::drive() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == timer_.get()) {
      uint64_t expirations = 0;
      if (::read(timer_.get(), &expirations, sizeof expirations) > 0)
        ::curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      continue;
    }
    const int mask = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                     ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    ::curl_multi_socket_action(multi_, event.data.fd, mask, &running);
  }
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    reinterpret_cast<HttpTransfer*>(transfer)->finish(message->data.result);
  }
}

Task<HttpResult> HttpClient::perform(HttpRequest request, HttpSink sink) {
  HttpTransfer transfer(*this, request);
  if (pump_.done()) {
    pump_ = pump();
    pump_.start();
  }
  const auto failure = [&transfer](HttpFailure::Kind kind, std::string message) {
    return tl::unexpected<HttpFailure>(HttpFailure{kind, std::move(message), std::move(transfer.reply)});
  };
  const ModelTimeouts& limits = request.timeouts;
  const Deadline last = after(limits.total);
  const Deadline first = after(limits.first_byte);
  while (true) {
    if (!transfer.fresh.empty()) {
      const std::string piece = std::exchange(transfer.fresh, {});
      if (sink && transfer.succeeds()) {
        if (!sink(piece)) co_return failure(HttpFailure::Kind::kStopped, "stopped");
      } else {
        transfer.reply.body += piece;
      }
    }
    if (transfer.done) break;
    const bool answered = transfer.heard != Deadline::min();
    const Deadline quiet = answered ? transfer.heard + limits.idle : first;
    const Deadline deadline = std::min(last, quiet);
    if (deadline <= std::chrono::steady_clock::now()) {
      const auto seconds = [](std::chrono::milliseconds span) { return human_duration(span); };
      if (deadline == last)
        co_return failure(HttpFailure::Kind::kTimedOut, "the reply was not complete after " + seconds(limits.total));
      if (answered) co_return failure(HttpFailure::Kind::kTimedOut, "nothing came for " + seconds(limits.idle));
      co_return failure(HttpFailure::Kind::kTimedOut, "no answer within " + seconds(limits.first_byte));
    }
    const bool woken = co_await transfer.changed.wait(deadline);
    if (!woken && loop_.interrupted()) co_return failure(HttpFailure::Kind::kInterrupted, "interrupted");
  }
  if (transfer.too_large)
    co_return failure(HttpFailure::Kind::kTooLarge, "the reply is longer than " + human_bytes(transfer.max_body));
  if (transfer.code != CURLE_OK) {
    const std::string complaint = transfer.complaint[0] != '\0' ? transfer.complaint.data() : ::curl_easy_strerror(transfer.code);
    co_return failure(kind_of(transfer.code), complaint);
  }
  co_return std::move(transfer.reply);
}

}  // namespace ka
