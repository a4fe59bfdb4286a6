#include "run/dispatch.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "agent/workload.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/templates.h"
#include "base/text.h"
#include "judge/bench.h"
#include "plan/pytorch_text.h"
#include "process/event.h"
#include "process/when_all.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

/// One accepted candidate, until the fastest is known.
struct Accepted {
  Kernel kernel;
  Json verdict;
  std::string file;  ///< below the run directory
  int64_t number = 0;
  double bound_used = 0;
  double milliseconds = 0;  ///< 0: not timed
  bool cached = false;
};

/// Finds the kernel of one subgraph: asks the authors, judges what they write, keeps the best.
class KernelHunt {
 public:
  KernelHunt(RunContext& context, const Plan& plan, int index, const std::vector<Author*>& authors)
      : context_(context),
        plan_(plan),
        authors_(authors),
        subgraph_(plan.subgraphs[static_cast<size_t>(index)]),
        folder_("kernels_out/" + subgraph_.id) {
    problem_ = subgraph_problem(plan, index);
    step_ = "kernel " + subgraph_.id;
    const Config& config = context.workshop.config();
    from_ =
        sha256(compact(Json{subgraph_.signature, problem_, context.machine, config.mode, name(config.effort), judge_version()}));
  }

  /// The kernel that an earlier attempt at this run was done with.
  std::optional<SubgraphOutcome> kept() {
    if (!context_.directory.is_finished(step_, from_)) return std::nullopt;
    const Result<Json> json = context_.directory.read_json(folder_ + "/kernel.json");
    if (!json) return std::nullopt;
    Result<Kernel> kernel = kernel_from_json(*json);
    if (!kernel) return std::nullopt;
    chosen(*kernel, "kept", 0, 0);
    return SubgraphOutcome{subgraph_.id, true, {}, std::move(*kernel), candidates_on_disk()};
  }

  Task<Result<SubgraphOutcome>> hunt() {
    KA_CO_TRY(const Target target, co_await context_.workshop.target());
    target_ = target;
    KA_CO_CHECK_OK(context_.directory.write(folder_ + "/problem.py", problem_));
    KA_CO_CHECK_OK(context_.directory.write(folder_ + "/problem.txt", specification({&plan_, subgraph_}, target_)));
    std::vector<std::string> reasons;
    for (Author* const author : authors_) {
      if (!accepted_.empty() && !context_.workshop.config().always_agent) break;
      const Decision decision = author->accepts({&plan_, subgraph_});
      if (!decision) {
        reasons.push_back(fmt::format("{} refuses: {}", author->name(), decision.reason));
        continue;
      }
      KA_CO_CHECK_OK(co_await time_accepted());
      KA_CO_TRY(const std::string ended, co_await ask(author));
      if (accepted_.empty()) reasons.push_back(fmt::format("{}: {}", author->name(), ended));
    }
    if (accepted_.empty()) co_return SubgraphOutcome{subgraph_.id, false, join(reasons, "; "), {}, judged_};
    KA_CO_CHECK_OK(co_await time_accepted());
    KA_CO_CHECK_OK(keep_best());
    co_return SubgraphOutcome{subgraph_.id, true, {}, accepted_.front().kernel, judged_};
  }

 private:
  int64_t candidates_on_disk() const {
    const Result<std::vector<std::string>> names = list_dir(context_.directory.file(folder_ + "/candidates"));
    return !names ? 0
                  : std::count_if(names->begin(), names->end(), [](const std::string& file) { return file.ends_with(".py"); });
  }

  /// Drives one author until it has nothing more to say or a kernel is good enough; returns how it ended.
  Task<Result<std::string>> ask(Author* author) {
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
      for (Kernel& kernel : std::get<Candidates>(step).kernels) {
        KA_CO_TRY(const Verdict verdict, co_await judge_candidate(kernel));
        reason = fmt::format("{}: {}", name(verdict.kind), verdict.reason);
        attempt->hear(kernel, verdict);
      }
      // Without a clock the first accepted kernel is as good as any.
      if (accepted_.size() > accepted_before && !context_.workshop.platform().timing) break;
    }
    attempt->cancel();
    co_return reason;
  }

  Assignment assignment() const {
    Assignment assignment;
    assignment.region = {&plan_, subgraph_};
    assignment.target = target_;
    assignment.problem = problem_;
    assignment.candidates = context_.workshop.config().candidates;
    if (!accepted_.empty()) assignment.champion = Champion{accepted_.front().kernel, accepted_.front().milliseconds};
    const RunDirectory* const directory = &context_.directory;
    assignment.keep = [directory, folder = folder_](const std::string& file, std::string_view text) {
      if (const Status kept = directory->write(folder + "/" + file, std::string(text)); !kept)
        log_warning("{}", kept.error().message);
    };
    return assignment;
  }

  /// Judges one candidate, each text once; returns what its author should hear.
  Task<Result<Verdict>> judge_candidate(Kernel kernel) {
    const std::string digest = sha256(compact(to_json(kernel)));
    if (const auto known = verdicts_.find(digest); known != verdicts_.end()) co_return known->second;
    Accepted entry{std::move(kernel), {}, fmt::format("{}/candidates/candidate_{}.py", folder_, ++judged_), judged_, 0, 0, false};
    KA_CO_CHECK_OK(context_.directory.write(entry.file, module_source(entry.kernel)));
    const KernelKey key = key_of(digest);
    if (const std::optional<CachedKernel> cached = look_up(key)) {
      const Verdict verdict = *verdict_from_json(cached->verdict);  // look_up has read it
      verdicts_[digest] = verdict;
      entry.verdict = cached->verdict, entry.bound_used = cached->bound_used, entry.milliseconds = cached->milliseconds,
      entry.cached = true;
      accepted_.push_back(std::move(entry));
      co_return verdict;
    }
    JudgeRequest request = request_for(entry.file);
    WorkerPool& pool = context_.workshop.pool();
    KA_CO_TRY(const Verdict verdict, co_await judge(pool, std::move(request)));
    verdicts_[digest] = verdict;
    CandidateJudged event{subgraph_.id,
                          entry.kernel.author,
                          entry.kernel.schedule,
                          std::string(name(verdict.kind)),
                          verdict.reason,
                          entry.number,
                          verdict.worst_bound_used(),
                          verdict.seconds,
                          0};
    context_.events.emit(event);
    if (verdict.accepted()) {
      entry.verdict = to_json(verdict), entry.bound_used = verdict.worst_bound_used();
      remember(key, entry);
      accepted_.push_back(std::move(entry));
    } else {
      KA_CO_CHECK_OK(context_.directory.write(fmt::format("{}/candidates/candidate_{}.verdict.json", folder_, entry.number),
                                              pretty(to_json(verdict))));
    }
    co_return verdict;
  }

  JudgeRequest request_for(const std::string& file) {
    const Config& config = context_.workshop.config();
    JudgeRequest request;
    request.candidate = absolute_path(context_.directory.file(file));
    request.problem = absolute_path(context_.directory.file(folder_ + "/problem.py"));
    request.device = target_.device;
    request.gpu = target_.gpu;
    request.mode = config.mode;
    // The program's own judgement has the last word; a subgraph's has to find a wrong kernel fast.
    request.effort = config.effort == Effort::kThorough ? Effort::kStandard : Effort::kQuick;
    request.timeout = config.timeout;
    for (size_t i = 0; i < subgraph_.inputs.size(); ++i) {
      const auto input = plan_.graph.input_of(subgraph_.inputs[i]);
      if (input && plan_.graph.inputs[static_cast<size_t>(*input)].kind == InputKind::kParameter)
        request.parameters.push_back(std::to_string(i));
    }
    const std::string id = subgraph_.id;
    const int64_t number = judged_;
    EventStream* const events = &context_.events;
    request.progress = [events, id, number](const std::string& step) {
      events->emit(Progressed{"write", fmt::format("{}, candidate {}: {}", id, number, step)});
    };
    return request;
  }

  /// Times the accepted candidates where there is a choice and a clock.
  Task<Status> time_accepted() {
    if (accepted_.size() < 2 || !context_.workshop.platform().timing) co_return Status();
    for (Accepted& entry : accepted_) {
      if (entry.milliseconds > 0) continue;
      BenchRequest request;
      request.candidate = absolute_path(context_.directory.file(entry.file));
      request.problem = absolute_path(context_.directory.file(folder_ + "/problem.py"));
      request.device = target_.device;
      request.gpu = target_.gpu;
      request.mode = context_.workshop.config().mode;
      request.seconds = 0.2;
      WorkerPool& pool = context_.workshop.pool();
      Result<BenchTimes> times = co_await bench(pool, std::move(request));
      if (!times && times.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(std::move(times).error());
      if (!times || !times->candidate.timed()) {
        log_warning("{} candidate {} was not timed: {}", subgraph_.id, entry.number,
                    times ? times->candidate.failure : times.error().message);
        continue;
      }
      entry.milliseconds = times->candidate.time.median_ms;
      remember(key_of(sha256(compact(to_json(entry.kernel)))), entry);
    }
    // Untimed ones stay behind timed ones; ties stay in the author's order.
    const auto slower = [](const Accepted& entry) { return entry.milliseconds > 0 ? entry.milliseconds : 1e30; };
    std::stable_sort(accepted_.begin(), accepted_.end(),
                     [&](const Accepted& a, const Accepted& b) { return slower(a) < slower(b); });
    co_return Status();
  }

  Status keep_best() {
    const Accepted& best = accepted_.front();
    const RunDirectory& directory = context_.directory;
    KA_CHECK_OK(directory.write(folder_ + "/kernel.py", module_source(best.kernel)));
    KA_CHECK_OK(directory.write(folder_ + "/kernel.json", pretty(to_json(best.kernel))));
    KA_CHECK_OK(directory.write(folder_ + "/verdict.json", pretty(best.verdict)));
    KA_CHECK_OK(directory.write(folder_ + "/test_kernel.py", template_text("templates/run/test_kernel.py")));
    std::vector<std::string> files;
    for (const char* file : {"problem.py", "kernel.py", "kernel.json", "verdict.json"}) files.push_back(folder_ + "/" + file);
    KA_CHECK_OK(context_.directory.finish(step_, from_, files));
    chosen(best.kernel, best.cached ? "cached" : "judged", best.bound_used, best.milliseconds);
    return {};
  }

  void chosen(const Kernel& kernel, const char* how, double bound_used, double milliseconds) {
    context_.events.emit(
        KernelChosen{subgraph_.id, kernel.author, kernel.schedule, folder_ + "/kernel.py", how, bound_used, milliseconds});
  }

  KernelKey key_of(const std::string& digest) const {
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
  std::optional<CachedKernel> look_up(const KernelKey& key) const {
    if (context_.index == nullptr) return std::nullopt;
    Result<std::optional<CachedKernel>> found = context_.index->find(key);
    if (!found) log_warning("{}", found.error().message);
    if (!found || !*found || !verdict_from_json((*found)->verdict)) return std::nullopt;  // another version's verdict is none
    return *found;
  }
  void remember(const KernelKey& key, const Accepted& entry) const {
    if (context_.index == nullptr) return;
    const Status kept = context_.index->keep(key, {context_.directory.id(), entry.bound_used, entry.milliseconds, entry.verdict});
    if (!kept) log_warning("{}", kept.error().message);
  }

  RunContext& context_;
  const Plan& plan_;
  const std::vector<Author*>& authors_;
  const Subgraph& subgraph_;
  std::string folder_, problem_, step_, from_;
  Target target_;
  std::vector<Accepted> accepted_;
  std::map<std::string, Verdict> verdicts_;  ///< by digest of candidate: judged, or found in the cache
  int64_t judged_ = 0;
};

Task<Result<SubgraphOutcome>> work_on(RunContext& context, const Plan& plan, int index, const std::vector<Author*>& authors,
                                      Semaphore& permits) {
  const Permit permit = co_await permits.acquire();
  if (!permit) co_return interrupted_error();
  KernelHunt hunt(context, plan, index, authors);
  if (std::optional<SubgraphOutcome> kept = hunt.kept()) co_return std::move(*kept);
  Result<SubgraphOutcome> outcome = co_await hunt.hunt();
  const std::string id = plan.subgraphs[static_cast<size_t>(index)].id;
  if (outcome && !outcome->success) context.events.emit(SubgraphFailed{id, outcome->message});
  if (outcome || outcome.error().fault == Fault::kInterrupted || outcome.error().fault == Fault::kEnvironment ||
      outcome.error().fault == Fault::kSandbox)
    co_return outcome;
  // The reference of a subgraph is ours: where it fails, this subgraph has no kernel, and the others go on.
  const std::string message = outcome.error().message;
  context.events.emit(SubgraphFailed{id, message});
  co_return SubgraphOutcome{id, false, message, {}, 0};
}

int jobs_for(const Config& config, size_t subgraphs) {
  if (config.jobs > 0) return config.jobs;
  // A judgement is three processes, of which one computes at a time.
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return static_cast<int>(std::clamp<size_t>(std::min<size_t>(subgraphs, cores), 1, 8));
}

Status write_summary(const RunDirectory& directory, const std::vector<SubgraphOutcome>& outcomes) {
  Json list = Json::array();
  for (const SubgraphOutcome& outcome : outcomes) {
    const std::string folder = "kernels_out/" + outcome.id;
    Json row;
    row["id"] = outcome.id;
    row["success"] = outcome.success;
    if (outcome.success) {
      row["worker_id"] = outcome.kernel.author;
      row["author"] = outcome.kernel.author;
      row["rounds"] = outcome.candidates;
      row["kernel_path"] = folder + "/kernel.py";
    } else {
      row["message"] = outcome.message;
    }
    row["session_dir"] = folder;
    list.push_back(std::move(row));
  }
  return directory.write("kernels_out/summary.json", pretty(list));
}

}  // namespace

Task<Result<std::vector<SubgraphOutcome>>> dispatch(RunContext& context, const std::vector<Plan>& plans,
                                                    std::vector<Author*> authors) {
  std::vector<std::pair<const Plan*, int>> unique;
  for (const Plan& plan : plans) {
    for (size_t i = 0; i < plan.subgraphs.size(); ++i)
      if (plan.subgraphs[i].representative == static_cast<int>(i)) unique.emplace_back(&plan, static_cast<int>(i));
  }
  Semaphore permits(context.workshop.loop(), jobs_for(context.workshop.config(), unique.size()));
  std::vector<Task<Result<SubgraphOutcome>>> tasks;
  for (const auto& [plan, index] : unique) tasks.push_back(work_on(context, *plan, index, authors, permits));
  std::vector<Result<SubgraphOutcome>> results = co_await when_all(std::move(tasks));
  std::vector<SubgraphOutcome> outcomes;
  for (Result<SubgraphOutcome>& result : results) {
    if (!result) co_return tl::unexpected<Error>(std::move(result).error());
    outcomes.push_back(std::move(*result));
  }
  KA_CO_CHECK_OK(write_summary(context.directory, outcomes));
  co_return outcomes;
}

}  // namespace ka
