#include "judge/hearing.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/ahead.h"
#include "judge/defences.h"
#include "judge/outline.h"
#include "judge/provenance.h"
#include "process/when_all.h"

namespace ka {
namespace {

constexpr size_t kReasonWidth = 400;
constexpr std::chrono::hours kNoHurry{1};  ///< where a test leaves the deadline out

bool is_shared_by_both(const std::string& group) { return group == "inputs" || group == "state" || group == "strided"; }

bool is_for_candidate(const std::string& group) { return group == "candidate" || group.starts_with("given_"); }

bool is_heard(const Trial& trial) {
  if (trial.own) return trial.repeat || is_on(Defence::kOtherSeeds);
  return is_on(trial.rearranged ? Defence::kOtherStrides : Defence::kMadeValues);
}

/// Where the largest share of the bound was used: "0.43 of the allowed error (output 0, large)".
std::string margin_of(const Verdict& verdict) {
  const OutputFigures* worst = nullptr;
  std::string_view on;
  for (const TrialFigures& trial : verdict.trials) {
    for (const OutputFigures& output : trial.outputs) {
      if (worst != nullptr && output.bound_used <= worst->bound_used) continue;
      worst = &output;
      on = trial.distribution;
    }
  }
  return worst == nullptr ? "nothing to compare"
                          : fmt::format("at most {:.2g} of the allowed error ({}, {})", worst->bound_used, worst->name, on);
}

}  // namespace

Hearing::Hearing(WorkerPool& pool, JudgeRequest request, GpuSeat* seat, MemoryLimits limits)
    : pool_(pool),
      request_(std::move(request)),
      seat_(seat),
      limits_(limits),
      deadline_(after(is_on(Defence::kDeadline) ? request_.timeout : kNoHurry)) {}

Task<Result<Verdict>> Hearing::run() {
  const Stopwatch watch;
  KA_CO_CHECK_OK(read_source());
  if (!decided()) {
    KA_CO_CHECK_OK(co_await open());
    KA_CO_CHECK_OK(co_await show_source());
  }
  if (!decided()) {
    KA_CO_CHECK_OK(co_await learn_problem());
    KA_CO_CHECK_OK(co_await load_candidate());
  }
  for (const Trial& trial : plan_.trials) {
    if (decided()) break;
    KA_CO_CHECK_OK(co_await hold(trial));
  }
  if (!decided() && (on_gpu() || sanitizer_without_gpu) && request_.effort == Effort::kThorough) {
    KA_CO_CHECK_OK(co_await run_sanitizer());
  }
  if (!decided()) conclude();
  if (verdict_.accepted() && on_gpu()) co_await keep_compiled();
  verdict_.seconds = watch.seconds();
  verdict_.details["effort"] = name(request_.effort);
  verdict_.details["device"] = request_.device;
  verdict_.details["mode"] = request_.mode;
  verdict_.details["numerics"] = to_json(kNumerics);
  verdict_.details["judge"] = judge_version();
  verdict_.details["sandbox"] = pool_.sandbox_level();
  verdict_.details["limits"] = pool_.limits();
  co_return std::move(verdict_);
}

bool Hearing::was_short_of_memory() const {
  if (verdict_.accepted() && !reference_only_) return false;
  return (compare_ && compare_->ran_out_of_memory()) || (reference_ && reference_->ran_out_of_memory()) ||
         (candidate_ && candidate_->ran_out_of_memory());
}

Status Hearing::read_source() {
  KA_TRY(const std::string source, read_file(request_.candidate));
  KA_TRY(const std::string problem, read_file(request_.problem));
  source_ = rule_on_source(source, problem, request_.trusted_zones);
  problem_author_ = unconfirmed_author(problem);
  verdict_.details = Json::object();
  if (source_.zoned) verdict_.details["zoned"] = true;
  if (!source_.syntax_error.empty()) {
    decide(VerdictKind::kCrashed, "the file is not Python: " + source_.syntax_error);
  } else if (is_on(Defence::kSourcePolicy) && !source_.breaches.empty()) {
    decide(VerdictKind::kUnsafe, to_text(source_.breaches.front()));
    Json all = Json::array();
    for (const Breach& breach : source_.breaches) all.push_back(to_text(breach));
    verdict_.details["breaches"] = std::move(all);
  } else if (!source_.defines_entry) {
    decide(VerdictKind::kUnbound, "the file defines neither kernel_function nor ModelNew");
  }
  return {};
}

Task<Status> Hearing::open() {
  std::vector<Task<Result<std::unique_ptr<Party>>>> opening;
  opening.push_back(open_party(pool_, WorkerRole::kCompare, deadline_));
  opening.push_back(open_party(pool_, WorkerRole::kReference, deadline_));
  opening.push_back(open_party(pool_, WorkerRole::kCandidate, deadline_));
  auto opened = co_await when_all(std::move(opening));
  for (auto& party : opened) {
    if (!party) co_return tl::unexpected<Error>(std::move(party).error());
  }
  compare_ = std::make_unique<Comparer>(std::move(*opened[0]));
  reference_ = std::move(*opened[1]);
  candidate_ = std::move(*opened[2]);
  KA_CO_TRY(verdict_.details["versions"], co_await pool_.versions());
  co_return Status();
}

Task<Status> Hearing::learn_problem() {
  Json load = load_problem_request(request_.problem, request_.device, request_.mode);
  KA_CO_TRY(const Json reply, co_await reference_->need(std::move(load)));
  KA_CO_TRY(facts_, read_facts(reply));
  KA_CO_CHECK_OK(co_await get_room());
  const int64_t arguments = facts_.input_bytes + facts_.state_bytes;
  separate_ = arguments <= limits_.separate;
  lean_ = arguments + facts_.result_bytes >= limits_.lean;
  plan_ = plan_trials(request_.effort, facts_.size(), request_.seed ? *request_.seed : draw_seed());
  std::erase_if(plan_.trials, [](const Trial& trial) { return !is_heard(trial); });
  if (!plan_.note.empty()) note(plan_.note);

  Json groups = Json::object();
  groups["inputs"] = facts_.input_types;
  groups["state"] = facts_.state_types;
  if (separate_) {
    groups["given_inputs"] = facts_.input_types;
    groups["given_state"] = facts_.state_types;
  }
  if (!lean_) {
    groups["moved_inputs"] = facts_.input_types;
    for (const char* name : {"reference", "moved_result", "candidate", "dropped"}) groups[name] = result_types(false);
    groups["oracle"] = result_types(true);
  }
  KA_CO_CHECK_OK(co_await share(std::move(groups)));
  Json exported = make_request("export", Json{{"state", "state"}});
  KA_CO_CHECK_OK(co_await reference_->need(std::move(exported)));
  if (separate_) {
    KA_CO_CHECK_OK(co_await compare_->copy("state", "given_state"));
  }
  co_return Status();
}

Task<Status> Hearing::get_room() {
  if (on_gpu()) {  // in processes of their own, before any memory is claimed
    AheadRequest ahead{request_.candidate, source_.text, request_.device, request_.mode, deadline_, request_.progress};
    compiled_ = co_await compiled_for(pool_, std::move(ahead), facts_);
  }
  if (seat_ == nullptr) co_return Status();
  const auto began = std::chrono::steady_clock::now();
  KA_CO_CHECK_OK(co_await seat_->claim(facts_.judging_bytes(), static_cast<double>(facts_.memory_bytes)));
  const auto waited = std::chrono::steady_clock::now() - began;
  compare_->postpone(waited);
  reference_->postpone(waited);
  candidate_->postpone(waited);
  co_return Status();
}

Json Hearing::result_types(bool wide) const {
  Json types = Json::object();
  for (const auto& [name, type] : facts_.results) {
    const std::string dtype = string_or(type, "dtype");
    const bool floating = wide && !reference_only_ && unit_roundoff(dtype) > 0;
    types[name] = contiguous_type(type, !floating ? dtype : dtype.starts_with("complex") ? "complex128" : "float64");
  }
  return types;
}

Task<Status> Hearing::share(Json groups) {
  std::string device = request_.device;
  KA_CO_TRY(const SharedGroups made, co_await compare_->allocate(std::move(groups), std::move(device)));
  Names for_reference, for_candidate;
  for (const auto& [name, group] : made.described.items()) {
    if (is_for_candidate(name) || (!separate_ && is_shared_by_both(name))) for_candidate.push_back(name);
    if (!is_for_candidate(name)) for_reference.push_back(name);
  }
  KA_CO_CHECK_OK(co_await made.bind(*reference_, std::move(for_reference)));
  co_return co_await made.bind(*candidate_, std::move(for_candidate));
}

Task<Status> Hearing::drop(Names groups) {
  const std::array<Party*, 2> guests = {reference_.get(), candidate_.get()};
  for (Party* guest : guests) {
    Json release = make_request("release", Json{{"groups", groups}});
    KA_CO_CHECK_OK(co_await guest->need(std::move(release)));
  }
  co_return co_await compare_->release(std::move(groups));
}

/// What has Python read the text that was judged, and keeps it for `load`.
Json Hearing::outline_request() const {
  return make_request("outline", Json{{"path", absolute_path(request_.candidate).string()}, {"source", source_.text}});
}

/// Has Python read the source in the candidate's process, where nothing of it has run yet. What runs there later is this text, whatever
/// becomes of the file.
Task<Status> Hearing::show_source() {
  Json show = outline_request();
  Answer answer = co_await candidate_->ask(std::move(show));
  if (answer.ended_from_outside()) co_return tl::unexpected<Error>(std::move(*answer.error));
  if (!answer.good()) {
    decide(answer.ended == "timed_out" ? VerdictKind::kTimedOut : VerdictKind::kCrashed,
           "Python cannot read it: " + answer.describe());
  } else if (const auto place = first_difference(source_.outline, string_or(answer.reply, "outline"));
             is_on(Defence::kTreeShape) && place) {
    decide(VerdictKind::kUnsafe,
           fmt::format("Python reads another program than the rules were applied to, from line {} on", *place));
  }
  co_return Status();
}

Task<Status> Hearing::load_candidate() {
  Json load = load_candidate_request(request_.candidate, request_.device, request_.mode, facts_);
  if (on_gpu()) verdict_.details["compiled_before"] = !compiled_.empty();
  if (!compiled_.empty()) load["compiled"] = std::move(compiled_);
  Answer answer = co_await candidate_->ask(std::move(load));
  if (answer.ended_from_outside()) co_return tl::unexpected<Error>(std::move(*answer.error));
  judge_loading(answer);
  co_return Status();
}

/// Keeps what an accepted program compiled, for the next judgement of the same text.
Task<void> Hearing::keep_compiled() {
  Json request = make_request("compiled");
  Answer answer = co_await candidate_->ask(std::move(request));
  if (const Json* files = answer.good() ? find(answer.reply, "files") : nullptr)
    pool_.compiled().keep(source_.text, request_.device, *files);
}

void Hearing::judge_loading(const Answer& answer) {
  if (!answer.output.empty()) verdict_.details["output"] = answer.output;
  if (answer.failure) {
    const std::string& kind = answer.failure->kind;
    return decide(kind == "no_entry" ? VerdictKind::kUnbound : VerdictKind::kCrashed, answer.describe());
  }
  if (answer.error)
    return decide(answer.ended == "timed_out" ? VerdictKind::kTimedOut : VerdictKind::kCrashed,
                  "while it was loaded, " + answer.describe());
  verdict_.details["entry"] = string_or(answer.reply, "entry");
  const Json* extra = find(answer.reply, "extra_state");
  if (is_on(Defence::kExtraState) && extra != nullptr && !extra->empty())
    decide(VerdictKind::kUnbound, fmt::format("ModelNew holds tensors that the problem does not: {}", compact(*extra)));
}

void Hearing::conclude() {
  if (verdict_.trials.empty()) return decide(VerdictKind::kInconclusive, "no input set could be tried");
  if (lean_ && !reference_only_) note("inputs were not moved by one ulp: memory is scarce");
  rule_on_vacuity();
  report_branches();
  if (!problem_author_.empty())
    verdict_.qualifier +=
        fmt::format("{}against a problem written by {}", verdict_.qualifier.empty() ? "" : "; ", problem_author_);
  decide(VerdictKind::kAccepted,
         fmt::format("{}, {}", plural(static_cast<int64_t>(verdict_.trials.size()), "input set"), margin_of(verdict_)));
}

/// What was not run was not compared: the verdict says which branches that is.
void Hearing::report_branches() {
  if (branches_.empty()) return;
  Json list = Json::array();
  for (const ProblemBranch& branch : branches_) {
    list.push_back(to_json(branch));
    if (branch.taken && branch.not_taken) continue;
    const char* missing = branch.taken ? "false" : branch.not_taken ? "true" : "reached";
    note(fmt::format("line {} of the problem: `{}` was never {} on any input set; that branch is not verified", branch.line,
                     branch.text, missing));
  }
  verdict_.details["branches"] = std::move(list);
}

void Hearing::decide(VerdictKind kind, std::string reason) {
  if (std::exchange(decided_, true)) return;
  verdict_.kind = kind;
  verdict_.reason = shorten(first_line(reason), kReasonWidth);
}

void Hearing::report(const std::string& line) const {
  if (request_.progress) request_.progress(line);
}

void Hearing::note(std::string text) {
  Json& notes = verdict_.details["notes"];
  if (!notes.is_array()) notes = Json::array();
  if (std::find(notes.begin(), notes.end(), Json(text)) == notes.end()) notes.push_back(std::move(text));
}

}  // namespace ka
