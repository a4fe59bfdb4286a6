#include "run/pipeline.h"

#include "base/build_info.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "judge/trials.h"
#include "run/authors.h"
#include "run/index.h"
#include "run/phases.h"
#include "run/problem_writer.h"
#include "run/run_directory.h"
#include "run/workshop.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A run before its first phase: where it is, what it works on.
struct Opened {
  RunDirectory directory;
  Config config;
  fs::path problem;
  std::string text;         ///< the problem's; empty where a model is to write it
  std::string description;  ///< what that model is told
  std::string started;
  bool resumed = false;
};

Result<Opened> open_new(Config config, const RunRequest& request) {
  if (!config.judge_seed)
    config.judge_seed = draw_seed();  // one for the whole run: what models are told of an input holds in each call
  const bool described = !request.description.empty();
  std::string text;
  if (!described) {
    KA_TRY(text, read_problem(request.problem));
  }
  KA_TRY(const Platform platform, choose_platform(config.platform));
  KA_TRY(RunDirectory directory, RunDirectory::create(config.runs));
  const fs::path problem = described ? directory.file(kWrittenProblem) : request.problem;
  Json run;
  run["format"] = "kernelagent-run";
  run["version"] = 1;
  run["run"] = directory.id();
  run["problem"] = problem.string();
  run["problem_path"] = absolute_path(problem).string();
  if (described) {
    run["description"] = request.description;
  } else {
    run["problem_sha256"] = sha256(text);
  }
  run["platform"] = platform.name;
  run["started"] = utc_timestamp();
  run["until"] = name(request.until);
  run["kernelagent"] = {{"version", version()}, {"commit", commit()}};
  run["settings"] = to_json(config);
  KA_CHECK_OK(directory.write("run.json", pretty(run)));
  const std::string started = string_or(run, "started");
  return Opened{std::move(directory), config, problem, std::move(text), request.description, started, false};
}

Result<Opened> open_again(const Config& config, const RunRequest& request) {
  KA_TRY(RunDirectory directory, RunDirectory::open(config.runs, request.resume));
  KA_CHECK_OK(directory.lock());
  KA_CHECK_OK(remove_tree(directory.file(kQueueFile)));  // it waits no longer
  KA_TRY(Json run, directory.read_json("run.json"));
  if (const std::string until(name(request.until)); string_or(run, "until") != until) {
    run["until"] = until;
    KA_CHECK_OK(directory.write("run.json", pretty(run)));
  }
  const Json* settings = find(run, "settings");
  KA_TRY(Config resumed, config_from_json(settings != nullptr ? *settings : Json::object(), config));
  const std::string shown = string_or(run, "problem"), started = string_or(run, "started");
  const bool began = directory.has("events.jsonl");  // else it was only prepared
  if (const std::string words = string_or(run, "description"); !words.empty())
    return Opened{std::move(directory), std::move(resumed), shown, {}, words, started, began};
  const fs::path problem = string_or(run, "problem_path");
  KA_TRY(std::string text, read_problem(problem));
  if (sha256(text) != string_or(run, "problem_sha256"))
    return fail(Fault::kInput, "the problem has changed since this run began", problem.string(), "start a new run");
  return Opened{std::move(directory), std::move(resumed), shown, std::move(text), {}, started, began};
}

/// A new run on the same problem, with the settings of an old one and copies of the replies that it got.
Result<Opened> open_replay(const Config& config, const std::string& name) {
  KA_TRY(const RunDirectory old, RunDirectory::open(config.runs, name));
  KA_TRY(const Json run, old.read_json("run.json"));
  const Json* settings = find(run, "settings");
  KA_TRY(Config again, config_from_json(settings != nullptr ? *settings : Json::object(), config));
  const fs::path calls = old.file("llm_calls");
  std::vector<std::string> replies;
  if (is_dir(calls)) {
    KA_TRY(replies, list_dir(calls));
  }
  std::erase_if(replies, [](const std::string& file) { return !file.ends_with(".json"); });
  if (replies.empty())
    return fail(Fault::kInput, "this run has no reply of a model that could be repeated", old.path().string(),
                "`kernelagent verify RUN` judges its program again");
  again.max_calls = static_cast<int64_t>(replies.size());  // all of them are there, so that no call is left to make
  again.cache = again.router_cache = false;
  RunRequest request;
  request.description = string_or(run, "description");
  if (request.description.empty()) request.problem = string_or(run, "problem_path");
  KA_TRY(Opened opened, open_new(again, request));
  if (sha256(opened.text) != string_or(run, "problem_sha256") && request.description.empty())
    return fail(Fault::kInput, "the problem has changed since that run", request.problem.string());
  for (const std::string& file : replies) {
    KA_CHECK_OK(copy_file_atomic(calls / file, opened.directory.file("llm_calls") / file));
  }
  return opened;
}

Task<Result<RunFinished>> go(Workshop& workshop, Opened& opened, EventStream& events, RunIndex* index, Phase until) {
  const std::string first(name(opened.description.empty() ? Phase::kTrace : Phase::kProblem));
  events.emit(PhaseStarted{first});
  events.emit(Progressed{first, "starting Python with torch and triton"});
  KA_CO_TRY(const Json machine, co_await workshop.machine());
  KA_CO_TRY(AuthorTeam team, make_authors(workshop, opened.directory));
  RunContext context{workshop, opened.directory, events, index, team, sha256(compact(machine))};
  std::string text = opened.text;
  if (!opened.description.empty()) {
    std::string description = opened.description;
    KA_CO_TRY(text, co_await write_problem(context, std::move(description)));
  }
  // Relative paths follow the folder the run was started in; after that only the absolute one is sure.
  const fs::path problem = is_file(opened.problem) ? opened.problem : absolute_path(opened.problem);
  Phases phases(context, problem, std::move(text));
  Result<RunFinished> finished = co_await phases.run(until);
  co_return finished;
}

/// Turns an error into the run's last event.
RunFinished ending(const Error& error, const RunDirectory& directory) {
  RunFinished end;
  end.status = error.fault == Fault::kInterrupted ? "interrupted" : "failed";
  end.message = error.message, end.where = error.where, end.hint = error.hint;
  if (error.fault == Fault::kInterrupted) {
    end.message = "what is finished is kept";
    end.hint = fmt::format("go on with: kernelagent run --resume {}", directory.id());
  }
  return end;
}

}  // namespace

Result<RunDirectory> prepare_run(const Config& config, const RunRequest& request) {
  KA_TRY(Opened opened, open_new(config, request));
  return std::move(opened.directory);
}

Result<RunOutcome> run_problem(const Config& config, const RunRequest& request, const Audience& audience,
                               std::unique_ptr<Workshop>* kept) {
  const Stopwatch clock;
  KA_TRY(Opened opened, !request.resume.empty()   ? open_again(config, request)
                        : !request.replay.empty() ? open_replay(config, request.replay)
                                                  : open_new(config, request));
  std::unique_ptr<Workshop> own;
  std::unique_ptr<Workshop>& workshop = kept != nullptr ? *kept : own;
  if (!workshop || to_json(workshop->config()) != to_json(opened.config)) {
    KA_TRY(workshop, Workshop::open(opened.config));
  }
  EventsFile file(opened.directory);
  EventStream events;
  events.add(&file);
  if (audience.listener != nullptr) events.add(audience.listener);
  const Workshop::Repeating ticking = audience.tick ? workshop->every(100ms, audience.tick) : nullptr;

  const Platform& platform = workshop->platform();
  events.emit(RunStarted{opened.directory.id(), opened.directory.path().string(), opened.problem.string(),
                         std::string(platform.name), std::string(platform.note), version(), opened.resumed});
  std::unique_ptr<RunIndex> index;
  if (Result<std::unique_ptr<RunIndex>> found = RunIndex::open(opened.config.runs)) {
    index = std::move(*found);
  } else {
    events.emit(Warned{found.error().message + "; going on without it"});
  }
  RunRow row{opened.directory.id(), opened.problem.string(), std::string(platform.name), opened.started, "running", {}, 0, 0};
  if (index) static_cast<void>(index->record(row));

  const Result<RunFinished> result =
      workshop->run(go(*workshop, opened, events, opened.config.cache ? index.get() : nullptr, request.until));
  RunOutcome outcome{opened.directory.id(), opened.directory.path(), {}, 0};
  if (result) {
    outcome.end = *result;
    outcome.exit = outcome.end.status == "not_verified" ? 1 : 0;
  } else {
    outcome.end = ending(result.error(), opened.directory);
    outcome.exit = exit_code(result.error().fault);
  }
  outcome.end.seconds = clock.seconds();
  events.emit(outcome.end);
  if (index) {
    if (const Result<RunRow> known = row_of_run(opened.config.runs, row.id)) row = *known;
    if (const Status recorded = index->record(row); !recorded) log_warning("{}", recorded.error().message);
  }
  return outcome;
}

Json to_json(const RunOutcome& outcome) {
  Json json;
  json["run"] = outcome.run;
  json["directory"] = outcome.directory.string();
  json["status"] = outcome.end.status;
  json["exit"] = outcome.exit;
  json["message"] = outcome.end.message;
  json["where"] = outcome.end.where;
  json["hint"] = outcome.end.hint;
  json["program"] = outcome.end.program;
  json["certificate"] = outcome.end.certificate;
  json["seconds"] = outcome.end.seconds;
  return json;
}

}  // namespace ka
