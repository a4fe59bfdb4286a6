#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "worker/pool.h"

namespace ka {

/// What came of one request to a worker: a reply, the worker's "no", or the worker's end.
struct Answer {
  Json reply;                            ///< of a good answer
  std::vector<SharedFd> descriptors;     ///< that came with it
  std::optional<WorkerFailure> failure;  ///< the worker lives and says no
  std::string ended;                     ///< the worker is gone: "timed_out", "signal 9", …
  std::string output;                    ///< the last it printed, where known
  std::optional<Error> error;            ///< beside `ended`, and when the loop was interrupted

  bool good() const { return !failure && !error; }
  /// Was it ended from outside (an interruption, the zygote's death), which says nothing about the code that ran?
  bool ended_from_outside() const { return error && (error->fault == Fault::kInterrupted || ended == "zygote_died"); }
  /// Says in one line what went wrong: "raised ZeroDivisionError: … (kernel.py:12)" or "ended: signal 11".
  std::string describe() const;
};

/// One worker of a judgement, with the moment by which everything must be done.
class Party {
 public:
  Party(std::string role, std::unique_ptr<WorkerSession> session, Deadline deadline)
      : role_(std::move(role)), session_(std::move(session)), deadline_(deadline) {}

  /// Sends a request; waits at most until the deadline.
  Task<Answer> ask(Json request);
  /// The same with descriptors that the request names.
  Task<Answer> ask_with(Parcel request);
  /// As ask, for workers that run only our code or the problem: everything but a good reply is an error whose fault says whose it is.
  Task<Result<Json>> need(Json request);
  Task<Result<Parcel>> need_with(Parcel request);
  /// Moves the deadline: time that passed without the judgement's doing does not count.
  void postpone(std::chrono::nanoseconds span) { deadline_ += span; }
  /// Lets the worker end by itself; returns what the tool said that it ran under.
  Task<Result<std::string>> finish(std::chrono::milliseconds timeout) { return session_->finish(timeout); }
  const std::string& role() const { return role_; }
  /// Did it ever say that there was not memory enough?
  bool ran_out_of_memory() const { return ran_out_of_memory_; }

 private:
  std::string role_;
  std::unique_ptr<WorkerSession> session_;
  Deadline deadline_;
  bool ran_out_of_memory_ = false;
};

/// Opens a worker of a role.
Task<Result<std::unique_ptr<Party>>> open_party(WorkerPool& pool, WorkerRole role, Deadline deadline);

/// Makes {"request": NAME} with further fields.
Json make_request(std::string_view request, Json fields = Json::object());

struct ProblemFacts;

/// The seed that a problem's and a candidate's constructor draw with.
inline constexpr int64_t kConstructorSeed = 42;

/// Makes the request that has a problem loaded ("train", "eval" is the mode).
Json load_problem_request(const std::filesystem::path& problem, const std::string& device, const std::string& mode);
/// The same for a candidate of a problem that has been loaded; it carries no source.
Json load_candidate_request(const std::filesystem::path& candidate, const std::string& device, const std::string& mode,
                            const ProblemFacts& facts);

}  // namespace ka
