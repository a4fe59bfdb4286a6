#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "kernel/kernel.h"

struct sqlite3;

namespace ka {

/// One line of the list of runs.
struct RunRow {
  std::string id, problem, platform, started;
  std::string status;  ///< "queued", "running", "killed", or RunFinished's: accepted, not_verified, failed, interrupted, stopped
  std::string message;
  int64_t kernels = 0;
  double seconds = 0;
};

/// What an accepted kernel depends on. Two equal keys mean that judging again would ask the same question of the same kernel.
struct KernelKey {
  std::string signature;  ///< the subgraph's
  std::string source;     ///< sha256 of the kernel, source and launches
  std::string judge;      ///< the judge's version (rules and numerics table) and effort
  std::string sandbox;    ///< level
  std::string worker;     ///< digest of the Python worker
  std::string machine;    ///< torch, Triton, driver, GPU
  std::string mode;       ///< train or eval, platform
  /// Returns the digest of all of it.
  std::string digest() const;
};

/// An accepted kernel of an earlier run.
struct CachedKernel {
  std::string run;  ///< where it was judged
  double bound_used = 0;
  double milliseconds = 0;  ///< 0 where it was not timed
  Json verdict;
};

/// The SQLite file `<runs>/index.sqlite`: a list of runs, and the cache of accepted kernels. Both can be deleted at any time: runs are found
/// again from their directories, kernels are judged again.
class RunIndex {
 public:
  /// Opens or makes the file; an unusable one is an environment error.
  static Result<std::unique_ptr<RunIndex>> open(const std::filesystem::path& runs);
  ~RunIndex();
  RunIndex(const RunIndex&) = delete;
  RunIndex& operator=(const RunIndex&) = delete;

  Status record(const RunRow& row);
  /// The newest runs first, directories that the index lacks included, rows whose directory is gone left out.
  Result<std::vector<RunRow>> runs(size_t limit);

  Result<std::optional<CachedKernel>> find(const KernelKey& key);
  Status keep(const KernelKey& key, const CachedKernel& kernel);

 private:
  RunIndex(sqlite3* database, std::filesystem::path runs) : database_(database), runs_(std::move(runs)) {}
  sqlite3* database_;
  std::filesystem::path runs_;
};

/// Reads a run's row from its directory alone: run.json and its last events; a run that was killed says so.
Result<RunRow> row_of_run(const std::filesystem::path& runs, const std::string& id);

/// Returns sha256 over the Python worker's files, names and contents.
std::string worker_digest(const std::filesystem::path& worker);

}  // namespace ka
