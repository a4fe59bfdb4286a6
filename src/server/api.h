#pragma once

#include <span>

#include "server/call.h"
#include "server/desk.h"

namespace ka {

/// The routes under /api/v1, as data/openapi.json describes them (a test compares the two), and the page's files.
std::vector<HttpRoute> all_routes();

/// Finds the route of a call and answers it: 404 for an unknown path, 405 for another method.
Reply answer(Desk& desk, Call call);

// One span for each file of handlers.
std::span<const HttpRoute> run_routes();
std::span<const HttpRoute> run_file_routes();
std::span<const HttpRoute> dialogue_routes();
std::span<const HttpRoute> performance_routes();
std::span<const HttpRoute> suite_routes();
std::span<const HttpRoute> problem_routes();
std::span<const HttpRoute> setting_routes();
std::span<const HttpRoute> mcp_routes();
std::span<const HttpRoute> page_routes();

/// A folder that problems may be picked from.
struct ProblemFolder {
  std::string name;
  std::filesystem::path path;
};
/// The examples, and KernelBench checkouts in or beside the working folder.
std::vector<ProblemFolder> problem_folders(const Desk& desk);
/// Finds a problem that /problems lists, "FOLDER/path.py"; anything else is an input error.
Result<std::filesystem::path> find_problem(const Desk& desk, const std::string& name);

/// The path of `name` inside a folder, links followed; an input error where it leads out or names no file.
Result<std::filesystem::path> inside(const std::filesystem::path& folder, const std::string& name);

}  // namespace ka
