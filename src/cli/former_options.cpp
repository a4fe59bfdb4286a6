#include "cli/former_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "base/file.h"

namespace ka {
namespace {

const SettingRow& row_of(std::string_view key) {
  const auto rows = setting_rows();
  return *std::find_if(rows.begin(), rows.end(), [&](const SettingRow& row) { return row.key == key; });
}

constexpr const char* kGroup = "As in the first version";

}  // namespace

void FormerOptions::add(CLI::App& app, const char* option, const char* type, std::string_view key) {
  app.add_option_function<std::string>(
         option, [this, name = std::string(key)](const std::string& text) { given_[name] = text; },
         fmt::format("the same as {}", row_of(key).flag))
      ->type_name(type)
      ->group(kGroup);
}

void FormerOptions::add_usual(CLI::App& app) {
  add_idle(app, "--verify", "always done");
  add(app, "--workers", "N", "seeds");
  add(app, "--max-iters", "N", "rounds");
  add(app, "--run-timeout-s", "SECONDS", "timeout");
  app.add_option("--llm-timeout-s", model_timeout_, "the same as the variable KERNELAGENT_LLM_TIMEOUT_S")
      ->type_name("SECONDS")
      ->group(kGroup);
}

void FormerOptions::add_idle(CLI::App& app, const char* option, const char* why) {
  const bool flag = std::string_view(option).find(' ') == std::string_view::npos;
  if (flag) {
    app.add_flag_callback(
           option, [] {}, why)
        ->group(kGroup);
  } else {
    const std::string name(option);
    const size_t space = name.find(' ');
    app.add_option_function<std::string>(
           name.substr(0, space), [](const std::string&) {}, why)
        ->type_name(name.substr(space + 1))
        ->group(kGroup);
  }
}

void FormerOptions::apply(Invocation& invocation) const {
  invocation.flags.insert(given_.begin(), given_.end());  // what is there already stays
  if (!model_timeout_.empty()) ::setenv("KERNELAGENT_LLM_TIMEOUT_S", model_timeout_.c_str(), 1);
}

Result<std::string> problem_or_run(const std::string& what, const std::string& subgraphs) {
  if (what.empty() == subgraphs.empty())
    return fail(Fault::kInput, "name a run or a problem file, or a run's file with --subgraphs", {}, "for example: last");
  if (!what.empty()) return what;
  for (std::filesystem::path folder = absolute_path(subgraphs).parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (is_file(folder / "run.json")) return folder.string();
  }
  return fail(Fault::kInput, "this file lies in no run's folder", subgraphs, "name the file that `kernelagent extract` left");
}

}  // namespace ka
