#include "worker/interpreter.h"

#include "base/json.h"
#include "base/log.h"
#include "process/subprocess.h"

namespace ka {
namespace {

constexpr const char* kQuestion = R"(
import json, os, sys
places = [sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]
print(json.dumps([place for place in places if place and os.path.isabs(place)]))
)";

/// pyenv, asdf and mise keep scripts in a folder of this name, which start the interpreter by programs that the sandbox does not show. Any
/// other script is run as it was named: it may set what its interpreter needs.
bool is_shim(const std::filesystem::path& python) { return python.parent_path().filename() == "shims"; }

}  // namespace

Task<Interpreter> look_up_interpreter(Loop& loop, const std::filesystem::path& python, std::vector<std::string> environment) {
  Interpreter interpreter{python, {python}};
  CommandOptions options;
  options.timeout = std::chrono::seconds(30);
  options.spawn.arguments = {python.string(), "-c", kQuestion};
  options.spawn.environment = std::move(environment);
  options.spawn.directory = "/";
  const auto output = co_await run_command(loop, std::move(options));
  const Result<Json> answer = output && output->ending.ok() ? parse_json(output->out, python.string()) : Result<Json>(Json());
  if (!answer || !answer->is_array() || answer->empty()) {
    log_info("{} does not say where its packages are", python.string());
    co_return interpreter;
  }
  for (const Json& place : *answer) {
    if (place.is_string()) interpreter.places.emplace_back(place.get<std::string>());
  }
  if (is_shim(python) && interpreter.places.size() > 1) interpreter.program = interpreter.places[1];
  co_return interpreter;
}

}  // namespace ka
