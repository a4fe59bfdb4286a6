#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit.h"
#include "mutation.h"
#include "process/loop.h"
#include "transcript.h"
#include "worker/zygote.h"

namespace ka::fuzz {

/// Which replies are spoilt and how: the number-th reply of one role.
struct Attack {
  std::string role;
  std::size_t number = 0;
  Spoil how = Spoil::kFlipBits;
};

/// The three workers of one judgement, played from a transcript by coroutines on the judge's own loop. The judge talks to them through
/// real sessions over real sockets.
class FakePool : public WorkerPool {
 public:
  FakePool(Loop& loop, const Transcript& transcript, std::vector<Attack> attacks, Choices& choices, Audit& audit);

  Task<Result<std::unique_ptr<WorkerSession>>> open(WorkerRole role) override;
  Task<Result<Json>> versions() override { co_return Json{{"torch", "played"}}; }
  Loop& loop() override { return loop_; }
  const PoolOptions& options() const override { return options_; }
  /// How many replies were in fact spoilt.
  int spoilt() const { return spoilt_; }

 private:
  struct Part {
    std::vector<const Exchange*> exchanges;
    std::size_t next = 0;
    std::size_t answered = 0;
  };
  Task<void> play(std::string role, Fd socket);
  const Json& reply_to(Part& part, const std::string& request);
  Spoilt answer(Part& part, const std::string& role, const Json& request);

  Loop& loop_;
  std::map<std::string, Part> parts_;
  std::vector<Attack> attacks_;
  Choices& choices_;
  Audit& audit_;
  PoolOptions options_;
  std::shared_ptr<Zygote> zygote_;
  int spoilt_ = 0;
};

}  // namespace ka::fuzz
