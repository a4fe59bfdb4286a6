#include "run/problem_writer.h"

#include "agent/conversation.h"
#include "agent/feedback.h"
#include "agent/reply.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "judge/provenance.h"
#include "run/trace.h"

namespace ka {
namespace {

constexpr const char* kStep = "problem";

/// One conversation, until a file of the model's traces.
class ProblemWriter {
 public:
  ProblemWriter(RunContext& context, const std::string& description)
      : context_(context),
        rounds_(context.workshop.config().rounds),
        conversation_(*context.team.models, context.workshop.config().model, context.team.prompts.problem(description)) {}

  Task<Result<std::string>> write() {
    std::string fault;
    for (int round = 1; round <= rounds_; ++round) {
      KA_CO_CHECK_OK(keep(round, "prompt.md", conversation_.transcript()));
      std::string purpose = fmt::format("problem round {}", round);
      KA_CO_TRY(const ModelReply reply, co_await conversation_.ask(std::move(purpose)));
      KA_CO_CHECK_OK(keep(round, "reply.md", reply.text));
      Result<std::string> source = module_from_reply(reply.text, "Model");
      std::string answer;
      if (source) {
        KA_CO_CHECK_OK(keep(round, "problem.py", *source));
        const std::filesystem::path file = context_.directory.file(path(round, "problem.py"));
        const Result<Traced> traced = co_await trace_problem(context_.workshop, file);
        if (!traced && traced.error().fault != Fault::kInput) co_return tl::unexpected<Error>(traced.error());
        fault = traced ? "" : told(traced.error());
        answer = feedback_on_file(fault);
      } else {
        fault = source.error().message;
        answer = feedback_without_kernel(fault);
      }
      context_.events.emit(AnswerChecked{kStep, fault, 1, round});
      if (fault.empty()) co_return std::move(*source);
      KA_CO_CHECK_OK(keep(round, "feedback.md", answer));
      conversation_.go_on(reply.text, context_.team.prompts.repair(answer, rounds_ - round));
    }
    co_return fail(Fault::kInput, "the model wrote no problem file that works: " + fault,
                   context_.directory.file("problem_out").string(), "say more exactly what is wanted, or name another model");
  }

 private:
  std::string path(int round, std::string_view file) const { return fmt::format("problem_out/round_{}/{}", round, file); }
  Status keep(int round, std::string_view file, std::string_view text) const {
    return context_.directory.write(path(round, file), text);
  }
  /// Where it stands, without the folder, which differs from run to run.
  static std::string told(const Error& error) {
    const std::string place = error.where.substr(error.where.rfind('/') + 1);
    return fmt::format("{} ({})", error.message, place);
  }

  RunContext& context_;
  int rounds_;
  Conversation conversation_;
};

std::string start_of(const std::string& description, const std::string& model) {
  return sha256(compact(Json{"problem", description, model}));
}

}  // namespace

Task<Result<std::string>> write_problem(RunContext& context, std::string description) {
  const Stopwatch clock;
  const std::string& model = context.workshop.config().model;
  if (context.team.models == nullptr)
    co_return fail(Fault::kInput, "a model writes the problem, and none is named", "",
                   "name one with --model; `kernelagent models` lists them");
  RunDirectory& directory = context.directory;
  const std::string start = start_of(description, model);
  const bool reused = directory.is_finished(kStep, start);
  if (!reused) {
    ProblemWriter writer(context, description);
    KA_CO_TRY(const std::string source, co_await writer.write());
    KA_CO_TRY(const std::string author, context.team.models->full_name(model));
    KA_CO_CHECK_OK(directory.write(kWrittenProblem, mark_as_written_by(author, source)));
    KA_CO_CHECK_OK(directory.finish(kStep, start, {kWrittenProblem}));
  }
  KA_CO_TRY(std::string text, directory.read(kWrittenProblem));
  const std::string author = unconfirmed_author(text);
  context.events.emit(
      PhaseFinished{kStep, author.empty() ? "confirmed by a person" : "written by " + author, clock.seconds(), reused});
  if (!author.empty()) context.events.emit(ProblemWritten{directory.file(kWrittenProblem).string(), author, text});
  co_return text;
}

Status confirm_problem(const Config& config, const std::string& run) {
  KA_TRY(RunDirectory directory, RunDirectory::open(config.runs, run));
  KA_CHECK_OK(directory.lock());
  KA_TRY(Json facts, directory.read_json("run.json"));
  const std::string description = string_or(facts, "description");
  const Result<std::string> text = directory.read(kWrittenProblem);
  if (description.empty() || !text)
    return fail(Fault::kInput, "no model has written the problem of this run", directory.path().string(),
                "only what `kernelagent generate \"DESCRIPTION\"` made can be confirmed");
  KA_CHECK_OK(directory.write(kWrittenProblem, confirmed(*text)));
  const Json* settings = find(facts, "settings");
  const std::string model = settings != nullptr ? string_or(*settings, "model") : "";
  KA_CHECK_OK(directory.finish(kStep, start_of(description, model), {kWrittenProblem}));
  facts["problem_confirmed"] = utc_timestamp();
  return directory.write("run.json", pretty(facts));
}

}  // namespace ka
