#include "base/build_info.h"

#include <cstdlib>
#include <system_error>
#include <vector>

#include "base/build_constants.h"

namespace ka {
namespace {

std::filesystem::path program_dir() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::string version() { return kVersion; }

std::string commit() { return kCommit; }

std::filesystem::path source_dir() { return kSourceDir; }

std::filesystem::path worker_dir() {
  std::error_code ignored;
  const std::filesystem::path bin = program_dir();
  std::vector<std::filesystem::path> places;
  if (const char* named = std::getenv("KERNELAGENT_WORKER"); named != nullptr && *named != '\0') places.emplace_back(named);
  places.push_back(bin.parent_path() / "share" / "kernelagent");
  places.push_back(bin / "share");
  places.push_back(source_dir() / "python");
  for (const auto& place : places) {
    if (std::filesystem::exists(place / "kernelagent_worker" / "__main__.py", ignored)) return place;
  }
  return {};
}

std::filesystem::path sandbox_library() {
  std::error_code ignored;
  const std::filesystem::path bin = program_dir();
  // Last: beside an installed worker, for a program of somebody else's that links the library.
  const std::filesystem::path prefix = worker_dir().parent_path().parent_path();
  for (const auto& folder : {bin / "lib", bin.parent_path() / "lib" / "kernelagent", bin, prefix / "lib" / "kernelagent"}) {
    if (auto library = folder / "libkernelagent_sandbox.so"; std::filesystem::exists(library, ignored)) return library;
  }
  return {};
}

std::filesystem::path graphviz_dir() {
  std::error_code ignored;
  const std::filesystem::path plugins = program_dir() / "lib" / "graphviz";
  return std::filesystem::is_directory(plugins, ignored) ? plugins : std::filesystem::path();
}

}  // namespace ka
