#include "llm/http_provider.h"

#include "base/clock.h"
#include "base/text.h"
#include "llm/failures.h"

namespace ka {
namespace {

/// Reads one answer: decides from its first byte whether it is a stream or a document, whatever its content type says, since gateways
/// mislabel both.
class AnswerReader {
 public:
  AnswerReader(const Dialect& dialect, const std::function<void(std::string_view)>& on_text)
      : reader_(dialect.reader()), on_text_(on_text) {}

  /// Takes the next piece; false ends the transfer, and `end` says why.
  bool take(std::string_view piece) {
    if (shape_ == Shape::kUnknown) {
      start_ += piece;
      const std::string_view text = trim(start_);
      if (text.empty()) return start_.size() < 4096;
      shape_ = shape_of(text);
      if (shape_ == Shape::kNeither) return false;
      const std::string whole = std::move(start_);
      return take_known(whole);
    }
    return take_known(piece);
  }

  /// Says what came of it, once the transfer has ended.
  CallResult end(const HttpReply& head) {
    if (result_) return std::move(*result_);
    if (shape_ == Shape::kDocument) {
      const auto json = parse_json(document_, "answer");
      if (!json) return tl::unexpected(transient("the service sent a reply that is no JSON"));
      if (const Json* error = find(*json, "error"); error != nullptr && !error->is_null()) return meaning_of_error(*error);
      if (auto result = reader_->read_document(*json)) return std::move(*result);
      tell_news();
    }
    if (shape_ == Shape::kNeither || shape_ == Shape::kUnknown) {
      const auto type = head.headers.find("content-type");
      const std::string what = type == head.headers.end() || type->second.empty() ? "an answer of no content type" : type->second;
      return tl::unexpected(shape_ == Shape::kUnknown ? transient("the service sent an empty answer") : not_a_reply(what));
    }
    if (!reader_->complete()) {
      CallFailure failure = transient("the reply ended in the middle");
      failure.usage = reader_->reply().usage;
      return tl::unexpected(std::move(failure));
    }
    return std::move(reader_->reply());
  }

  const Usage& usage() { return reader_->reply().usage; }
  bool stopped() const { return result_.has_value() || shape_ == Shape::kNeither; }

 private:
  enum class Shape { kUnknown, kStream, kDocument, kNeither };

  static Shape shape_of(std::string_view text) {
    if (text.front() == '{' || text.front() == '[') return Shape::kDocument;
    for (const std::string_view start : {"data", "event", "id", "retry", ":", "\xEF\xBB\xBF"}) {
      const std::size_t common = std::min(start.size(), text.size());
      if (text.substr(0, common) == start.substr(0, common)) return Shape::kStream;
    }
    return Shape::kNeither;
  }

  static CallFailure not_a_reply(const std::string& content_type) {
    CallFailure failure;
    failure.error = {
        Fault::kInput, fmt::format("the service sent something that is no model's reply ({})", content_type), {}, {}};
    return failure;
  }

  bool take_known(std::string_view piece) {
    if (shape_ == Shape::kDocument) {
      document_ += piece;
      return true;
    }
    const auto events = stream_.feed(piece);
    if (!events) {
      result_ = tl::unexpected(transient("the service sent an event of more than 16 MiB"));
      return false;
    }
    for (const ServerEvent& event : *events) {
      result_ = reader_->read_event(event);
      if (result_) return false;
    }
    tell_news();
    return true;
  }

  void tell_news() {
    const std::string_view text = reader_->reply().text;
    if (on_text_ && text.size() > told_) on_text_(text.substr(told_));
    told_ = text.size();
  }

  std::unique_ptr<ReplyReader> reader_;
  const std::function<void(std::string_view)>& on_text_;
  Shape shape_ = Shape::kUnknown;
  std::string start_, document_;
  ServerEvents stream_;
  std::size_t told_ = 0;
  std::optional<CallResult> result_;
};

class HttpProvider : public Provider {
 public:
  HttpProvider(const ProviderSetup& setup, const Dialect& dialect) : setup_(setup), dialect_(dialect) {}

  Task<CallResult> ask(ModelRequest request) override {
    const Stopwatch watch;
    HttpRequest call = prepare(dialect_.path());
    call.headers.push_back("Content-Type: application/json");
    call.headers.push_back("Accept: text/event-stream, application/json");
    call.body = compact(dialect_.body(request));
    AnswerReader reader(dialect_, request.on_text);
    HttpSink sink = [&reader](std::string_view piece) { return reader.take(piece); };
    HttpResult answer = co_await setup_.http.perform(std::move(call), std::move(sink));
    if (!answer && !(answer.error().kind == HttpFailure::Kind::kStopped && reader.stopped())) {
      CallFailure failure = meaning_of(answer.error(), setup_.endpoint);
      failure.usage = reader.usage();
      co_return tl::unexpected(std::move(failure));
    }
    const bool succeeded = !answer || (answer->status >= 200 && answer->status < 300);
    const HttpReply head = answer ? std::move(*answer) : std::move(answer.error().head);
    CallResult result = succeeded ? reader.end(head) : meaning_of(head, setup_.endpoint);
    if (result) {
      result->seconds = watch.seconds();
      if (result->model.empty()) result->model = request.model;
    } else {
      tidy(result.error());
    }
    co_return result;
  }

  Task<Result<std::string>> probe() override {
    HttpRequest call = prepare(dialect_.probe_path());
    call.method = "GET";
    call.timeouts.first_byte = call.timeouts.idle = call.timeouts.total = std::chrono::seconds(5);
    HttpSink none;
    HttpResult answer = co_await setup_.http.perform(std::move(call), std::move(none));
    if (!answer) {
      CallFailure failure = meaning_of(answer.error(), setup_.endpoint);
      co_return tl::unexpected(std::move(failure.error));
    }
    if (answer->status >= 300) {
      CallResult meaning = meaning_of(*answer, setup_.endpoint);
      if (!meaning) co_return tl::unexpected(std::move(meaning.error().error));
    }
    const auto models = Dialect::listed_models(answer->body);
    co_return models ? "answers, lists " + plural(static_cast<int64_t>(*models), "model") : std::string("answers");
  }

 private:
  HttpRequest prepare(const std::string& path) const {
    HttpRequest call;
    call.url = join_url(setup_.endpoint.url, path);
    call.headers = dialect_.headers(setup_.endpoint.key);
    call.timeouts = setup_.settings.timeouts;
    call.certificates = setup_.settings.certificates;
    if (setup_.endpoint.timeout.count() > 0) call.timeouts.first_byte = call.timeouts.total = setup_.endpoint.timeout;
    return call;
  }

  /// Names the service, and takes the key out of what it said.
  void tidy(CallFailure& failure) const {
    if (failure.error.where.empty()) failure.error.where = setup_.endpoint.url;
    failure.error.message = setup_.endpoint.key.scrub(std::move(failure.error.message));
  }

  const ProviderSetup setup_;
  const Dialect& dialect_;
};

}  // namespace

std::string join_url(const std::string& base, const std::string& path) {
  std::string url = base;
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with("/v1") && path.starts_with("/v1/")) url.resize(url.size() - 3);
  return url + path;
}

std::unique_ptr<Provider> make_http_provider(const ProviderSetup& setup, const Dialect& dialect) {
  return std::make_unique<HttpProvider>(setup, dialect);
}

}  // namespace ka
