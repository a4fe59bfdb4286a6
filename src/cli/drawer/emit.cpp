#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "run/emit.h"
#include "run/look.h"

namespace ka::cli_drawer {
namespace {

struct EmitOptions {
  std::vector<std::string> files;
  bool all = false;
};

Result<Emission> emit_one(const std::string& file, const Config& config, bool all) {
  KA_TRY(Traced traced, look_at(config, file));
  return emit_kernels(std::move(traced.graph), config, all);
}

/// The operator that an error names first, for tests that count refusals; empty where it names none.
std::string operator_in(const std::string& message) {
  for (const char* space : {"aten.", "ka."}) {
    const size_t begin = message.find(space);
    if (begin == std::string::npos) continue;
    size_t end = begin;
    while (end < message.size() &&
           (std::isalnum(static_cast<unsigned char>(message[end])) || message[end] == '.' || message[end] == '_'))
      ++end;
    while (end > begin && message[end - 1] == '.') --end;
    return message.substr(begin, end - begin);
  }
  return {};
}

Result<int> perform(const EmitOptions& options, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  int code = kExitOk;
  for (const std::string& file : options.files) {
    const Result<Emission> emission = emit_one(file, config, options.all);
    if (!emission && !invocation.json && options.files.size() == 1) return tl::unexpected<Error>(emission.error());
    if (!emission) code = std::max(code, exit_code(emission.error().fault));
    if (invocation.json) {
      Json line;
      line["graph"] = file;
      if (emission) {
        line["kernels"] = emission->kernels;
        line["host_views"] = emission->host_views;
      } else {
        line["error"] = {{"message", emission.error().message},
                         {"op", operator_in(emission.error().message)},
                         {"where", emission.error().where},
                         {"exit", exit_code(emission.error().fault)}};
      }
      print_text(compact(line) + "\n");
    } else if (emission) {
      for (const Json& kernel : emission->kernels)
        print_text(fmt::format("# --- {} ---\n{}\n", string_or(kernel, "subgraph"), string_or(kernel, "source")));
    } else {
      std::fputs((to_text(emission.error()) + "\n").c_str(), stderr);
    }
  }
  // One JSON line per graph says it all; the exit code is for people.
  return invocation.json ? kExitOk : code;
}

}  // namespace

void emit(CommandTable& table) {
  const auto options = std::make_shared<EmitOptions>();
  table.add({"emit",
             "print the kernels that codegen writes, without judging them",
             "Graph files (graph.json) need no Python. --json prints one line for each file: {\"graph\", \"kernels\": [...]} or\n"
             "{\"graph\", \"error\": {\"message\", \"op\"}}, and exits 0 whatever they say.",
             {"platform", "python", "mode", "no_pass", "timeout", "memory_mb", "log_level"},
             [options](CLI::App& app) {
               app.add_option("PROBLEM|GRAPH", options->files, "problem files or graph files")->required();
               app.add_flag("--all", options->all, "every candidate of every subgraph, not only the first");
             },
             [options](const Invocation& invocation) { return perform(*options, invocation); }});
}

}  // namespace ka::cli_drawer
