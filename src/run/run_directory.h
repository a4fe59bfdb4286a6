#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/events.h"

namespace ka {

/// One run's folder, `<runs>/run_<UTC yyyymmdd_hhmmss>_<8 hex>`: the only state of a run. Every file is replaced in one step, so a kill at
/// any point leaves whole files. `finished.json` says which steps are done: for each, a digest of what it started from and the digests of
/// the files it left; a step counts only while both still hold. A suite (room `suite`) lives in the same way: `kind` is then "suite", the
/// folder `suite_…`, and suite.json says what it is.
class RunDirectory {
 public:
  /// Makes a fresh directory and locks it.
  static Result<RunDirectory> create(const std::filesystem::path& runs, std::string_view kind = "run");
  /// Opens an existing one by id, part of an id that only one run has, path, or "last". Does not lock.
  static Result<RunDirectory> open(const std::filesystem::path& runs, const std::string& run, std::string_view kind = "run");

  const std::string& id() const { return id_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

  /// Takes the directory for this process until it ends; an input error where another process works on it.
  Status lock();
  /// Says whether some process works on the directory now.
  bool is_live() const;
  /// Returns the process that works on the directory now; nothing where none does.
  std::optional<int> holder() const;

  Status write(std::string_view name, std::string_view content) const;
  Result<std::string> read(std::string_view name) const;
  Result<Json> read_json(std::string_view name) const;
  bool has(std::string_view name) const;

  /// True if `step` was finished from the same start and its files are as it left them.
  bool is_finished(std::string_view step, std::string_view from) const;
  /// Marks `step` as finished; `files` are names of files that exist.
  Status finish(std::string_view step, std::string_view from, const std::vector<std::string>& files);

 private:
  RunDirectory(std::filesystem::path path, std::string id);
  std::filesystem::path path_;
  std::string id_;
  Json finished_;
  std::shared_ptr<void> lock_;  ///< holds the locked descriptor
};

/// A run that waits for a server to start it has this file, which says with what (server/desk.h).
inline constexpr std::string_view kQueueFile = "queue.json";

/// Lists the runs (or suites) in a folder, oldest first (ids begin with their time).
std::vector<std::string> list_runs(const std::filesystem::path& runs, std::string_view kind = "run");

/// Appends events to events.jsonl, one object a line with its time; what only moves a progress line is left out. A full disk silences it:
/// the pipeline's own writes report that.
class EventsFile : public Listener {
 public:
  explicit EventsFile(const RunDirectory& directory) : path_(directory.file("events.jsonl")) {}
  void hear(const RunEvent& event, const std::string& time) override;

 private:
  std::filesystem::path path_;
};

struct TimedEvent {
  std::string time;
  RunEvent event;
};
/// Reads events.jsonl; a line that a kill cut short, or of a kind that this version does not know, is skipped.
Result<std::vector<TimedEvent>> read_events(const RunDirectory& directory);

}  // namespace ka
