#include <CLI/CLI.hpp>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "run/export.h"
#include "suite/suite.h"

namespace ka::cli_drawer {
namespace {

struct ExportOptions {
  std::vector<std::string> runs;
  std::string format = "kernelbench", to = ".";
};

/// The runs that a word names: itself, or those that a suite accepted.
Result<std::vector<std::string>> runs_of(const Config& config, const std::string& word) {
  if (!std::filesystem::path(word).filename().string().starts_with("suite_")) return std::vector<std::string>{word};
  KA_TRY(const Suite suite, Suite::look(config.runs, word));
  std::vector<std::string> runs;
  for (const SuiteRow& row : suite.rows())
    if (row.accepted()) runs.push_back(row.run);
  if (runs.empty()) return fail(Fault::kInput, "this suite has no accepted run", suite.path().string());
  return runs;
}

Result<int> perform(const ExportOptions& options, const Invocation& invocation) {
  if (options.format != "kernelbench" && options.format != "program")
    return fail(Fault::kInput, fmt::format("'{}' is no format", options.format), "--format", "kernelbench or program");
  const ExportFormat format = options.format == "program" ? ExportFormat::kProgram : ExportFormat::kKernelBench;
  KA_TRY(const Config config, invocation.config());
  std::vector<Exported> files;
  for (const std::string& word : options.runs) {
    KA_TRY(const std::vector<std::string> runs, runs_of(config, word));
    for (const std::string& name : runs) {
      KA_TRY(const RunDirectory run, RunDirectory::open(config.runs, name));
      KA_TRY(Exported file, export_program(run, format));
      for (const Exported& other : files)
        if (other.name == file.name)
          return fail(Fault::kInput, fmt::format("two runs would be {}", file.name), run.path().string(),
                      "export them to two folders");
      files.push_back(std::move(file));
    }
  }
  Json names = Json::array();
  for (const Exported& file : files) {
    const std::filesystem::path path = std::filesystem::path(options.to) / file.name;
    KA_CHECK_OK(write_file_atomic(path, file.text));
    names.push_back(path.string());
    if (!invocation.json) print_text(path.string() + "\n");
  }
  if (invocation.json) print_json({{"format", options.format}, {"files", std::move(names)}});
  return kExitOk;
}

}  // namespace

void export_(CommandTable& table) {
  const auto options = std::make_shared<ExportOptions>();
  table.add({"export",
             "write accepted programs as files for KernelBench's evaluator, or for use elsewhere",
             "kernelbench: level_1_problem_19_sample_0_kernel.py with ModelNew, as scripts/eval_from_generations.py loads it.\n"
             "program: one importable file, named as the problem. Either is what was certified, without the self-test.",
             {"runs", "log_level"},
             [options](CLI::App& app) {
               app.add_option("RUN|SUITE", options->runs, "runs, or suites: all that they accepted")->required();
               app.add_option("--format", options->format, "kernelbench or program")->type_name("NAME")->capture_default_str();
               app.add_option("--to", options->to, "the folder that gets the files")->type_name("FOLDER")->capture_default_str();
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
