#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process/event.h"
#include "run/dispatch.h"
#include "tune/cache.h"

namespace ka {

/// What the hunts of one dispatch share.
struct HuntingGround {
  RunContext& context;
  std::vector<Author*> authors;  ///< in the order in which they are asked
  DispatchTerms terms;
  Semaphore judgements;                     ///< bounds how many candidates are judged at once
  bool has_clock = false;                   ///< can kernels be timed here?
  double memory_bytes = 0;                  ///< of the device; 0: not known
  std::unique_ptr<TuningCache> tuned = {};  ///< null: what was measured before is not asked for
  TuningPlace place = {};
};

/// Finds the kernel of one subgraph: asks the authors, judges what they write, times what is accepted, keeps the best.
class KernelHunt {
 public:
  KernelHunt(HuntingGround& ground, const Plan& plan, int index);

  /// The kernel that an earlier attempt at this run was done with.
  std::optional<SubgraphOutcome> kept();
  /// The compiler's kernel where it comes first and offers one alone, as it is; else nothing.
  Task<Result<std::optional<SubgraphOutcome>>> take_unjudged();
  Task<Result<SubgraphOutcome>> hunt();

 private:
  /// One accepted candidate, until the fastest is known.
  struct Accepted {
    Kernel kernel;
    Json verdict;
    std::string file;  ///< below the run directory
    int64_t number = 0;
    double bound_used = 0;
    double milliseconds = 0;  ///< 0: not timed
    bool cached = false;
    bool judged = true;
  };
  /// One candidate as tuning.json tells of it.
  struct Tried {
    int64_t number = 0;
    std::string author, schedule, verdict;
    double predicted_ms = 0, milliseconds = 0;
  };

  // Asking and judging (hunt.cpp)
  int64_t candidates_on_disk() const;
  /// Writes down what is asked for.
  Task<Status> pose();
  /// Drives one author until it has nothing more to say or a kernel is good enough; returns how it ended.
  Task<Result<std::string>> ask(Author* author);
  Assignment assignment();
  bool may_round() const { return ground_.terms.may_round && !ground_.terms.exact.contains(subgraph_.id); }
  /// Judges candidates side by side; their verdicts in the same order.
  Task<Result<std::vector<Verdict>>> judge_all(const std::vector<Kernel>& kernels);
  /// Judges one candidate, each text once; returns what its author should hear.
  Task<Result<Verdict>> judge_candidate(Kernel kernel);
  Task<Result<Verdict>> judge_in_turn(std::string file, int64_t number);
  JudgeRequest request_for(const std::string& file, int64_t number);
  Status keep_best();
  void chosen(const Kernel& kernel, const char* how, double bound_used, double milliseconds);

  // Timing (hunt_timing.cpp)
  /// Times the accepted candidates where there is a choice and a clock, and puts the fastest first.
  Task<Status> time_accepted();
  /// So many judgements, or contenders, fit the device beside each other. `copies`: of inputs and results that each needs.
  size_t at_once(double copies) const;
  /// The schedule that was the fastest before, if it was found with at least as much care as is asked for now.
  std::optional<FoundTuning> remembered() const;
  /// Says how the compiler's schedule was chosen, and remembers what was measured.
  Status settle_tuning();
  TuningEntry entry_for(const Accepted& best) const;

  // What earlier runs accepted (hunt.cpp)
  KernelKey key_of(const std::string& digest) const;
  std::optional<CachedKernel> look_up(const KernelKey& key) const;
  void remember(const KernelKey& key, const Accepted& entry) const;

  HuntingGround& ground_;
  RunContext& context_;
  const Plan& plan_;
  const Subgraph& subgraph_;
  std::string folder_, problem_, step_, from_;
  Target target_;
  Semaphore fitting_;  ///< judgements of this subgraph that fit the device's memory at once
  std::vector<Accepted> accepted_;
  std::vector<Tried> tried_;
  bool needs_whole_gpu_ = false;             ///< a judgement of this subgraph lacked memory beside others
  std::map<std::string, Verdict> verdicts_;  ///< by digest of candidate: judged, or found in the cache
  std::optional<FoundTuning> known_;         ///< what the tuning cache said
  double timing_seconds_ = 0;
  int64_t judged_ = 0;
  Json tuning_;
};

}  // namespace ka
