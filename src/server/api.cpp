#include "server/api.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace ka {

namespace fs = std::filesystem;

std::vector<HttpRoute> all_routes() {
  std::vector<HttpRoute> all;
  for (const auto& some : {run_routes(), run_file_routes(), dialogue_routes(), performance_routes(), suite_routes(),
                           problem_routes(), setting_routes(), mcp_routes(), page_routes()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

Reply answer(Desk& desk, Call call) {
  static const std::vector<HttpRoute> kRoutes = all_routes();
  std::vector<std::string> methods;
  for (const HttpRoute& route : kRoutes) {
    if (!matches(route.pattern, call.path, call.parts)) continue;
    methods.emplace_back(route.method);
    if (route.method == call.method || (call.method == "HEAD" && route.method == "GET")) return route.handle(desk, call);
  }
  if (methods.empty())
    return error_reply({Fault::kInput, "there is nothing at this address", call.path, "see /api/v1/openapi.json"}, 404);
  Reply refusal =
      error_reply({Fault::kInput, "this address does not take " + call.method, call.path, "see /api/v1/openapi.json"}, 405);
  refusal.headers = {{"Allow", join(methods, ", ")}};
  return refusal;
}

Result<fs::path> inside(const fs::path& folder, const std::string& name) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path path = error ? fs::path() : fs::canonical(root / name, error);
  const auto [mismatch, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  if (error || name.find('\0') != std::string::npos || mismatch != root.end() || !is_file(path))
    return fail(Fault::kInput, "there is no such file", name);
  return path;
}

}  // namespace ka
