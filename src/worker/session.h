#pragma once

#include <memory>
#include <string>

#include "process/event.h"
#include "process/socket.h"
#include "worker/pool.h"
#include "worker/zygote.h"

namespace ka {

/// The session of one child of a zygote.
class ChildSession : public WorkerSession {
 public:
  ChildSession(Loop& loop, std::shared_ptr<Zygote> zygote, std::shared_ptr<Child> child, Fd line);
  ~ChildSession() override;
  Task<Result<Parcel>> exchange(Parcel request, std::chrono::milliseconds timeout) override;
  int pid() const override { return child_->pid; }
  /// Says whether the child was not seen to end.
  bool lives() const { return zygote_->alive() && !child_->exited; }
  std::string ending() const override { return ending_; }
  std::string ending_reason() const override { return child_->exited ? child_->exited->reason : ""; }
  std::string output() const override { return child_->exited ? child_->exited->output : ""; }
  Task<Result<std::string>> finish(std::chrono::milliseconds timeout) override;

 private:
  Task<Result<Parcel>> converse(int id, Parcel request, Deadline deadline);
  /// Ends the child, waits a little for its end, and makes the error of a call that found it gone or ended it.
  Task<Error> give_up(JsonLine::Failure failure);
  Error gone() const;

  Loop& loop_;
  Semaphore turn_;  ///< the child answers one call at a time; further callers wait
  std::shared_ptr<Zygote> zygote_;
  std::shared_ptr<Child> child_;
  JsonLine line_;
  std::string ending_;
  std::chrono::milliseconds timeout_{0};  ///< of the last call
  int next_id_ = 1;
};

}  // namespace ka
