#include "judge/sessions.h"

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "judge/facts.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

Fault fault_of(const std::string& kind) {
  if (kind == "internal" || kind == "bad_request") return Fault::kInternal;
  if (kind == "out_of_memory" || kind == "missing_package") return Fault::kEnvironment;
  return Fault::kInput;
}

}  // namespace

std::string Answer::describe() const {
  if (failure) {
    if (failure->line > 0) return fmt::format("{} (line {})", failure->message, failure->line);
    return failure->message;
  }
  if (ended == "timed_out") return "did not answer in time";
  if (!ended.empty()) return fmt::format("its process ended: {}", ended);
  return error ? error->message : "";
}

Task<Answer> Party::ask(Json request) { return ask_with(Parcel{std::move(request), {}}); }

Task<Answer> Party::ask_with(Parcel request) {
  Answer answer;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  const auto timeout = std::max(left, std::chrono::milliseconds(1));
  const std::string what = string_or(request.message, "request");
  const Stopwatch watch;
  Result<Parcel> reply = co_await session_->exchange(std::move(request), timeout);
  log_debug("{} {}: {:.1f} ms", role_, what, watch.seconds() * 1e3);
  if (!reply) {
    answer.error = std::move(reply).error();
    answer.ended = session_->ending();
    if (const std::string reason = session_->ending_reason(); !reason.empty())
      answer.ended = "its " + reason + " limit was reached";
    answer.output = session_->output();
    co_return answer;
  }
  answer.failure = failure_of(reply->message);
  if (answer.failure) {
    answer.output = answer.failure->output;
    ran_out_of_memory_ = ran_out_of_memory_ || answer.failure->kind == "out_of_memory";
  }
  answer.reply = std::move(reply->message);
  answer.descriptors = std::move(reply->descriptors);
  co_return answer;
}

Task<Result<Json>> Party::need(Json request) {
  Parcel parcel{std::move(request), {}};
  KA_CO_TRY(Parcel reply, co_await need_with(std::move(parcel)));
  co_return std::move(reply.message);
}

Task<Result<Parcel>> Party::need_with(Parcel request) {
  const std::string what = string_or(request.message, "request");
  Answer answer = co_await ask_with(std::move(request));
  if (answer.good()) co_return Parcel{std::move(answer.reply), std::move(answer.descriptors)};
  if (answer.error) {
    Error error = std::move(*answer.error);
    error.message = fmt::format("the {} process, asked to {}: {}", role_, what, error.message);
    co_return tl::unexpected<Error>(std::move(error));
  }
  const WorkerFailure& failure = *answer.failure;
  const std::string where = failure.line > 0 ? fmt::format("{}:{}", failure.file, failure.line) : failure.file;
  co_return fail(fault_of(failure.kind), fmt::format("{}: {}", role_, failure.message), where);
}

Task<Result<std::unique_ptr<Party>>> open_party(WorkerPool& pool, WorkerRole role, Deadline deadline) {
  KA_CO_TRY(auto session, co_await pool.open(role));
  co_return std::make_unique<Party>(std::string(name(role)), std::move(session), deadline);
}

Json make_request(std::string_view request, Json fields) {
  Json message = Json::object();
  message["request"] = request;
  for (auto& [key, value] : fields.items()) message[key] = std::move(value);
  return message;
}

Json load_problem_request(const std::filesystem::path& problem, const std::string& device, const std::string& mode) {
  return make_request("load", Json{{"problem", absolute_path(problem).string()},
                                   {"source", packed_source(problem)},
                                   {"device", device},
                                   {"mode", mode},
                                   {"seed", kConstructorSeed}});
}

Json load_candidate_request(const std::filesystem::path& candidate, const std::string& device, const std::string& mode,
                            const ProblemFacts& facts) {
  Json names = Json::array();
  for (const auto& [name, type] : facts.state_types.items()) names.push_back(name);
  return make_request("load", Json{{"path", absolute_path(candidate).string()},
                                   {"entry", "auto"},
                                   {"device", device},
                                   {"mode", mode},
                                   {"seed", kConstructorSeed},
                                   {"init_inputs", facts.init_inputs},
                                   {"inputs", facts.inputs.size()},
                                   {"state", std::move(names)}});
}

}  // namespace ka
