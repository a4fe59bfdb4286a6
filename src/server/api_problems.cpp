#include <algorithm>

#include "base/build_info.h"
#include "base/file.h"
#include "server/api.h"

namespace ka {

namespace fs = std::filesystem;

std::vector<ProblemFolder> problem_folders(const Desk& desk) {
  std::vector<ProblemFolder> folders;
  const auto add = [&](const std::string& name, const fs::path& path) {
    const bool known =
        std::any_of(folders.begin(), folders.end(), [&](const ProblemFolder& folder) { return folder.name == name; });
    if (!known && is_dir(path)) folders.push_back({name, path});
  };
  add("examples", desk.folder() / "examples");
  add("examples", source_dir() / "examples");
  for (const fs::path& place : {desk.folder(), desk.folder().parent_path(), source_dir().parent_path()})
    for (const char* level : {"level1", "level2", "level3", "level4"})
      add(fmt::format("KernelBench-{}", level), place / "KernelBench" / "KernelBench" / level);
  for (const fs::path& own : desk.own_problems()) add(own.filename().string(), own);
  return folders;
}

Result<fs::path> find_problem(const Desk& desk, const std::string& name) {
  const size_t slash = name.find('/');
  for (const ProblemFolder& folder : problem_folders(desk)) {
    if (slash == std::string::npos || folder.name != name.substr(0, slash)) continue;
    if (Result<fs::path> path = inside(folder.path, name.substr(slash + 1)); path && path->extension() == ".py") return path;
  }
  return fail(Fault::kInput, "there is no such problem", name, "/api/v1/problems lists them");
}

namespace {

Reply list(Desk& desk, const Call&) {
  Json folders = Json::array();
  for (const ProblemFolder& folder : problem_folders(desk)) {
    Json problems = Json::array();
    const Result<std::vector<std::string>> names = list_dir(folder.path);
    for (const std::string& file : names ? *names : std::vector<std::string>())
      if (file.ends_with(".py") && !file.starts_with("_")) problems.push_back(file);
    folders.push_back({{"name", folder.name}, {"path", folder.path.string()}, {"problems", std::move(problems)}});
  }
  return json_reply({{"folders", std::move(folders)}});
}

Reply show(Desk& desk, const Call& call) {
  const Result<fs::path> path = find_problem(desk, call.part("problem"));
  if (!path) return error_reply(path.error(), 404);
  Result<std::string> text = read_file(*path);
  if (!text) return error_reply(text.error(), 404);
  Reply reply;
  reply.type = "text/plain; charset=utf-8";
  reply.body = std::move(*text);
  return reply;
}

constexpr HttpRoute kRoutes[] = {
    {"GET", "/api/v1/problems", list},
    {"GET", "/api/v1/problems/{problem*}", show},
};

}  // namespace

std::span<const HttpRoute> problem_routes() { return kRoutes; }

}  // namespace ka
