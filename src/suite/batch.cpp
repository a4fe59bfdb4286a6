#include "suite/batch.h"

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "process/subprocess.h"
#include "process/when_all.h"
#include "run/pipeline.h"

extern "C" char** environ;

namespace ka {
namespace {

/// The settings that a command takes as flags.
Overrides settings_for(const Overrides& given, std::initializer_list<std::string_view> keys) {
  Overrides taken;
  for (const auto& [key, value] : given)
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) taken[key] = value;
  return taken;
}

/// Our environment, with one GPU to be seen.
std::vector<std::string> environment_for(const Sitting& sitting, int gpu) {
  constexpr std::string_view kVisible = "CUDA_VISIBLE_DEVICES=";
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (sitting.gpus.size() < 2 || !std::string_view(*entry).starts_with(kVisible)) entries.emplace_back(*entry);
  if (sitting.gpus.size() > 1 || gpu != 0) entries.push_back(fmt::format("{}{}", kVisible, gpu));
  return entries;
}

/// The error that a command printed as JSON, else the last line of what it said.
std::string complaint(const CommandOutput& output) {
  if (const Result<Json> json = parse_json(output.out, "kernelagent"); json && json->contains("error"))
    return string_or(*find(*json, "error"), "message");
  const std::vector<std::string> lines = split_lines(trim(output.err));
  return lines.empty() ? to_text(output.ending) : lines.back();
}

/// A problem that is being worked on.
class Seat {
 public:
  Seat(std::map<std::string, Stopwatch>& seats, const std::string& problem) : seats_(seats), problem_(problem) {
    seats_[problem_];
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() { seats_.erase(problem_); }

 private:
  std::map<std::string, Stopwatch>& seats_;
  std::string problem_;
};

class Batch {
 public:
  Batch(Loop& loop, Suite& suite, const Sitting& sitting, const SuiteAudience& audience)
      : loop_(loop), suite_(suite), sitting_(sitting), audience_(audience) {}

  Task<Status> run() {
    Task<void> clock = tick();
    clock.start();
    KA_CO_CHECK_OK(co_await part(false));
    if (sitting_.timing && suite_.order().bench) {
      KA_CO_CHECK_OK(co_await part(true));
    }
    co_return Status();
  }

 private:
  bool is_due(const SuiteRow& row) const { return timing_ ? row.accepted() && !row.timed : !row.judged; }

  Task<Status> part(bool timing) {
    begin_part(timing);
    std::vector<Task<Status>> lanes;
    const size_t count = std::max(static_cast<size_t>(std::max(1, sitting_.jobs)), timing ? sitting_.gpus.size() : 1);
    for (size_t i = 0; i < count; ++i) lanes.push_back(lane(sitting_.gpus[i % sitting_.gpus.size()]));
    const std::vector<Status> ends = co_await when_all(std::move(lanes));
    for (const Status& end : ends)
      if (!end) co_return end;
    co_return Status();
  }

  void begin_part(bool timing) {
    timing_ = timing;
    next_ = done_ = 0;
    accepted_ = 0;
    due_ = static_cast<size_t>(
        std::count_if(suite_.rows().begin(), suite_.rows().end(), [&](const SuiteRow& row) { return is_due(row); }));
    for (const SuiteRow& row : suite_.rows()) accepted_ += row.accepted();
    clock_ = Stopwatch();
  }

  /// Takes one problem after the other until none is left.
  Task<Status> lane(int gpu) {
    while (SuiteRow* row = take()) {
      const Seat seat(seats_, row->problem);
      if (timing_) {
        KA_CO_CHECK_OK(co_await time(*row, gpu));
      } else {
        KA_CO_CHECK_OK(co_await judge(*row, gpu));
      }
      KA_CO_CHECK_OK(suite_.keep(*row));
      KA_CO_CHECK_OK(suite_.report());
      ++done_;
      accepted_ += !timing_ && row->accepted();
      const auto& tell = timing_ ? audience_.timed : audience_.judged;
      if (tell) tell(*row, progress());
    }
    co_return Status();
  }

  SuiteRow* take() {
    std::vector<SuiteRow>& rows = suite_.rows();
    while (next_ < rows.size() && !is_due(rows[next_])) ++next_;
    return next_ < rows.size() ? &rows[next_++] : nullptr;
  }

  Task<Status> judge(SuiteRow& row, int gpu) {
    if (row.run.empty() || !is_file(std::filesystem::path(row.run) / "run.json")) {
      // The run's own process takes the lock, so it is given up at once.
      RunRequest request;
      request.problem = row.path;
      const Result<RunDirectory> made = prepare_run(sitting_.config, request);
      if (!made) {
        row.judged = true, row.status = "failed", row.reason = made.error().message, row.where = made.error().where;
        co_return Status();
      }
      row.run = absolute_path(made->path()).string();
      KA_CO_CHECK_OK(suite_.keep(row));
    }
    CommandOptions command = judging_command(row, gpu);
    KA_CO_TRY(const CommandOutput output, co_await run_command(loop_, std::move(command)));
    row.judged = true;
    row.seconds += output.seconds;
    row.gpu = name_of(gpu);
    read_run(row);
    if (output.timed_out) {
      row.status = "timed_out";
      row.reason = fmt::format("no end within {} s, in phase {}", sitting_.limit.count(), phase_at_end(row.run));
    } else if (output.ending.signal != 0) {
      row.status = "crashed";
      row.reason = fmt::format("ended by {} in phase {}", to_text(output.ending), phase_at_end(row.run));
    } else if (output.ending.exit > 1 && row.reason.empty()) {
      row.status = "failed";
      row.reason = complaint(output);
    }
    if (!row.accepted()) {
      KA_CO_CHECK_OK(suite_.keep_log(row, output.err + output.out));
    }
    co_return Status();
  }

  Task<Status> time(SuiteRow& row, int gpu) {
    const SuiteOrder& order = suite_.order();
    CommandOptions command = timing_command(row, gpu);
    KA_CO_TRY(const CommandOutput output, co_await run_command(loop_, std::move(command)));
    row.timed = true;
    row.bench_seconds += output.seconds;
    row.gpu = name_of(gpu);
    row.untimed.clear();
    const Result<Json> answer = parse_json(output.out, "kernelagent bench");
    if (answer) row.times = read_times(*answer);
    if (output.timed_out) {
      row.untimed = fmt::format("the bench did not end within {} s", sitting_.limit.count());
    } else if (row.time(kTriton) == nullptr) {
      row.untimed = answer ? what_failed(*answer) : "";
      if (row.untimed.empty()) row.untimed = complaint(output);
      KA_CO_CHECK_OK(suite_.keep_log(row, output.err + output.out));
    } else {
      row.untimed = what_failed(*answer);
    }
    add_baselines(row, sitting_.baselines, order.baselines.filename().string());
    co_return Status();
  }

  CommandOptions judging_command(const SuiteRow& row, int gpu) const {
    Overrides settings = sitting_.settings;
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    settings["jobs"] = fmt::format("{}", std::max(1U, cores / static_cast<unsigned>(std::max(1, sitting_.jobs))));
    return command_for({"run", "--resume", row.run}, std::move(settings), gpu);
  }

  CommandOptions timing_command(const SuiteRow& row, int gpu) const {
    const SuiteOrder& order = suite_.order();
    std::vector<std::string> words = {"bench", row.run, "--seconds", fmt::format("{}", order.bench_seconds)};
    if (!order.against.empty()) words.push_back("--against=" + order.against);
    return command_for(
        std::move(words),
        settings_for(sitting_.settings, {"platform", "python", "mode", "timeout", "memory_mb", "require_sandbox", "log_level"}),
        gpu);
  }

  CommandOptions command_for(std::vector<std::string> words, Overrides settings, int gpu) const {
    settings["runs"] = absolute_path(sitting_.config.runs).string();
    settings["python"] = sitting_.config.python;
    CommandOptions options;
    options.spawn.arguments = std::move(words);
    options.spawn.arguments.insert(options.spawn.arguments.begin(), sitting_.program.string());
    options.spawn.arguments.emplace_back("--json");
    for (std::string& word : flag_words(settings)) options.spawn.arguments.push_back(std::move(word));
    options.spawn.environment = environment_for(sitting_, gpu);
    options.spawn.directory = sitting_.folder;
    options.timeout = sitting_.limit;
    options.max_output = std::size_t{1} << 20;
    return options;
  }

  std::string name_of(int gpu) const {
    const auto at = static_cast<size_t>(gpu);
    return at < sitting_.names.size() ? sitting_.names[at] : std::string();
  }

  SuiteProgress progress() const {
    SuiteProgress now{timing_, done_, due_, accepted_, clock_.seconds(), 0, {}};
    if (done_ > 0) now.left = now.seconds * static_cast<double>(due_ - done_) / static_cast<double>(done_);
    for (const auto& [problem, since] : seats_) now.running[problem] = since.seconds();
    return now;
  }

  /// Runs beside the lanes; destroyed with the batch.
  Task<void> tick() {
    while (!loop_.interrupted()) {
      co_await loop_.sleep(std::chrono::milliseconds(100));
      if (audience_.tick) audience_.tick(progress());
    }
  }

  Loop& loop_;
  Suite& suite_;
  const Sitting& sitting_;
  const SuiteAudience& audience_;
  bool timing_ = false;
  size_t next_ = 0, done_ = 0, due_ = 0, accepted_ = 0;
  Stopwatch clock_;
  std::map<std::string, Stopwatch> seats_;
};

}  // namespace

Task<Status> work_on(Loop& loop, Suite& suite, const Sitting& sitting, const SuiteAudience& audience) {
  Batch batch(loop, suite, sitting, audience);
  Status status = co_await batch.run();
  co_return status;
}

}  // namespace ka
