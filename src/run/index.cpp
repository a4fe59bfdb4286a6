#include "run/index.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "run/run_directory.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, problem TEXT, platform TEXT, started TEXT, status TEXT, message TEXT, kernels INTEGER, seconds REAL);
CREATE TABLE IF NOT EXISTS kernels (
  digest TEXT PRIMARY KEY, signature TEXT, run TEXT, bound_used REAL, milliseconds REAL, verdict TEXT);
)sql";

tl::unexpected<Error> failed(sqlite3* database, std::string_view what) {
  return fail(Fault::kEnvironment, fmt::format("the index of runs failed while {}: {}", what, sqlite3_errmsg(database)),
              "index.sqlite", "delete the file: it is made again from the run directories");
}

/// One prepared statement; columns and parameters are numbered from 0.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) statement_ = nullptr;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
  }
  int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  std::string text(int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes);
  }
  int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
  double real(int column) { return sqlite3_column_double(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace

std::string KernelKey::digest() const {
  Json key = {signature, source, judge, sandbox, worker, machine, mode};
  return sha256(compact(key));
}

Result<std::unique_ptr<RunIndex>> RunIndex::open(const fs::path& runs) {
  KA_CHECK_OK(make_dirs(runs));
  sqlite3* database = nullptr;
  const int opened = sqlite3_open((runs / "index.sqlite").c_str(), &database);
  std::unique_ptr<RunIndex> index(new RunIndex(database, runs));
  if (opened != SQLITE_OK) return failed(database, "opening");
  // Several runs may share the folder.
  sqlite3_busy_timeout(database, 10000);
  if (sqlite3_exec(database, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) return failed(database, "opening");
  return index;
}

RunIndex::~RunIndex() { sqlite3_close(database_); }

Status RunIndex::record(const RunRow& row) {
  Statement insert(database_, "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(row.id).bind(row.problem).bind(row.platform).bind(row.started).bind(row.status).bind(row.message).bind(row.kernels);
  insert.bind(row.seconds);
  if (insert.step() != SQLITE_DONE) return failed(database_, "recording a run");
  return {};
}

Result<std::vector<RunRow>> RunIndex::runs(size_t limit) {
  std::map<std::string, RunRow> known;
  Statement select(database_, "SELECT id, problem, platform, started, status, message, kernels, seconds FROM runs");
  int state = SQLITE_ROW;
  while ((state = select.step()) == SQLITE_ROW) {
    RunRow row{select.text(0), select.text(1), select.text(2),    select.text(3),
               select.text(4), select.text(5), select.integer(6), select.real(7)};
    known[row.id] = std::move(row);
  }
  if (state != SQLITE_DONE) return failed(database_, "listing runs");

  std::vector<std::string> ids = list_runs(runs_);
  std::reverse(ids.begin(), ids.end());
  if (ids.size() > limit) ids.resize(limit);
  std::vector<RunRow> rows;
  for (const std::string& id : ids) {
    const auto found = known.find(id);
    // A row that still says "running" may be of a run that was killed: ask its directory.
    if (found != known.end() && found->second.status != "running") {
      rows.push_back(found->second);
    } else if (Result<RunRow> row = row_of_run(runs_, id)) {
      rows.push_back(std::move(*row));
    }
  }
  return rows;
}

Result<std::optional<CachedKernel>> RunIndex::find(const KernelKey& key) {
  Statement select(database_, "SELECT run, bound_used, milliseconds, verdict FROM kernels WHERE digest = ?");
  select.bind(key.digest());
  const int state = select.step();
  if (state == SQLITE_DONE) return std::optional<CachedKernel>();
  if (state != SQLITE_ROW) return failed(database_, "looking for a kernel");
  CachedKernel kernel{select.text(0), select.real(1), select.real(2), {}};
  KA_TRY(kernel.verdict, parse_json(select.text(3), "index.sqlite"));
  return std::optional<CachedKernel>(std::move(kernel));
}

Status RunIndex::keep(const KernelKey& key, const CachedKernel& kernel) {
  Statement insert(database_, "INSERT OR REPLACE INTO kernels VALUES (?, ?, ?, ?, ?, ?)");
  insert.bind(key.digest()).bind(key.signature).bind(kernel.run).bind(kernel.bound_used).bind(kernel.milliseconds);
  insert.bind(compact(kernel.verdict));
  if (insert.step() != SQLITE_DONE) return failed(database_, "keeping a kernel");
  return {};
}

Result<RunRow> row_of_run(const fs::path& runs, const std::string& id) {
  KA_TRY(const RunDirectory directory, RunDirectory::open(runs, id));
  KA_TRY(const Json json, directory.read_json("run.json"));
  RunRow row{id, string_or(json, "problem"), string_or(json, "platform"), string_or(json, "started"), "running", {}, 0, 0};
  if (const Result<std::vector<TimedEvent>> events = read_events(directory)) {
    for (const TimedEvent& timed : *events) {
      if (std::holds_alternative<RunStarted>(timed.event)) row.status = "running", row.message.clear(), row.kernels = 0;
      if (std::holds_alternative<KernelChosen>(timed.event)) ++row.kernels;
      if (const auto* end = std::get_if<RunFinished>(&timed.event)) {
        row.status = end->status, row.message = end->message, row.seconds = end->seconds;
      }
    }
  }
  const bool live = directory.is_live();
  if (!live && directory.has(kQueueFile))
    row.status = "queued", row.message.clear();
  else if (!live && row.status == "running")
    row.status = "killed", row.message = "ended without a word; it can be resumed";
  return row;
}

std::string worker_digest(const fs::path& worker) {
  std::string all;
  const fs::path package = worker / "kernelagent_worker";
  if (const Result<std::vector<std::string>> names = list_dir(package)) {
    for (const std::string& name : *names) {
      if (!name.ends_with(".py")) continue;
      if (const Result<std::string> digest = sha256_file(package / name)) all += name + " " + *digest + "\n";
    }
  }
  return sha256(all);
}

}  // namespace ka
