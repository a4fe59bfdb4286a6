#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "judge/comparer.h"
#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/gpu_seat.h"
#include "judge/judge.h"
#include "judge/numerics.h"
#include "judge/policy.h"
#include "judge/trials.h"
#include "judge/vacuity.h"

namespace ka {

/// One judgement from start to verdict (docs/TRUST.md, The way of a judgement). Steps return an Error for what is not the candidate's
/// fault; what is, they record with `decide`, and the caller stops at `decided`.
class Hearing {
 public:
  Hearing(WorkerPool& pool, JudgeRequest request, GpuSeat* seat, MemoryLimits limits = {});  ///< no seat: memory is claimed
  Task<Result<Verdict>> run();
  /// Did the memory of the device decide how it went: an end without a result, or an oracle of lesser precision?
  bool was_short_of_memory() const;

 private:
  using Names = std::vector<std::string>;

  // Setting up (hearing.cpp)
  Status read_source();
  Task<Status> open();
  Task<Status> learn_problem();
  /// Compiles a large program's kernels, then waits until the GPU's memory suffices beside others. The wait does not count.
  Task<Status> get_room();
  Json outline_request() const;
  Task<Status> show_source();
  Task<Status> load_candidate();
  void judge_loading(const Answer& answer);
  void report_branches();
  void conclude();
  Task<void> keep_compiled();
  bool on_gpu() const { return request_.device.starts_with("cuda"); }

  // Shared memory (hearing.cpp)
  /// Allocates groups in the comparing process and opens them in those of the two workers that may see them.
  Task<Status> share(Json groups);
  Task<Status> drop(Names groups);
  /// The types of all results, contiguous; with `wide` those of the oracle.
  Json result_types(bool wide) const;

  // One input set (hearing_trial.cpp)
  Task<Status> hold(const Trial& trial);
  Task<Status> hear(const Trial& trial);
  Task<Status> release_after(const Trial& trial);
  Task<Result<bool>> prepare(const Trial& trial);
  Task<Status> own_values(const Trial& trial);
  Task<Status> made_values(const Trial& trial);
  Task<Status> fill_inputs(const Trial& trial);
  Task<Status> vary_state(const Trial& trial);
  Task<Result<bool>> find_domain(const Trial& trial);
  Task<Status> same_values(const Trial& trial);  ///< once more, over what became of them
  Task<Status> rearrange();
  Task<Result<bool>> keep_to_domain(const Trial& trial);
  Task<Result<bool>> takes_other_weights(const Trial& trial);
  Task<Result<bool>> call_reference(const Trial& trial);
  Task<Status> hand_over(const Trial& trial);

  // The oracle and PyTorch's own distance from it (hearing_truth.cpp)
  Task<Status> find_truth(const Trial& trial);
  Task<Status> run_oracle(const Trial& trial);
  Json oracle_request(const Trial& trial, std::string_view precision) const;
  Task<Status> give_up_float64(std::string reason);
  Task<Status> move_by_one_ulp(const Trial& trial);
  Task<Status> move_in_place(const Trial& trial);
  Task<Status> widen(std::string group);
  Task<Status> widen_without_tf32(const Trial& trial);
  Task<Status> excuse_independent(const Trial& trial, const Json& wanted, Json& measured);
  Task<Status> find_independent(const Trial& trial, Names kinds, std::string only);

  // The candidate (hearing_candidate.cpp)
  Task<Status> call_candidate(const Trial& trial, bool again);
  void judge_failure(const Trial& trial, const Answer& answer);
  void judge_reply(const Trial& trial, const Json& reply);
  void list_operators(const OperatorRuling& ruling);
  void judge_kernels(const Json& reply);
  Task<Status> check_untouched(const Trial& trial);
  Task<Status> measure(const Trial& trial, bool substitutes);
  Json substitutes_for(const Trial& trial) const;
  bool is_wanted(const std::string& result, const std::string& substitute) const;
  Status weigh_substitutes(const Json& wanted, const Json& measured);
  Task<Status> drop_last_step(const Trial& trial);
  void rule_on_vacuity();
  Task<Status> repeat(const Trial& trial);

  // compute-sanitizer (hearing_sanitizer.cpp)
  Task<Status> run_sanitizer();
  Task<Result<std::string>> check_under(WorkerRole check);
  Task<Status> give_copies(Party& party);

  Json items(const std::string& group) const;
  std::string input_group(const Trial& trial) const { return trial.rearranged ? "strided" : "inputs"; }
  std::string given(const std::string& group) const { return separate_ ? "given_" + group : group; }
  Json run_request(const Trial& trial, const std::string& inputs, const std::string& outputs) const;
  void decide(VerdictKind kind, std::string reason);
  bool decided() const { return decided_; }
  bool over() const { return decided_ || refused_; }
  void report(const std::string& line) const;
  void note(std::string text);

  WorkerPool& pool_;
  JudgeRequest request_;
  GpuSeat* seat_;
  MemoryLimits limits_;
  Deadline deadline_;
  Verdict verdict_;
  bool decided_ = false;
  bool warm_ = false;     ///< the candidate has been called
  bool refused_ = false;  ///< the candidate declined the present input set, as it may

  SourceRuling source_;
  std::string problem_author_;  ///< the model that wrote the problem, where no person has confirmed it
  std::unique_ptr<Comparer> compare_;
  std::unique_ptr<Party> reference_, candidate_;
  ProblemFacts facts_;
  Json compiled_;  ///< kernels for the candidate's cache
  TrialPlan plan_;
  bool separate_ = true;           ///< the candidate gets copies of inputs and state, so that it can run beside the reference
  bool lean_ = false;              ///< memory is scarce: result buffers live for one step, inputs are rarely moved by one ulp
  bool has_finite_truth_ = false;  ///< its buffers are there
  bool reference_only_ = false;    ///< the oracle is PyTorch in IEEE precision

  std::vector<Json> scalars_;  ///< by input; null for tensors
  Names non_negative_;         ///< inputs whose own values are never negative
  std::string domain_;    ///< where made values stay: "" the observed range, "seen", "whole_range", "range", "own" (find_domain)
  bool redraws_ = false;  ///< the present trial's parameters are drawn anew
  std::string refusal_;   ///< why the problem did not take the present values
  bool keeps_sign_ = false;              ///< made values of those stay non-negative, because the problem breaks on others
  Json truth_call_;                      ///< the reference's reply to `run` in the problem's own precision
  std::vector<ProblemBranch> branches_;  ///< which ways the problem's tests went, on all input sets so far
  std::map<std::string, Yardstick> yardsticks_;
  Names dropped_;         ///< results whose last step the reference could leave out in the present trial
  Names digests_before_;  ///< of inputs and state, where the candidate has no copies
  TrialFigures figures_;
  Vacuity vacuity_;
};

}  // namespace ka
