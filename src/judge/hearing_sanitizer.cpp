#include <algorithm>

#include "judge/defences.h"
#include "judge/hearing.h"
#include "judge/sanitizer_report.h"

namespace ka {
namespace {

constexpr std::chrono::minutes kPatience{3};       ///< for one check: the tool slows a program down by orders of magnitude
constexpr std::chrono::seconds kClosing{30};       ///< for the tool to end its report
constexpr const char* kInputs = "checked_inputs";  ///< copies on the CPU, for processes that allocate every tensor anew
constexpr const char* kState = "checked_state";

}  // namespace

/// Has the candidate called once more, on the problem's own values, in a process under compute-sanitizer for each of its checks. What the
/// tool finds refuses the candidate; that it found nothing, or could not run, is told and acquits of nothing.
Task<Status> Hearing::run_sanitizer() {
  if (!is_on(Defence::kSanitizer)) co_return Status();
  KA_CO_CHECK_OK(co_await own_values(plan_.trials.front()));
  for (const WorkerRole check : {WorkerRole::kMemcheck, WorkerRole::kRacecheck}) {
    if (decided()) break;
    KA_CO_TRY(const std::string said, co_await check_under(check));
    verdict_.details["compute_sanitizer"][std::string(name(check))] = said;
    if (!decided() && said != "no errors") note(fmt::format("compute-sanitizer, {}: {}", name(check), said));
    report(fmt::format("compute-sanitizer, {}: {}", name(check), said));
  }
  co_return Status();
}

/// Returns what one check came to. Errors are those of the other processes.
Task<Result<std::string>> Hearing::check_under(WorkerRole check) {
  if (lean_) co_return "not run, memory is scarce";
  const Deadline deadline = std::min(deadline_, after(kPatience));
  auto opened = co_await open_party(pool_, check, deadline);
  if (!opened && opened.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(std::move(opened).error());
  if (!opened) co_return "not run, " + opened.error().message;
  Party& party = **opened;
  std::string trouble;
  const auto failed = [&](const Answer& answer) {
    trouble = answer.good() ? "" : answer.describe();
    return !trouble.empty();
  };
  Json show = outline_request();
  Answer answer = co_await party.ask(std::move(show));
  if (!failed(answer)) {
    Json load = load_candidate_request(request_.candidate, request_.device, request_.mode, facts_);
    answer = co_await party.ask(std::move(load));
  }
  if (!failed(answer)) {
    KA_CO_CHECK_OK(co_await give_copies(party));
    Json run = run_request(plan_.trials.front(), kInputs, "");
    run["state"] = kState;
    run["mutations"] = facts_.mutations;
    answer = co_await party.ask(std::move(run));
    failed(answer);
    Names groups = {kInputs, kState};
    KA_CO_CHECK_OK(co_await compare_->release(std::move(groups)));
  }
  if (answer.ended_from_outside()) co_return tl::unexpected<Error>(std::move(*answer.error));
  const Result<std::string> text = co_await party.finish(kClosing);
  const SanitizerRuling ruling = rule_on_report(check, text.value_or(""));
  if (ruling.finding) decide(ruling.finding->kind, ruling.finding->reason);
  if (ruling.finding || trouble.empty()) co_return ruling.said;
  co_return fmt::format("the call did not end well, {}; {}", trouble, ruling.said);
}

/// Shares copies of the present inputs and state with a process.
Task<Status> Hearing::give_copies(Party& party) {
  Json groups = Json{{kInputs, facts_.input_types}, {kState, facts_.state_types}};
  KA_CO_TRY(const SharedGroups made, co_await compare_->allocate(std::move(groups), "cpu"));
  KA_CO_CHECK_OK(co_await compare_->copy("inputs", kInputs));
  KA_CO_CHECK_OK(co_await compare_->copy("state", kState));
  Names names = {kInputs, kState};
  co_return co_await made.bind(party, std::move(names));
}

}  // namespace ka
