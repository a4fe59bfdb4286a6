#include "run/refactor.h"

#include <map>
#include <set>

#include "agent/conversation.h"
#include "agent/feedback.h"
#include "agent/reply.h"
#include "base/digest.h"
#include "base/text.h"
#include "process/event.h"
#include "run/fused_check.h"
#include "run/glue_check.h"
#include "run/package.h"
#include "run/trace.h"

namespace ka {
namespace {

constexpr const char* kStep = "refactor";
constexpr const char* kGraphs = "orchestrator/graphs.json";
constexpr const char* kPackage = "orchestrator/code.py.tgz";
constexpr int kChecksAtOnce = 2;  ///< each is three processes

/// The text without what makes no difference: comments on lines of their own, empty lines, spaces at ends.
std::string canonical(std::string_view source) {
  std::string text;
  for (const std::string& line : split_lines(source)) {
    const std::string_view words = trim(line);
    if (!words.empty() && !words.starts_with('#')) text += line.substr(0, line.find_last_not_of(" \t") + 1) + "\n";
  }
  return text;
}

/// All dialogues about one program, until one of them wins.
class Refactoring {
 public:
  Refactoring(RunContext& context, RefactorRequest request)
      : context_(context),
        request_(std::move(request)),
        changed_(context.workshop.loop()),
        permits_(context.workshop.loop(), kChecksAtOnce) {}

  Task<Result<Refactored>> run() {
    for (int seed = 1; seed <= config().seeds; ++seed) dialogues_.push_back(talk(seed));
    for (Task<void>& dialogue : dialogues_) dialogue.start();
    while (!winner_ && !broken_ && ended_ < dialogues_.size()) {
      const bool notified = co_await changed_.wait();
      if (!notified) broken_ = Error{Fault::kInterrupted, "interrupted", {}, {}};
    }
    dialogues_.clear();  // cancels those that go on
    if (winner_) co_return winner_->program;
    if (broken_) co_return tl::unexpected<Error>(*broken_);
    co_return fail(Fault::kInput,
                   fmt::format("{}, and no rewritten program was found equal to it: {}", request_.reason, reasons()),
                   context_.directory.file("orchestrator/workers").string(), "look at the rounds there, or name another model");
  }

  Status keep_winner() const {
    const RunDirectory& directory = context_.directory;
    KA_CHECK_OK(directory.write(kRefactoredCode, winner_->source));
    KA_CHECK_OK(directory.write("orchestrator/winner/worker_id.txt", std::to_string(winner_->seed)));
    KA_CHECK_OK(directory.write("orchestrator/winner/iter.txt", std::to_string(winner_->round)));
    KA_TRY(const std::string package, tar_gz({{"code.py", winner_->source}}));
    KA_CHECK_OK(directory.write(kPackage, package));
    Json summary;
    summary["run_id"] = directory.id();
    summary["winner_worker_id"] = winner_->seed;
    summary["artifact_path"] = kPackage;
    summary["reason"] = "found equal to the original";
    return directory.write("orchestrator/summary.json", pretty(summary));
  }

 private:
  struct Winner {
    std::string source;
    Refactored program;
    int seed = 0, round = 0;
  };

  const Config& config() const { return context_.workshop.config(); }

  Task<void> talk(int seed) {
    Conversation conversation(*context_.team.models, config().rewriter(),
                              context_.team.prompts.refactor(request_.text, request_.reason, seed - 1));
    for (int round = 1; round <= config().rounds; ++round) {
      keep(seed, round, "prompt.md", conversation.transcript());
      std::string purpose = fmt::format("refactor seed {} round {}", seed, round);
      const Result<ModelReply> reply = co_await conversation.ask(std::move(purpose));
      if (!reply) {
        if (reply.error().fault == Fault::kInterrupted) broken_ = reply.error();
        reasons_.insert(reply.error().message);
        break;
      }
      keep(seed, round, "reply.md", reply->text);
      std::string text = reply->text;
      const Result<std::string> answer = co_await look_at(seed, round, std::move(text));
      if (!answer) broken_ = answer.error();
      if (!answer || winner_) break;
      keep(seed, round, "feedback.md", *answer);
      conversation.go_on(reply->text, context_.team.prompts.repair(*answer, config().rounds - round));
    }
    ++ended_;
    changed_.notify();
  }

  /// Returns what the model should hear; sets the winner where there is nothing to say.
  Task<Result<std::string>> look_at(int seed, int round, std::string reply) {
    Result<std::string> source = module_from_reply(reply, "Model");
    std::string fault = source ? "" : source.error().message;
    Refactored program;
    if (source) {
      keep(seed, round, "code.py", *source);
      const std::string digest = sha256(canonical(*source));
      if (const auto known = faults_.find(digest); known != faults_.end()) {
        fault = "this file was tried already: " + known->second;
      } else {
        faults_[digest] = "another dialogue has written it, and it is being looked at";
        const std::filesystem::path file = context_.directory.file(path(seed, round, "code.py"));
        std::string text = *source;
        KA_CO_TRY(fault, co_await check(file, std::move(text), &program));
        faults_[digest] = fault;
      }
    }
    context_.events.emit(AnswerChecked{kStep, fault, seed, round});
    if (fault.empty()) winner_ = Winner{std::move(*source), std::move(program), seed, round};
    if (!fault.empty()) reasons_.insert(fault);
    co_return source ? feedback_on_file(fault) : feedback_without_kernel(fault);
  }

  /// Says what is wrong with a rewritten program; nothing when it is equal to the original, and can be traced whole or part by part.
  Task<Result<std::string>> check(std::filesystem::path file, std::string source, Refactored* program) {
    const Permit permit = co_await permits_.acquire();
    if (!permit) co_return interrupted_error();
    Result<TraceAnswer> answer = co_await try_trace(context_.workshop, file);
    if (!answer && answer.error().fault != Fault::kInput) co_return tl::unexpected<Error>(answer.error());
    if (!answer) co_return told(answer.error());
    if (answer->untraceable) {
      Result<Glue> glue = Glue::read(std::move(source), request_.text, "code.py");
      if (!glue) co_return fmt::format("{}; and as glue between parts: {}", told(*answer->untraceable), told(glue.error()));
      if (glue->parts().empty()) co_return told(*answer->untraceable);
      program->glue = glue->source();
      const std::filesystem::path original = request_.problem;
      KA_CO_TRY(GlueCheck found, co_await check_glue(context_.workshop, std::move(*glue), original, std::move(file)));
      program->graphs = std::move(found.graphs);
      co_return found.fault;
    }
    const std::filesystem::path original = request_.problem;
    KA_CO_TRY(const FusedCheck found, co_await compare_rewritten(context_.workshop, original, std::move(file), {}));
    if (!found.compared)
      co_return fail(Fault::kInput, "no rewritten program can be compared with the original: " + found.reason, original.string());
    program->graphs.push_back(std::move(answer->traced.graph));
    co_return found.reason;
  }

  /// With the line, without the folder, which differs from run to run.
  static std::string told(const Error& error) {
    return fmt::format("{} ({})", error.message, error.where.substr(error.where.rfind('/') + 1));
  }

  std::string path(int seed, int round, std::string_view file) const {
    return fmt::format("orchestrator/workers/{}/round_{}/{}", seed, round, file);
  }
  void keep(int seed, int round, std::string_view file, std::string_view text) {
    if (const Status kept = context_.directory.write(path(seed, round, file), text); !kept) broken_ = kept.error();
  }
  std::string reasons() const { return join({reasons_.begin(), reasons_.end()}, "; "); }

  RunContext& context_;
  RefactorRequest request_;
  std::map<std::string, std::string> faults_;  ///< by digest of canonical code: every file that was looked at
  std::set<std::string> reasons_;
  std::optional<Winner> winner_;
  std::optional<Error> broken_;  ///< what no other file could change
  size_t ended_ = 0;
  Event changed_;
  Semaphore permits_;
  std::vector<Task<void>> dialogues_;
};

}  // namespace

Task<Result<Refactored>> refactor_problem(RunContext& context, RefactorRequest request) {
  RunDirectory& directory = context.directory;
  const std::string start =
      sha256(compact(Json{kStep, request.text, request.reason, context.workshop.config().rewriter(), context.machine}));
  if (directory.is_finished(kStep, start)) {
    Refactored kept;
    kept.reused = true;
    KA_CO_TRY(const Json json, directory.read_json(kGraphs));
    for (const Json& graph : json.value("graphs", Json::array())) {
      KA_CO_TRY(Graph read, graph_from_json(graph));
      kept.graphs.push_back(std::move(read));
    }
    if (bool_or(json, "glue")) {
      KA_CO_TRY(kept.glue, directory.read(kRefactoredCode));
    }
    co_return kept;
  }
  Refactoring refactoring(context, std::move(request));
  KA_CO_TRY(Refactored refactored, co_await refactoring.run());
  KA_CO_CHECK_OK(refactoring.keep_winner());
  Json graphs;
  graphs["glue"] = !refactored.glue.empty();
  graphs["graphs"] = Json::array();
  for (const Graph& graph : refactored.graphs) graphs["graphs"].push_back(to_json(graph));
  KA_CO_CHECK_OK(directory.write(kGraphs, pretty(graphs)));
  KA_CO_CHECK_OK(directory.finish(kStep, start, {kRefactoredCode, kPackage, kGraphs}));
  co_return refactored;
}

}  // namespace ka
