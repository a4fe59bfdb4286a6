#include "server/desk.h"

#include <csignal>

#include <algorithm>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/pipeline.h"
#include "run/problem_writer.h"

extern "C" char** environ;

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuite = "suite";

std::vector<std::string> our_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

bool is_run_id(const std::string& run) {
  return run.starts_with("run_") && run.find('/') == std::string::npos && run.find("..") == std::string::npos;
}

/// A word as a shell reads it.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./:=,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain ? word : "'" + replace_all(word, "'", "'\\''") + "'";
}

Overrides overrides_of(const Json& json) {
  Overrides settings;
  if (!json.is_object()) return settings;
  for (const auto& [key, value] : json.items()) {
    if (value.is_boolean()) {
      settings[key] = value.get<bool>() ? "yes" : "no";
    } else {
      settings[key] = value.is_string() ? value.get<std::string>() : compact(value);
    }
  }
  return settings;
}

}  // namespace

bool is_choosable(std::string_view key) {
  // Paths and programs on this machine: python, worker, runs, prompts, record, test; log_level is the developers'.
  for (const std::string_view fixed : {"python", "worker", "runs", "prompts", "record", "test", "log_level"})
    if (key == fixed) return false;
  return true;
}

std::string command_line(const Json& run) {
  const Json* settings = find(run, "settings");
  Overrides given = settings == nullptr ? Overrides() : overrides_of(*settings);
  given["platform"] = string_or(run, "platform", "auto");
  const std::string description = string_or(run, "description"), until = string_or(run, "until", "judge");
  std::vector<std::string> words = {"kernelagent", "generate", quoted(description)};
  if (description.empty()) words = {"kernelagent", "run", quoted(string_or(run, "problem_path"))};
  if (description.empty() && until != "judge") words.insert(words.end(), {"--until", until});
  for (const std::string& word : flag_words(given))
    if (!word.empty()) words.push_back(quoted(word));
  return join(words, " ");
}

Desk::Desk(Config config, Overrides given, Place place, size_t at_a_time)
    : config_(std::move(config)), given_(std::move(given)), place_(std::move(place)), at_a_time_(at_a_time) {
  std::vector<std::pair<std::string, std::string>> waiting;
  for (const std::string& id : list_runs(config_.runs)) {
    const Result<RunDirectory> run = open(id);
    if (!run) continue;
    if (is_file(console(id)) && run->is_live()) {
      running_.push_back({id, std::nullopt});
    } else if (const Result<Json> queued = run->read_json(kQueueFile)) {
      waiting.emplace_back(string_or(*queued, "since"), id);
    }
  }
  std::sort(waiting.begin(), waiting.end());
  for (auto& [since, id] : waiting) queue_.push_back(std::move(id));
}

Result<fs::path> Desk::keep_text(const std::string& text, const std::string& name) const {
  const fs::path path = absolute_path(config_.runs) / "pasted" / sha256(text).substr(0, 12) / name;
  KA_CHECK_OK(write_file_atomic(path, text));
  return path;
}

Result<RunDirectory> Desk::open(const std::string& run) const {
  if (!is_run_id(run) || !is_file(config_.runs / run / "run.json"))
    return fail(Fault::kInput, fmt::format("there is no run '{}'", run), {},
                "it may have been deleted; look at the list of runs");
  return RunDirectory::open(config_.runs, (config_.runs / run).string());
}

Status Desk::enqueue(const RunDirectory& run, const Overrides& settings, const std::string& until) {
  const Json queued = {{"since", utc_timestamp()}, {"settings", settings}, {"until", until}};
  KA_CHECK_OK(run.write(kQueueFile, pretty(queued)));
  queue_.push_back(run.id());
  turn_locked();
  return {};
}

Result<std::string> Desk::submit(const RunOrder& order) {
  Overrides settings = given_;
  for (const auto& [key, value] : order.settings) settings[key] = value;
  KA_TRY(const Config config, load_config(settings, place_.folder));
  if (config.model.empty() && (!order.words.empty() || config.route == "agent"))
    return fail(Fault::kInput, "a model writes this, and none is named", "model",
                "name one among the settings; its key is read from the environment of `kernelagent ui`");
  RunRequest request;
  request.problem = order.problem;
  request.description = order.words;
  KA_TRY(request.until, phase_named(order.until, "until"));
  std::string id;
  {
    // Given up again at once: the run's own process takes the lock.
    KA_TRY(const RunDirectory directory, prepare_run(config, request));
    id = directory.id();
  }
  KA_TRY(const RunDirectory directory, open(id));
  const std::lock_guard lock(mutex_);
  KA_CHECK_OK(enqueue(directory, settings, order.until));
  return id;
}

Status Desk::resume(const std::string& run) {
  KA_TRY(const RunDirectory directory, open(run));
  const std::lock_guard lock(mutex_);
  if (directory.is_live() || directory.has(kQueueFile))
    return fail(Fault::kInput, "this run goes on already", run, "stop it first");
  return enqueue(directory, given_, "judge");
}

Status Desk::stop(const std::string& run) {
  KA_TRY(const RunDirectory directory, open(run));
  const std::lock_guard lock(mutex_);
  if (const auto waiting = std::find(queue_.begin(), queue_.end(), run); waiting != queue_.end()) {
    queue_.erase(waiting);
    return remove_tree(directory.file(kQueueFile));
  }
  // A process that was just started may not have taken the lock yet.
  for (const Running& mine : running_)
    if (mine.run == run && mine.process) return ::kill(mine.process->pid(), SIGINT), Status();
  const std::optional<int> pid = directory.holder();
  if (!pid) return fail(Fault::kInput, "this run does not go on", run, "there is nothing to stop");
  if (::kill(*pid, SIGINT) != 0) return fail(Fault::kEnvironment, "the run's process cannot be reached", run);
  return {};
}

Status Desk::confirm(const std::string& run) {
  KA_TRY(const RunDirectory directory, open(run));
  const std::lock_guard lock(mutex_);
  if (directory.has(kQueueFile)) return fail(Fault::kInput, "this run waits to go on", run, "stop it first");
  KA_CHECK_OK(confirm_problem(config_, run));
  return enqueue(directory, given_, "judge");
}

Status Desk::remove(const std::string& run) {
  KA_TRY(const RunDirectory directory, open(run));
  const std::lock_guard lock(mutex_);
  if (directory.is_live()) return fail(Fault::kInput, "this run goes on", run, "stop it first");
  queue_.erase(std::remove(queue_.begin(), queue_.end(), run), queue_.end());
  KA_CHECK_OK(remove_tree(console(run)));
  return remove_tree(directory.path());
}

Status Desk::launch(const std::string& run) {
  KA_TRY(const RunDirectory directory, open(run));
  KA_TRY(const Json queued, directory.read_json(kQueueFile));
  const Json* kept = find(queued, "settings");
  Overrides settings = kept == nullptr ? Overrides() : overrides_of(*kept);
  settings["runs"] = absolute_path(config_.runs).string();
  settings["python"] = config_.python;
  std::vector<std::string> words = {"run", "--resume", run, "--until", string_or(queued, "until", "judge")};
  for (std::string& word : flag_words(settings)) words.push_back(std::move(word));
  KA_TRY(Subprocess process, spawn(std::move(words), console(run)));
  running_.push_back({run, std::move(process)});
  return {};
}

Result<Subprocess> Desk::spawn(std::vector<std::string> arguments, const fs::path& output) const {
  SpawnOptions options;
  options.arguments = std::move(arguments);
  options.arguments.insert(options.arguments.begin(), place_.program.string());
  options.environment = our_environment();
  options.directory = place_.folder;
  KA_CHECK_OK(make_dirs(output.parent_path()));
  options.output = output;
  options.outlives_us = true;
  return Subprocess::start(options);
}

std::optional<std::string> Desk::live_suite() const {
  for (const std::string& id : list_runs(config_.runs, kSuite)) {
    const Result<RunDirectory> suite = RunDirectory::open(config_.runs, (config_.runs / id).string(), kSuite);
    if (suite && suite->is_live()) return id;
  }
  return std::nullopt;
}

Status Desk::start_suite(const std::vector<std::string>& words, const std::string& resumed) {
  const bool waits = suite_start().waits;
  const std::lock_guard lock(suite_mutex_);
  if (const std::optional<std::string> other = live_suite(); waits || other)
    return fail(Fault::kInput, "a suite goes on already", other.value_or(""), "stop it first, or wait for it");
  std::vector<std::string> arguments = {kSuite};
  if (!resumed.empty()) arguments.insert(arguments.end(), {"--resume", resumed});
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(), {"--runs", absolute_path(config_.runs).string(), "--python", config_.python});
  suite_failure_.clear();
  KA_CHECK_OK(remove_tree(console(kSuite)));
  KA_TRY(suite_, spawn(std::move(arguments), console(kSuite)));
  return {};
}

Desk::SuiteStart Desk::suite_start() {
  const std::lock_guard lock(suite_mutex_);
  if (!suite_) return {false, suite_failure_};
  if (const std::optional<Ending> ending = suite_->reap()) {
    suite_.reset();
    // 1: a problem was not accepted; 130: it was stopped.
    if (ending->exit != 0 && ending->exit != 1 && ending->exit != 130)
      suite_failure_ = std::string(trim(read_tail(console(kSuite), 1000)));
    return {false, suite_failure_};
  }
  return {!live_suite(), {}};
}

Status Desk::stop_suite(const std::string& suite) const {
  KA_TRY(const RunDirectory directory, RunDirectory::open(config_.runs, (config_.runs / suite).string(), kSuite));
  const std::optional<int> pid = directory.holder();
  if (!pid) return fail(Fault::kInput, "this suite does not go on", suite, "there is nothing to stop");
  if (::kill(*pid, SIGINT) != 0) return fail(Fault::kEnvironment, "the suite's process cannot be reached", suite);
  return {};
}

void Desk::turn() {
  const std::lock_guard lock(mutex_);
  turn_locked();
}

void Desk::turn_locked() {
  std::erase_if(running_, [this](Running& mine) {
    const Result<RunDirectory> directory = open(mine.run);
    if (!mine.process) return !directory || !directory->is_live();
    if (!mine.process->reap()) return false;
    // A process that ended before it took its run has left the file; one of a run that waits again is the next process's.
    const bool waits = std::find(queue_.begin(), queue_.end(), mine.run) != queue_.end();
    if (directory && !waits) static_cast<void>(remove_tree(directory->file(kQueueFile)));
    return true;
  });
  while (!queue_.empty() && running_.size() < at_a_time_) {
    const std::string run = queue_.front();
    queue_.pop_front();
    if (const Status started = launch(run); !started) {
      log_error("{}: {}", run, to_text(started.error()));
      static_cast<void>(remove_tree(config_.runs / run / kQueueFile));
    }
  }
}

Desk::Load Desk::load() const {
  const std::lock_guard lock(mutex_);
  return {running_.size(), queue_.size()};
}

}  // namespace ka
