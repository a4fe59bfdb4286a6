#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "run/config.h"
#include "run/events.h"
#include "run/run_directory.h"
#include "run/workshop.h"

namespace ka {

/// What to run: a problem file anew, a problem that a model is to write, or an existing run on from where it ended.
struct RunRequest {
  std::filesystem::path problem;
  std::string description;      ///< of a problem, in words
  std::string replay;           ///< a finished run, to be repeated with its own settings and replies; no model is asked
  std::string resume;           ///< a run (id, part of an id, path, "last"); empty for a new one
  Phase until = Phase::kJudge;  ///< the last phase to do
};

/// How a run ended. The screen has been told already; what is here is for exit codes and JSON.
struct RunOutcome {
  std::string run;
  std::filesystem::path directory;
  RunFinished end;
  int exit = 0;
};

/// Someone who watches a run: hears its events, and is called a few times a second to redraw.
struct Audience {
  Listener* listener = nullptr;
  std::function<void()> tick;
};

/// Takes a problem through all phases (trace, route, plan, write, compose, judge), or resumes a run. An Error means that there is no run:
/// a missing file, an unknown platform, no room for a directory. Everything later ends as an outcome. `kept` holds the workshop, with its
/// warm workers, from one run to the next one with the same settings.
Result<RunOutcome> run_problem(const Config& config, const RunRequest& request, const Audience& audience,
                               std::unique_ptr<Workshop>* kept = nullptr);

/// Makes the directory of a new run without starting it; resuming it starts it. Errors as of run_problem.
Result<RunDirectory> prepare_run(const Config& config, const RunRequest& request);

Json to_json(const RunOutcome& outcome);

}  // namespace ka
