#include "run/hunt.h"

#include <algorithm>

#include "agent/workload.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/templates.h"
#include "base/text.h"
#include "codegen/author.h"
#include "plan/pytorch_text.h"
#include "process/when_all.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCompiler = "codegen";
constexpr double kJudgedCopies = 6;  ///< inputs and results that a judgement holds: in their own type, in float64, rearranged

}  // namespace

KernelHunt::KernelHunt(HuntingGround& ground, const Plan& plan, int index)
    : ground_(ground),
      context_(ground.context),
      plan_(plan),
      subgraph_(plan.subgraphs[static_cast<size_t>(index)]),
      folder_("kernels_out/" + subgraph_.id),
      fitting_(ground.context.workshop.loop(), static_cast<int>(at_once(kJudgedCopies))) {
  problem_ = subgraph_problem(plan, index);
  step_ = "kernel " + subgraph_.id;
  const Config& config = context_.workshop.config();
  Json from = {subgraph_.signature, problem_, context_.machine, config.mode, name(config.effort), judge_version()};
  if (ground_.has_clock) from.push_back(name(config.tune));
  if (!may_round()) from.push_back("unrounded");
  from_ = sha256(compact(from));
}

std::optional<SubgraphOutcome> KernelHunt::kept() {
  if (!context_.directory.is_finished(step_, from_)) return std::nullopt;
  const Result<Json> json = context_.directory.read_json(folder_ + "/kernel.json");
  if (!json) return std::nullopt;
  Result<Kernel> kernel = kernel_from_json(*json);
  if (!kernel) return std::nullopt;
  chosen(*kernel, "kept", 0, 0);
  Json tuning;
  if (Result<Json> told = context_.directory.read_json(folder_ + "/tuning.json"); told && told->is_object()) {
    tuning = std::move(*told);
    tuning.erase("candidates");
  }
  return SubgraphOutcome{subgraph_.id, true, true, {}, std::move(*kernel), candidates_on_disk(), std::move(tuning)};
}

Task<Result<std::optional<SubgraphOutcome>>> KernelHunt::take_unjudged() {
  Author* const first = ground_.authors.front();
  if (first->name() != kCompiler || context_.workshop.config().always_agent || !first->accepts({&plan_, subgraph_}))
    co_return std::nullopt;
  KA_CO_CHECK_OK(co_await pose());
  const std::unique_ptr<Attempt> attempt = first->begin(assignment());
  StepResult step = attempt->step();
  attempt->cancel();
  auto* const offered = std::get_if<Candidates>(&step);
  if (offered == nullptr || offered->kernels.size() != 1) co_return std::nullopt;
  if (ground_.terms.judged == DispatchTerms::Judged::kRounding && is_rounding(offered->kernels.front().schedule))
    co_return std::nullopt;
  Accepted entry;
  entry.kernel = std::move(offered->kernels.front());
  entry.judged = false;
  tried_.push_back({0, entry.kernel.author, entry.kernel.schedule, "unjudged", entry.kernel.predicted_ms, 0});
  accepted_.push_back(std::move(entry));
  KA_CO_CHECK_OK(settle_tuning());
  KA_CO_CHECK_OK(keep_best());
  co_return SubgraphOutcome{subgraph_.id, true, false, {}, accepted_.front().kernel, 0, tuning_};
}

Task<Status> KernelHunt::pose() {
  KA_CO_TRY(const Target target, co_await context_.workshop.target());
  target_ = target;
  KA_CO_CHECK_OK(context_.directory.write(folder_ + "/problem.py", problem_));
  co_return context_.directory.write(folder_ + "/problem.txt", specification({&plan_, subgraph_}, target_));
}

Task<Result<SubgraphOutcome>> KernelHunt::hunt() {
  KA_CO_CHECK_OK(co_await pose());
  std::vector<std::string> reasons;
  for (Author* const author : ground_.authors) {
    if (!accepted_.empty() && !context_.workshop.config().always_agent && !ground_.terms.ask_all) break;
    const Decision decision = author->accepts({&plan_, subgraph_});
    if (!decision) {
      reasons.push_back(fmt::format("{} refuses: {}", author->name(), decision.reason));
      continue;
    }
    KA_CO_CHECK_OK(co_await time_accepted());
    KA_CO_TRY(const std::string ended, co_await ask(author));
    if (accepted_.empty()) reasons.push_back(fmt::format("{}: {}", author->name(), ended));
  }
  if (accepted_.empty()) co_return SubgraphOutcome{subgraph_.id, false, true, join(reasons, "; "), {}, judged_, {}};
  KA_CO_CHECK_OK(co_await time_accepted());
  KA_CO_CHECK_OK(settle_tuning());
  KA_CO_CHECK_OK(keep_best());
  co_return SubgraphOutcome{subgraph_.id, true, true, {}, accepted_.front().kernel, judged_, tuning_};
}

int64_t KernelHunt::candidates_on_disk() const {
  const Result<std::vector<std::string>> names = list_dir(context_.directory.file(folder_ + "/candidates"));
  return !names ? 0 : std::count_if(names->begin(), names->end(), [](const std::string& file) { return file.ends_with(".py"); });
}

Task<Result<std::string>> KernelHunt::ask(Author* author) {
  const std::unique_ptr<Attempt> attempt = author->begin(assignment());
  const size_t accepted_before = accepted_.size();
  std::string reason = "no candidate was written";
  while (true) {
    StepResult step = attempt->step();
    if (auto* done = std::get_if<Done>(&step)) {
      if (!done->reason.empty()) reason = done->reason;
      break;
    }
    if (std::holds_alternative<Waiting>(step)) {
      co_await context_.workshop.loop().sleep(20ms);
      if (context_.workshop.loop().interrupted()) co_return interrupted_error();
      continue;
    }
    const std::vector<Kernel>& offered = std::get<Candidates>(step).kernels;
    KA_CO_TRY(const std::vector<Verdict> verdicts, co_await judge_all(offered));
    for (size_t i = 0; i < offered.size(); ++i) {
      reason = fmt::format("{}: {}", name(verdicts[i].kind), verdicts[i].reason);
      attempt->hear(offered[i], verdicts[i]);
    }
    // Without a clock the first accepted kernel is as good as any.
    if (accepted_.size() > accepted_before && !ground_.has_clock) break;
  }
  attempt->cancel();
  co_return reason;
}

Assignment KernelHunt::assignment() {
  Assignment assignment;
  const Config& config = context_.workshop.config();
  assignment.region = {&plan_, subgraph_};
  assignment.target = target_;
  assignment.problem = problem_;
  assignment.candidates = config.candidates;
  assignment.tuning = ground_.has_clock ? config.tune : Tuning::kOff;
  assignment.may_round = may_round();
  if (assignment.may_round) known_ = remembered();
  if (known_) assignment.remembered = known_->entry.schedule;
  if (!accepted_.empty()) assignment.champion = Champion{accepted_.front().kernel, accepted_.front().milliseconds};
  const RunDirectory* const directory = &context_.directory;
  assignment.keep = [directory, folder = folder_](const std::string& file, std::string_view text) {
    if (const Status kept = directory->write(folder + "/" + file, std::string(text)); !kept)
      log_warning("{}", kept.error().message);
  };
  return assignment;
}

Task<Result<std::vector<Verdict>>> KernelHunt::judge_all(const std::vector<Kernel>& kernels) {
  const size_t accepted_before = accepted_.size();
  std::vector<Task<Result<Verdict>>> tasks;
  tasks.reserve(kernels.size());
  for (const Kernel& kernel : kernels) tasks.push_back(judge_candidate(kernel));
  std::vector<Result<Verdict>> results = co_await when_all(std::move(tasks));
  std::vector<Verdict> verdicts;
  for (Result<Verdict>& result : results) {
    if (!result) co_return tl::unexpected<Error>(std::move(result).error());
    verdicts.push_back(std::move(*result));
  }
  // In the author's order, whoever was judged first.
  std::sort(accepted_.begin() + static_cast<std::ptrdiff_t>(accepted_before), accepted_.end(),
            [](const Accepted& a, const Accepted& b) { return a.number < b.number; });
  co_return verdicts;
}

Task<Result<Verdict>> KernelHunt::judge_candidate(Kernel kernel) {
  const std::string digest = sha256(compact(to_json(kernel)));
  if (const auto known = verdicts_.find(digest); known != verdicts_.end()) co_return known->second;
  const int64_t number = ++judged_;
  Accepted entry{std::move(kernel), {}, fmt::format("{}/candidates/candidate_{}.py", folder_, number), number};
  KA_CO_CHECK_OK(context_.directory.write(entry.file, module_source(entry.kernel)));
  const KernelKey key = key_of(digest);
  if (const std::optional<CachedKernel> cached = look_up(key)) {
    const Verdict verdict = *verdict_from_json(cached->verdict);  // look_up has read it
    verdicts_[digest] = verdict;
    tried_.push_back({number, entry.kernel.author, entry.kernel.schedule, std::string(name(verdict.kind)),
                      entry.kernel.predicted_ms, cached->milliseconds});
    entry.verdict = cached->verdict, entry.bound_used = cached->bound_used, entry.milliseconds = cached->milliseconds,
    entry.cached = true;
    accepted_.push_back(std::move(entry));
    co_return verdict;
  }
  std::string file = entry.file;
  KA_CO_TRY(const Verdict verdict, co_await judge_in_turn(std::move(file), number));
  needs_whole_gpu_ = needs_whole_gpu_ || bool_or(verdict.details, "alone_on_gpu");
  verdicts_[digest] = verdict;
  tried_.push_back(
      {number, entry.kernel.author, entry.kernel.schedule, std::string(name(verdict.kind)), entry.kernel.predicted_ms, 0});
  CandidateJudged event{subgraph_.id,
                        entry.kernel.author,
                        entry.kernel.schedule,
                        std::string(name(verdict.kind)),
                        verdict.reason,
                        entry.number,
                        verdict.worst_bound_used(),
                        verdict.seconds,
                        0};
  // Kept before it is told: whoever is killed after the event does not judge it again.
  if (verdict.accepted()) {
    entry.verdict = to_json(verdict), entry.bound_used = verdict.worst_bound_used();
    remember(key, entry);
    accepted_.push_back(std::move(entry));
  } else {
    KA_CO_CHECK_OK(context_.directory.write(fmt::format("{}/candidates/candidate_{}.verdict.json", folder_, entry.number),
                                            pretty(to_json(verdict))));
  }
  context_.events.emit(event);
  co_return verdict;
}

Task<Result<Verdict>> KernelHunt::judge_in_turn(std::string file, int64_t number) {
  const Permit fits = co_await fitting_.acquire();
  if (!fits) co_return interrupted_error();
  const Permit turn = co_await ground_.judgements.acquire();
  if (!turn) co_return interrupted_error();
  JudgeRequest request = request_for(file, number);
  WorkerPool& pool = context_.workshop.pool();
  Result<Verdict> verdict = co_await judge(pool, std::move(request));
  co_return verdict;
}

JudgeRequest KernelHunt::request_for(const std::string& file, int64_t number) {
  const Config& config = context_.workshop.config();
  JudgeRequest request;
  request.candidate = absolute_path(context_.directory.file(file));
  request.problem = absolute_path(context_.directory.file(folder_ + "/problem.py"));
  request.device = target_.device;
  request.gpu = target_.gpu;
  request.alone = needs_whole_gpu_;
  request.mode = config.mode;
  // The program's own judgement has the last word; a subgraph's has to find a wrong kernel fast.
  request.effort = config.effort == Effort::kThorough ? Effort::kStandard : Effort::kQuick;
  request.seed = config.judge_seed;
  request.timeout = config.timeout;
  for (size_t i = 0; i < subgraph_.inputs.size(); ++i) {
    const auto input = plan_.graph.input_of(subgraph_.inputs[i]);
    if (input && plan_.graph.inputs[static_cast<size_t>(*input)].kind == InputKind::kParameter)
      request.parameters.push_back(std::to_string(i));
  }
  const std::string id = subgraph_.id;
  EventStream* const events = &context_.events;
  request.progress = [events, id, number](const std::string& step) {
    events->emit(Progressed{"write", fmt::format("{}, candidate {}: {}", id, number, step)});
  };
  return request;
}

Status KernelHunt::keep_best() {
  const Accepted& best = accepted_.front();
  const RunDirectory& directory = context_.directory;
  KA_CHECK_OK(directory.write(folder_ + "/kernel.py", module_source(best.kernel)));
  KA_CHECK_OK(directory.write(folder_ + "/kernel.json", pretty(to_json(best.kernel))));
  KA_CHECK_OK(directory.write(folder_ + "/test_kernel.py", template_text("templates/run/test_kernel.py")));
  if (!best.judged) {
    KA_CHECK_OK(remove_tree(directory.file(folder_ + "/verdict.json")));  // another kernel's
    chosen(best.kernel, "unjudged", 0, best.milliseconds);
    return {};
  }
  KA_CHECK_OK(directory.write(folder_ + "/verdict.json", pretty(best.verdict)));
  std::vector<std::string> files;
  for (const char* file : {"problem.py", "kernel.py", "kernel.json", "verdict.json"}) files.push_back(folder_ + "/" + file);
  KA_CHECK_OK(context_.directory.finish(step_, from_, files));
  chosen(best.kernel, best.cached ? "cached" : "judged", best.bound_used, best.milliseconds);
  return {};
}

void KernelHunt::chosen(const Kernel& kernel, const char* how, double bound_used, double milliseconds) {
  context_.events.emit(
      KernelChosen{subgraph_.id, kernel.author, kernel.schedule, folder_ + "/kernel.py", how, bound_used, milliseconds});
}

KernelKey KernelHunt::key_of(const std::string& digest) const {
  const Config& config = context_.workshop.config();
  const bool thorough = config.effort == Effort::kThorough;
  return {subgraph_.signature,
          digest,
          fmt::format("{} {}", judge_version(), thorough ? "standard" : "quick"),
          context_.workshop.pool().sandbox_level(),
          worker_digest(config.worker),
          context_.machine,
          fmt::format("{} {}", config.mode, config.platform)};
}

/// The cache makes runs faster and must never make one fail.
std::optional<CachedKernel> KernelHunt::look_up(const KernelKey& key) const {
  if (context_.index == nullptr) return std::nullopt;
  Result<std::optional<CachedKernel>> found = context_.index->find(key);
  if (!found) log_warning("{}", found.error().message);
  if (!found || !*found || !verdict_from_json((*found)->verdict)) return std::nullopt;  // another version's verdict is none
  return *found;
}

void KernelHunt::remember(const KernelKey& key, const Accepted& entry) const {
  if (context_.index == nullptr) return;
  const Status kept = context_.index->keep(key, {context_.directory.id(), entry.bound_used, entry.milliseconds, entry.verdict});
  if (!kept) log_warning("{}", kept.error().message);
}

}  // namespace ka
