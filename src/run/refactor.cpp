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
#include "run/package.h"
#include "run/trace.h"

namespace ka {
namespace {

constexpr const char* kStep = "refactor";
constexpr const char* kGraph = "orchestrator/graph.json";
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

  Task<Result<Graph>> run() {
    for (int seed = 1; seed <= config().seeds; ++seed) dialogues_.push_back(talk(seed));
    for (Task<void>& dialogue : dialogues_) dialogue.start();
    while (!winner_ && !broken_ && ended_ < dialogues_.size()) {
      const bool notified = co_await changed_.wait();
      if (!notified) broken_ = Error{Fault::kInterrupted, "interrupted", {}, {}};
    }
    dialogues_.clear();  // cancels those that go on
    if (winner_) co_return std::move(winner_->graph);
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
    Graph graph;
    int seed = 0, round = 0;
  };

  const Config& config() const { return context_.workshop.config(); }

  Task<void> talk(int seed) {
    Conversation conversation(*context_.team.models, config().model,
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
    Graph graph;
    if (source) {
      keep(seed, round, "code.py", *source);
      const std::string digest = sha256(canonical(*source));
      if (const auto known = faults_.find(digest); known != faults_.end()) {
        fault = "this file was tried already: " + known->second;
      } else {
        faults_[digest] = "another dialogue has written it, and it is being looked at";
        const std::filesystem::path file = context_.directory.file(path(seed, round, "code.py"));
        KA_CO_TRY(fault, co_await check(file, &graph));
        faults_[digest] = fault;
      }
    }
    context_.events.emit(AnswerChecked{kStep, fault, seed, round});
    if (fault.empty()) winner_ = Winner{std::move(*source), std::move(graph), seed, round};
    if (!fault.empty()) reasons_.insert(fault);
    co_return source ? feedback_on_file(fault) : feedback_without_kernel(fault);
  }

  /// Says what is wrong with a rewritten program; nothing when it traces and is equal to the original.
  Task<Result<std::string>> check(std::filesystem::path file, Graph* graph) {
    const Permit permit = co_await permits_.acquire();
    if (!permit) co_return interrupted_error();
    Result<TraceAnswer> answer = co_await try_trace(context_.workshop, file);
    if (!answer && answer.error().fault != Fault::kInput) co_return tl::unexpected<Error>(answer.error());
    if (!answer || answer->untraceable) {
      const Error& error = answer ? *answer->untraceable : answer.error();
      co_return fmt::format("{} ({})", error.message, error.where.substr(error.where.rfind('/') + 1));
    }
    const std::filesystem::path original = request_.problem;
    KA_CO_TRY(const FusedCheck found, co_await compare_rewritten(context_.workshop, original, file));
    if (!found.compared)
      co_return fail(Fault::kInput, "no rewritten program can be compared with the original: " + found.reason, original.string());
    *graph = std::move(answer->traced.graph);
    co_return found.reason;
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
      sha256(compact(Json{kStep, request.text, request.reason, context.workshop.config().model, context.machine}));
  Refactored refactored;
  refactored.reused = directory.is_finished(kStep, start);
  if (refactored.reused) {
    KA_CO_TRY(const Json json, directory.read_json(kGraph));
    KA_CO_TRY(refactored.graph, graph_from_json(json));
    co_return refactored;
  }
  Refactoring refactoring(context, std::move(request));
  KA_CO_TRY(refactored.graph, co_await refactoring.run());
  KA_CO_CHECK_OK(refactoring.keep_winner());
  KA_CO_CHECK_OK(directory.write(kGraph, pretty(to_json(refactored.graph))));
  KA_CO_CHECK_OK(directory.finish(kStep, start, {kRefactoredCode, kPackage, kGraph}));
  co_return refactored;
}

}  // namespace ka
