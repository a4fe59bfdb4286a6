#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "run/config.h"
#include "run/run_directory.h"
#include "suite/problems.h"
#include "suite/row.h"

namespace ka {

/// What a suite is told to do; suite.json keeps it, so that a resumed one does the same.
struct SuiteOrder {
  std::vector<SuiteProblem> problems;
  Overrides settings;  ///< of every run, as given on the command line
  std::string shard;   ///< "2/8", or empty
  bool bench = true;
  double bench_seconds = 2;         ///< how long each contender is timed
  std::string against;              ///< baselines to time, "eager,compile"; empty: those that `bench` chooses
  std::filesystem::path baselines;  ///< file of baselines for those that were not timed; empty: none
};

/// A batch of problems and its folder, `<runs>/suite_<UTC>_<8 hex>`: suite.json, rows/<name>.json, sittings.json, logs/ and the report. The
/// folder is the only state; every file is replaced in one step, so a suite that was killed goes on from its rows.
class Suite {
 public:
  /// Makes a fresh one and locks it. `machine` is what Workshop::machine says.
  static Result<Suite> begin(const std::filesystem::path& runs, SuiteOrder order, const Json& machine);
  /// Opens and locks one: its id, part of it, its path, or "last".
  static Result<Suite> resume(const std::filesystem::path& runs, const std::string& name);
  /// Opens one to look at; nothing is locked.
  static Result<Suite> look(const std::filesystem::path& runs, const std::string& name);
  /// Makes one of the rows of several, which must have run on the same GPU model, driver and versions. Where two have a problem, a row that
  /// was accepted and timed goes before one that was not, then the later suite's.
  static Result<Suite> merge(const std::filesystem::path& runs, const std::vector<std::string>& names);

  const std::string& id() const { return directory_.id(); }
  const std::filesystem::path& path() const { return directory_.path(); }
  const SuiteOrder& order() const { return order_; }
  const Json& head() const { return head_; }  ///< suite.json
  std::vector<SuiteRow>& rows() { return rows_; }
  const std::vector<SuiteRow>& rows() const { return rows_; }
  double seconds() const;  ///< of all sittings

  /// Writes a row to the disk, and how long this sitting has lasted.
  Status keep(const SuiteRow& row);
  /// Keeps what a process printed, beside the rows.
  Status keep_log(const SuiteRow& row, const std::string& text) const;
  /// Writes report.json, report.md and report.html from the rows.
  Status report() const;

 private:
  Suite(RunDirectory directory, Json head, SuiteOrder order);
  Status read_rows();
  RunDirectory directory_;
  Json head_;
  SuiteOrder order_;
  std::vector<SuiteRow> rows_;  ///< one for each problem, in the order of their names
  Json sittings_ = Json::array();
  std::string began_ = utc_timestamp();
  Stopwatch clock_;
};

}  // namespace ka
