#include "transcript.h"

#include "base/build_info.h"
#include "base/file.h"
#include "base/text.h"

namespace ka::fuzz {
namespace {

std::filesystem::path file_of(const std::string& name) { return source_dir() / "tests/fuzz/transcripts" / (name + ".jsonl"); }

using Record = std::shared_ptr<std::vector<Exchange>>;

/// Passes calls on and keeps what was said.
class RecordingSession : public WorkerSession {
 public:
  RecordingSession(std::unique_ptr<WorkerSession> real, std::string role, Record record)
      : real_(std::move(real)), role_(std::move(role)), record_(std::move(record)) {}

  Task<Result<Parcel>> exchange(Parcel request, std::chrono::milliseconds timeout) override {
    const std::size_t place = record_->size();
    record_->push_back({role_, string_or(request.message, "request"), Json()});
    Result<Parcel> reply = co_await real_->exchange(std::move(request), timeout);
    if (reply) {
      (*record_)[place].reply = reply->message;
      (*record_)[place].reply.erase("id");
    }
    co_return reply;
  }
  int pid() const override { return real_->pid(); }
  std::string ending() const override { return real_->ending(); }

 private:
  std::unique_ptr<WorkerSession> real_;
  std::string role_;
  Record record_;
};

class RecordingPool : public WorkerPool {
 public:
  RecordingPool(WorkerPool& real, Record record) : real_(real), record_(std::move(record)) {}

  Task<Result<std::unique_ptr<WorkerSession>>> open(WorkerRole role) override {
    KA_CO_TRY(auto session, co_await real_.open(role));
    co_return std::make_unique<RecordingSession>(std::move(session), std::string(ka::name(role)), record_);
  }
  Task<Result<Json>> versions() override { return real_.versions(); }
  Loop& loop() override { return real_.loop(); }
  const PoolOptions& options() const override { return real_.options(); }

 private:
  WorkerPool& real_;
  Record record_;
};

}  // namespace

std::vector<Transcript> cases() {
  const std::string own = "tests/fuzz/cases/", cli = "tests/cli/verify_kernels/", genuine = "tests/genuine/";
  const std::string relu = cli + "problem.py", problems = genuine + "problems/";
  return {
      {"right_quick", cli + "kernels/right.py", relu, "quick", "accepted", "", {}},
      {"wrong_quick", cli + "kernels/wrong.py", relu, "quick", "wrong", "", {}},
      {"writes_input", own + "writes_input.py", relu, "quick", "wrong", "", {}},
      {"other_every_call", own + "other_every_call.py", own + "rows_problem.py", "quick", "flaky", "", {}},
      {"state_and_integers", own + "state_and_integers.py", own + "state_problem.py", "quick", "accepted", "", {}},
      {"wrong_integers", own + "wrong_integers.py", own + "state_problem.py", "quick", "wrong", "", {}},
      {"right_standard", cli + "kernels/right.py", relu, "standard", "accepted", "", {}},
      {"wrong_on_nan", cli + "kernels/loses_nan.py", relu, "thorough", "wrong", "", {}},
  };
}

JudgeRequest request_of(const Transcript& transcript) {
  JudgeRequest request;
  request.candidate = source_dir() / transcript.candidate;
  request.problem = source_dir() / transcript.problem;
  request.effort = parse_effort(transcript.effort).value_or(Effort::kQuick);
  request.seed = 1001;  // the transcripts hold the requests' answers
  return request;
}

Result<Transcript> read_transcript(const std::string& name) {
  const std::filesystem::path path = file_of(name);
  KA_TRY(const std::string text, read_file(path));
  Transcript read;
  for (const std::string& line : split_lines(text)) {
    KA_TRY(const Json json, parse_json(line, path.string()));
    if (read.name.empty()) {
      read.name = string_or(json, "name");
      read.candidate = string_or(json, "candidate"), read.problem = string_or(json, "problem");
      read.effort = string_or(json, "effort");
      read.verdict = string_or(json, "verdict"), read.qualifier = string_or(json, "qualifier");
    } else {
      read.exchanges.push_back({string_or(json, "role"), string_or(json, "request"), json["reply"]});
    }
  }
  return read;
}

Status write_transcript(const Transcript& transcript) {
  std::string text = compact(Json{{"name", transcript.name},
                                  {"candidate", transcript.candidate},
                                  {"problem", transcript.problem},
                                  {"effort", transcript.effort},
                                  {"verdict", transcript.verdict},
                                  {"qualifier", transcript.qualifier}}) +
                     "\n";
  for (const Exchange& one : transcript.exchanges)
    text += compact(Json{{"role", one.role}, {"request", one.request}, {"reply", one.reply}}) + "\n";
  return write_file_atomic(file_of(transcript.name), text);
}

Result<Transcript> record(const Transcript& which, const std::string& python) {
  Loop loop;
  PoolOptions options;
  options.python = python;
  options.worker_path = source_dir() / "python";
  const std::unique_ptr<WorkerPool> real = WorkerPool::create(loop, options);
  const Record record = std::make_shared<std::vector<Exchange>>();
  RecordingPool pool(*real, record);
  KA_TRY(const Verdict verdict, loop.run(judge(pool, request_of(which))));
  Transcript made = which;
  made.verdict = ka::name(verdict.kind);
  made.qualifier = verdict.qualifier;
  made.exchanges = *record;
  return made;
}

}  // namespace ka::fuzz
