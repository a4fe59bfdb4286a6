#include "run/user_check.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "judge/sessions.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

Json described(const std::filesystem::path& file) { return {{"path", file.string()}, {"source", packed_source(file)}}; }

}  // namespace

Task<Status> apply_user_test(Workshop& workshop, Case which, Verdict* verdict) {
  const std::filesystem::path test = absolute_path(workshop.config().test);
  KA_CO_TRY(const std::string text, read_file(test));
  const Deadline deadline = after(workshop.config().timeout);
  KA_CO_TRY(const auto party, co_await open_party(workshop.pool(), WorkerRole::kCandidate, deadline));
  Json request = make_request(
      "user_test",
      Json{{"test", described(test)}, {"kernel", described(which.candidate)}, {"problem", described(which.problem)}});
  const Answer answer = co_await party->ask(std::move(request));
  if (answer.ended_from_outside()) co_return tl::unexpected<Error>(*answer.error);
  const bool passed = answer.good() && bool_or(answer.reply, "passed");
  const std::string why = answer.good() ? string_or(answer.reply, "why") : answer.describe();
  verdict->details["user_test"] = {{"file", test.string()},
                                   {"sha256", sha256(text)},
                                   {"passed", passed},
                                   {"why", why},
                                   {"printed", answer.good() ? string_or(answer.reply, "printed") : answer.output}};
  if (!passed) {
    verdict->kind = VerdictKind::kWrong;
    verdict->reason =
        fmt::format("the judge accepts it, and your test {} does not: {}", test.filename().string(), first_line(why));
  }
  co_return Status();
}

}  // namespace ka
