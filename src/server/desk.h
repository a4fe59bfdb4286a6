#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "process/subprocess.h"
#include "run/config.h"
#include "run/run_directory.h"

namespace ka {

/// What a run is asked for.
struct RunOrder {
  std::filesystem::path problem;
  std::string words;  ///< instead of a problem: what a model is to write one for
  Overrides settings;
  std::string until = "judge";
};

/// Where a desk works.
struct Place {
  std::filesystem::path folder;                 ///< the working folder of runs; .env is read from here
  std::filesystem::path program;                ///< the kernelagent that runs are started with
  std::vector<std::filesystem::path> problems;  ///< further folders that problems are picked from
};

/// Starts, stops and queues runs, and is the only state that the server's threads share: every public function may be called from any of
/// them. Runs are processes of their own (`kernelagent run --resume …`) that outlive this one; what waits is written in the runs'
/// directories, so that a server started again goes on with both.
class Desk {
 public:
  /// `config` holds what every run gets (runs, python, …), `given` the settings that the server itself was given.
  Desk(Config config, Overrides given, Place place, size_t at_a_time);

  const Config& config() const { return config_; }
  const Overrides& given() const { return given_; }
  const std::filesystem::path& folder() const { return place_.folder; }
  const std::filesystem::path& program() const { return place_.program; }
  const std::vector<std::filesystem::path>& own_problems() const { return place_.problems; }
  size_t at_a_time() const { return at_a_time_; }
  /// Keeps a problem's text as `<runs>/pasted/<digest>/<name>` and returns the path.
  Result<std::filesystem::path> keep_text(const std::string& text, const std::string& name) const;

  /// Makes a run's directory and puts it in the queue; returns its id.
  Result<std::string> submit(const RunOrder& order);
  /// Puts a run that ended in the queue again.
  Status resume(const std::string& run);
  /// Interrupts a run that goes on, or takes it out of the queue.
  Status stop(const std::string& run);
  /// Takes a person's word for the problem that a model wrote, and puts the run in the queue to be judged again.
  Status confirm(const std::string& run);
  /// Deletes a run's directory; an input error while it goes on.
  Status remove(const std::string& run);
  /// Where the output of a run's process goes: beside the runs, because a run's manifest covers all of its folder.
  std::filesystem::path console(const std::string& run) const { return config_.runs / "console" / (run + ".txt"); }
  /// Opens a run by its whole id.
  Result<RunDirectory> open(const std::string& run) const;

  /// Starts `kernelagent suite WORDS…`, or goes on with a suite where `resumed` names one. It looks at the machine before it makes its
  /// folder. One goes on at a time: it judges several problems side by side by itself.
  Status start_suite(const std::vector<std::string>& words, const std::string& resumed = {});
  /// The suite that was started last, until its folder is there; or why it ended without a report of its own.
  struct SuiteStart {
    bool waits = false;
    std::string failure;
  };
  SuiteStart suite_start();
  /// Interrupts a suite; its rows are kept.
  Status stop_suite(const std::string& suite) const;

  /// Collects ended processes and starts what waits, as far as there is room.
  void turn();
  struct Load {
    size_t running = 0, queued = 0;
  };
  Load load() const;

 private:
  struct Running {
    std::string run;
    std::optional<Subprocess> process;  ///< nothing for one that an earlier server started
  };
  void turn_locked();
  Status enqueue(const RunDirectory& run, const Overrides& settings, const std::string& until);
  Status launch(const std::string& run);
  /// What every process is started with: the given arguments after the program's name, our environment, its output in a file.
  Result<Subprocess> spawn(std::vector<std::string> arguments, const std::filesystem::path& output) const;

  const Config config_;
  const Overrides given_;
  const Place place_;
  const size_t at_a_time_;
  mutable std::mutex mutex_;  ///< guards what is below, and queue files
  std::deque<std::string> queue_;
  std::vector<Running> running_;
  /// The folder of the suite that goes on, as this or another process works on it.
  std::optional<std::string> live_suite() const;
  std::mutex suite_mutex_;  ///< guards what is below
  std::optional<Subprocess> suite_;
  std::string suite_failure_;
};

/// The settings that a page or another program may choose for a run; the others belong to whoever started the server.
bool is_choosable(std::string_view key);

/// Writes the command line that repeats a run, from its run.json.
std::string command_line(const Json& run);

}  // namespace ka
