#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "judge/bench.h"
#include "judge/comparer.h"
#include "judge/facts.h"
#include "judge/gpu_seat.h"
#include "judge/numerics.h"

namespace ka {

/// Times contenders that take turns on one GPU, each in a process of its own (docs/TRUST.md, Timing). What a contender fails of is noted
/// beside its name, and the others go on; an Error is nobody's of them. Of several candidates the slower half leaves after every few
/// rounds (successive halving), until two are left.
class Race {
 public:
  /// `alone`: contenders get ready with the GPU to themselves too, not only while they are timed.
  Race(WorkerPool& pool, BenchRequest request, bool alone);
  Task<Result<BenchTimes>> run();
  /// Did anybody lack memory of the device?
  bool was_short_of_memory() const;

 private:
  struct Runner {
    std::string name;
    std::unique_ptr<Party> process;  ///< null for eager PyTorch, which runs where inputs are made
    Party* party = nullptr;
    std::vector<Turn> turns;
    double call_ms = 0;  ///< about
    std::string failure;
    std::filesystem::path file = {};  ///< a candidate's; empty for a baseline
    std::map<std::string, Yardstick> yardsticks = {};
    bool is_candidate() const { return !file.empty() && name != "self"; }
  };

  // Setting up (race.cpp)
  /// Waits for a place on the GPU or for its memory; that does not count.
  Task<Status> uncounted(Task<Status> wait);
  Task<Status> load_problem();
  Task<Status> share();
  /// Writes the problem's own inputs into every set.
  Task<Status> fill(int64_t seed);
  /// Gets the candidates ready side by side, then baselines one after another: their compiler may want all cores.
  Task<Status> enter_all();
  /// Opens a contender's process, loads it, and has it warmed up.
  Task<Status> enter(size_t index);
  Task<Status> enter_process(size_t index);
  Json load_request(const Runner& runner) const;
  /// Notes why a contender is out; an error only where the whole race is.
  Status drop(Runner& runner, Error error);

  // Turns (race_turns.cpp)
  /// Learns what a turn takes beside its calls.
  Task<Status> calibrate();
  /// Has calls of nothing timed; returns what one takes by our clock.
  Task<Result<double>> idle(int calls);
  Task<Status> take_turns();
  Task<Status> turn(size_t index, int calls);
  /// The candidates that still run.
  std::vector<size_t> candidates() const;
  /// How often the slower half leaves before two candidates are left.
  int heats() const;
  /// Sends the slower half of the candidates home.
  void halve();
  ContenderTime time_of(const Runner& runner) const;
  void note_clocks(const Json& clocks);
  void conclude();

  // What candidates return (race_results.cpp)
  /// Learns how far their results are from eager PyTorch's while nobody times them.
  Task<Status> learn_distance();
  /// Holds results of a candidate against eager PyTorch's on the same values of a set: those of an untimed call, from which it learns how
  /// far apart they are, or of its last timed call, which may not be further.
  Task<Status> compare_results(size_t index, std::optional<int> untimed, int set);
  /// Writes both results into shared memory; false where that cost the candidate its place.
  Task<Result<bool>> lay_out(size_t index, std::optional<int> untimed, int set);
  bool drifts() const { return !facts_.mutations.empty() || !facts_.random_operators.empty(); }

  void report(const std::string& line) const;

  WorkerPool& pool_;
  BenchRequest request_;
  bool alone_;
  bool short_of_memory_ = false;  ///< of a contender that is out
  Deadline deadline_;
  GpuSeat seat_;
  std::unique_ptr<Comparer> compare_;
  std::unique_ptr<Party> problem_;
  ProblemFacts facts_;
  SharedGroups groups_;
  int sets_ = 1;
  Json items_ = Json::array();  ///< by set, the arguments of a call
  std::vector<Runner> runners_;
  double cycle_ms_ = 0;  ///< what a call of nothing takes in a turn
  std::vector<double> idle_ms_;
  std::set<int> checked_rounds_;
  int checked_ = 0;
  std::mt19937 random_{std::random_device{}()};
  Json clocks_ = Json::object();
  BenchTimes times_;
};

}  // namespace ka
