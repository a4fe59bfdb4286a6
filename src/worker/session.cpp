#include "worker/session.h"

#include "base/log.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr std::chrono::seconds kExitPatience{5};    ///< for a killed child's end to be reported
constexpr std::chrono::seconds kHangUpPatience{2};  ///< for a child that closed its line to end by itself

/// Says whether a message answers request `id`: a child that could not read the request has no id to give back.
bool answers(const Json& message, int id) {
  const Json* given = find(message, "id");
  if (given == nullptr || given->is_null()) return !bool_or(message, "ok", true);
  return given->is_number_integer() && given->get<int64_t>() == id;
}

}  // namespace

ChildSession::ChildSession(Loop& loop, std::shared_ptr<Zygote> zygote, std::shared_ptr<Child> child, Fd line)
    : loop_(loop), turn_(loop, 1), zygote_(std::move(zygote)), child_(std::move(child)), line_(loop, std::move(line)) {}

ChildSession::~ChildSession() { zygote_->kill(*child_); }

Task<Result<Json>> WorkerSession::call(Json request, std::chrono::milliseconds timeout) {
  Parcel parcel{std::move(request), {}};
  auto reply = co_await exchange(std::move(parcel), timeout);
  if (!reply) co_return tl::unexpected<Error>(std::move(reply).error());
  co_return std::move(reply->message);
}

Task<Result<std::string>> WorkerSession::finish(std::chrono::milliseconds) { co_return std::string(); }

Task<Result<std::string>> ChildSession::finish(std::chrono::milliseconds timeout) {
  line_.close();
  const Deadline deadline = after(timeout);
  const bool ended = co_await zygote_->wait_exit(child_, deadline);
  if (loop_.interrupted()) co_return interrupted_error();
  if (!ended) {
    co_return fail(Fault::kEnvironment,
                   fmt::format("the {} worker did not end within {}", name(child_->role), human_duration(timeout)));
  }
  if (!child_->exited) co_return tl::unexpected<Error>(zygote_->death());
  co_return child_->exited->report;
}

Task<Result<Parcel>> ChildSession::exchange(Parcel request, std::chrono::milliseconds timeout) {
  const Permit turn = co_await turn_.acquire();
  if (!turn) co_return interrupted_error();
  if (ending_.empty() && !zygote_->alive()) ending_ = loop_.interrupted() ? "interrupted" : "zygote_died";
  if (!ending_.empty()) co_return tl::unexpected<Error>(gone());
  if (loop_.interrupted()) co_return interrupted_error();
  const int id = next_id_++;
  Parcel numbered{Json::object(), std::move(request.descriptors)};
  numbered.message["id"] = id;
  for (auto& [key, value] : request.message.items()) {
    if (key != "id") numbered.message[key] = std::move(value);
  }
  encode_non_finite(numbered.message);

  timeout_ = timeout;
  const Deadline deadline = after(timeout);
  auto reply = co_await converse(id, std::move(numbered), deadline);
  co_return reply;
}

Task<Result<Parcel>> ChildSession::converse(int id, Parcel request, Deadline deadline) {
  while (line_.take_descriptor()) {  // of an answer that nobody waited for
  }
  auto sent = co_await line_.send(std::move(request.message), std::move(request.descriptors), deadline);
  // A child that died while we wrote may have answered before: its reply says more than the broken line does.
  auto failure = sent ? JsonLine::Failure::kClosed : sent.error();
  if (sent || failure == JsonLine::Failure::kClosed) {
    while (true) {
      auto reply = co_await line_.receive(deadline);
      if (!reply) {
        failure = reply.error();
        break;
      }
      if (answers(*reply, id)) {
        Parcel parcel{std::move(*reply), {}};
        while (Fd descriptor = line_.take_descriptor())
          parcel.descriptors.push_back(std::make_shared<const Fd>(std::move(descriptor)));
        co_return parcel;
      }
      log_debug("a {} child's stray reply was ignored", name(child_->role));
    }
  }
  Error error = co_await give_up(failure);
  co_return tl::unexpected<Error>(std::move(error));
}

Task<Error> ChildSession::give_up(JsonLine::Failure failure) {
  switch (failure) {
    case JsonLine::Failure::kClosed: {
      const bool ended = co_await zygote_->wait_exit(child_, after(kHangUpPatience));
      if (!ended) ending_ = "hung_up";
      break;
    }
    case JsonLine::Failure::kTimedOut: ending_ = "timed_out"; break;
    case JsonLine::Failure::kMalformed: ending_ = "malformed"; break;
    case JsonLine::Failure::kInterrupted: ending_ = "interrupted"; break;
  }
  line_.close();
  zygote_->kill(*child_);
  // Waited for, because what it holds (GPU memory above all) is free only then.
  co_await zygote_->wait_exit(child_, after(kExitPatience));
  if (ending_.empty() && child_->exited) {
    ending_ = to_text(Ending{.exit = child_->exited->exit, .signal = child_->exited->signal});
  }
  if (ending_.empty()) ending_ = loop_.interrupted() ? "interrupted" : "zygote_died";
  co_return gone();
}

Error ChildSession::gone() const {
  const std::string who = fmt::format("the {} worker", name(child_->role));
  Error error{Fault::kEnvironment, {}, {}, {}};
  if (ending_ == "interrupted") return interrupted_error().value();
  const std::string reason = ending_reason();
  if (ending_ == "timed_out") {
    error.message = fmt::format("{} did not answer within {} and was killed", who, human_duration(timeout_));
  } else if (ending_ == "malformed") {
    error.message = fmt::format("{} sent something that is no message and was killed: {}", who, line_.complaint());
  } else if (ending_ == "hung_up") {
    error.message = fmt::format("{} closed its line and was killed", who);
  } else if (ending_ == "zygote_died") {
    error = zygote_->death();
    error.message = fmt::format("{} ended: {}", who, error.message);
  } else if (reason == "memory") {
    error.message = fmt::format("{} used more memory than it may and was killed", who);
  } else if (reason == "cpu") {
    error.message = fmt::format("{} used more processor time than it may and was killed", who);
  } else if (reason == "processes") {
    error.message = fmt::format("{} started more processes than it may and was killed", who);
  } else if (reason == "disk") {
    error.message = fmt::format("{} wrote more to its disk than it may and was killed", who);
  } else {
    error.message = fmt::format("{} died: {}", who, ending_);
  }
  return error;
}

}  // namespace ka
