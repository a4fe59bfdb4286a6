#include "base/file.h"
#include "run/package.h"
#include "server/api.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostShown = std::uintmax_t{64} << 20;

struct Found {
  std::string name;
  std::uintmax_t size;
};

/// The regular files of a run, by name; links are left out.
std::vector<Found> files_of(const RunDirectory& run) {
  std::vector<Found> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(run.path(), error), end; !error && at != end; at.increment(error)) {
    if (at->is_symlink(error) || !at->is_regular_file(error) || at->path().filename() == "lock") continue;
    files.push_back({at->path().lexically_relative(run.path()).generic_string(), at->file_size(error)});
  }
  std::sort(files.begin(), files.end(), [](const Found& a, const Found& b) { return a.name < b.name; });
  return files;
}

Reply list(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  Json json = Json::array();
  for (const Found& file : files_of(*run)) json.push_back({{"name", file.name}, {"bytes", file.size}});
  return json_reply({{"files", std::move(json)}});
}

Reply attachment(std::string body, std::string type, const std::string& name) {
  Reply reply;
  reply.type = std::move(type);
  reply.body = std::move(body);
  reply.headers = {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)}};
  return reply;
}

Reply show(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  const Result<fs::path> path = inside(run->path(), call.part("file"));
  if (!path) return error_reply(path.error(), 404);
  std::error_code error;
  if (fs::file_size(*path, error) > kMostShown)
    return error_reply({Fault::kInput, "the file is too large to be sent", path->string(), "open it where it is"}, 413);
  Result<std::string> text = read_file(*path);
  if (!text) return error_reply(text.error(), 404);
  const std::string end = path->extension().string();
  // Never as a page: what a program wrote must not run as this site's script.
  const bool binary = end == ".tgz" || text->find('\0') != std::string::npos;
  const std::string type = end == ".json"  ? "application/json"
                           : end == ".svg" ? "image/svg+xml"
                           : binary        ? "application/octet-stream"
                                           : "text/plain; charset=utf-8";
  if (binary || !call.asked("download").empty()) return attachment(std::move(*text), type, path->filename().string());
  Reply reply;
  reply.type = type;
  reply.body = std::move(*text);
  return reply;
}

Reply archive(Desk& desk, const Call& call) {
  const Result<RunDirectory> run = desk.open(call.part("run"));
  if (!run) return error_reply(run.error(), 404);
  std::vector<std::pair<std::string, std::string>> packed;
  std::uintmax_t total = 0;
  for (const Found& file : files_of(*run)) {
    if ((total += file.size) > 4 * kMostShown)
      return error_reply({Fault::kInput, "the run is too large to be packed", run->path().string(), "copy its folder"}, 413);
    if (Result<std::string> text = read_file(run->file(file.name)))
      packed.emplace_back(run->id() + "/" + file.name, std::move(*text));
  }
  Result<std::string> tar = tar_gz(packed);
  if (!tar) return error_reply(tar.error());
  return attachment(std::move(*tar), "application/gzip", run->id() + ".tar.gz");
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/runs/{run}/files", list},
    {"GET", "/api/v1/runs/{run}/files/{file*}", show},
    {"GET", "/api/v1/runs/{run}/archive", archive},
};

}  // namespace

std::span<const HttpRoute> run_file_routes() { return kRoutes; }

}  // namespace ka
