#include "run/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

std::string fresh_id(std::string_view kind) {
  std::random_device random;
  return fmt::format("{}_{}_{:08x}", kind, utc_compact(), random());
}

/// Opens and locks `<run>/lock`; nothing where another process holds it.
std::shared_ptr<void> take_lock(const fs::path& path, bool& taken_elsewhere) {
  taken_elsewhere = false;
  const int fd = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return nullptr;
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    taken_elsewhere = errno == EWOULDBLOCK;
    ::close(fd);
    return nullptr;
  }
  return {reinterpret_cast<void*>(static_cast<intptr_t>(fd)),
          [](void* held) { ::close(static_cast<int>(reinterpret_cast<intptr_t>(held))); }};
}

Result<std::string> resolve(const fs::path& runs, const std::string& run, std::string_view kind) {
  const std::vector<std::string> all = list_runs(runs, kind);
  const std::string hint = all.empty()     ? fmt::format("no {} has been made here yet", kind)
                           : kind == "run" ? "`kernelagent runs` lists them"
                                           : "the last one is " + all.back();
  if (run == "last" && !all.empty()) return all.back();
  std::vector<std::string> found;
  for (const std::string& id : all) {
    if (id == run) return id;
    if (id.find(run) != std::string::npos) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  const char* what = found.empty() ? "there is no {} '{}'" : "more than one {} is like '{}'";
  return fail(Fault::kInput, fmt::format(fmt::runtime(what), kind, run), runs.string(), hint);
}

}  // namespace

RunDirectory::RunDirectory(fs::path path, std::string id) : path_(std::move(path)), id_(std::move(id)) {
  finished_ = Json::object();
  if (const Result<Json> json = read_json("finished.json"); json && json->is_object()) finished_ = *json;
}

Result<RunDirectory> RunDirectory::create(const fs::path& runs, std::string_view kind) {
  KA_CHECK_OK(make_dirs(runs));
  for (int attempt = 0; attempt < 8; ++attempt) {
    const std::string id = fresh_id(kind);
    std::error_code error;
    if (!fs::create_directory(runs / id, error)) {
      if (error)
        return fail(Fault::kEnvironment, fmt::format("cannot make a {} directory: {}", kind, error.message()), runs.string(),
                    "choose another folder with --runs, or free some space");
      continue;
    }
    RunDirectory directory(runs / id, id);
    KA_CHECK_OK(directory.lock());
    return directory;
  }
  return fail(Fault::kInternal, fmt::format("no free {} id", kind), runs.string());
}

Result<RunDirectory> RunDirectory::open(const fs::path& runs, const std::string& run, std::string_view kind) {
  if (run.empty()) return fail(Fault::kInput, fmt::format("the {}'s name is empty", kind));
  // A path (with a separator or not) to a directory that holds one.
  fs::path given = fs::path(run);
  if (given.filename().empty()) given = given.parent_path();
  if (is_file(given / fmt::format("{}.json", kind))) return RunDirectory(given, absolute_path(given).filename().string());
  KA_TRY(const std::string id, resolve(runs, run, kind));
  return RunDirectory(runs / id, id);
}

Status RunDirectory::lock() {
  if (lock_) return {};
  bool taken = false;
  // Whoever only looks (is_live) holds the lock for an instant.
  for (int attempt = 0; attempt < 20 && !lock_; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    lock_ = take_lock(path_, taken);
    if (!taken) break;
  }
  if (lock_) {
    // In place: another file of this name would be another lock.
    const int fd = static_cast<int>(reinterpret_cast<intptr_t>(lock_.get()));
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0)
      log_warning("{}: cannot name its holder", path_.string());
    return {};
  }
  if (taken)
    return fail(Fault::kInput, "another process works on this run", path_.string(), "wait for it, or end it, then try again");
  return fail(Fault::kEnvironment, "the run directory cannot be written", path_.string());
}

bool RunDirectory::is_live() const {
  if (lock_) return true;
  if (!is_file(path_ / "lock")) return false;
  bool taken = false;
  const std::shared_ptr<void> probe = take_lock(path_, taken);
  return taken;
}

std::optional<int> RunDirectory::holder() const {
  if (!is_live()) return std::nullopt;
  const Result<std::string> text = read("lock");
  int pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc() || pid <= 1) return std::nullopt;
  return pid;
}

Status RunDirectory::write(std::string_view name, std::string_view content) const {
  return write_file_atomic(path_ / name, content);
}

Result<std::string> RunDirectory::read(std::string_view name) const { return read_file(path_ / name); }

Result<Json> RunDirectory::read_json(std::string_view name) const {
  KA_TRY(const std::string text, read(name));
  return parse_json(text, (path_ / name).string());
}

bool RunDirectory::has(std::string_view name) const { return is_file(path_ / name); }

bool RunDirectory::is_finished(std::string_view step, std::string_view from) const {
  const Json* entry = find(finished_, step);
  if (entry == nullptr || string_or(*entry, "from") != from) return false;
  const Json* files = find(*entry, "files");
  if (files == nullptr || !files->is_object()) return false;
  for (const auto& [name, digest] : files->items()) {
    const Result<std::string> now = sha256_file(path_ / name);
    if (!now || !digest.is_string() || *now != digest.get<std::string>()) return false;
  }
  return true;
}

Status RunDirectory::finish(std::string_view step, std::string_view from, const std::vector<std::string>& files) {
  Json digests = Json::object();
  for (const std::string& name : files) {
    KA_TRY(digests[name], sha256_file(path_ / name));
  }
  finished_[std::string(step)] = {{"from", from}, {"files", std::move(digests)}};
  return write("finished.json", pretty(finished_));
}

std::vector<std::string> list_runs(const fs::path& runs, std::string_view kind) {
  std::vector<std::string> ids;
  const Result<std::vector<std::string>> names = list_dir(runs);
  if (!names) return ids;
  for (const std::string& name : *names)
    if (name.starts_with(fmt::format("{}_", kind)) && is_dir(runs / name)) ids.push_back(name);
  return ids;
}

void EventsFile::hear(const RunEvent& event, const std::string& time) {
  if (std::holds_alternative<Progressed>(event)) return;
  Json line;
  line["time"] = time;
  line.update(to_json(event));
  if (const Status written = append_file(path_, compact(line) + "\n"); !written) log_warning("{}", to_text(written.error()));
}

Result<std::vector<TimedEvent>> read_events(const RunDirectory& directory) {
  KA_TRY(const std::string text, directory.read("events.jsonl"));
  std::vector<TimedEvent> events;
  for (const std::string& line : split_lines(text)) {
    const Result<Json> json = parse_json(line, "events.jsonl");
    if (!json) continue;
    Result<RunEvent> event = event_from_json(*json);
    if (event) events.push_back({string_or(*json, "time"), std::move(*event)});
  }
  return events;
}

}  // namespace ka
