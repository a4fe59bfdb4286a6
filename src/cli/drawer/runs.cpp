#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "run/index.h"

namespace ka::cli_drawer {
namespace {

Result<int> perform(size_t limit, const Invocation& invocation) {
  KA_TRY(const Config config, invocation.config());
  KA_TRY(const std::unique_ptr<RunIndex> index, RunIndex::open(config.runs));
  KA_TRY(const std::vector<RunRow> rows, index->runs(limit));
  if (invocation.json) {
    Json list = Json::array();
    for (const RunRow& row : rows)
      list.push_back({{"id", row.id},
                      {"problem", row.problem},
                      {"platform", row.platform},
                      {"started", row.started},
                      {"status", row.status},
                      {"message", row.message},
                      {"kernels", row.kernels},
                      {"seconds", row.seconds}});
    print_json(list);
    return kExitOk;
  }
  if (rows.empty()) print_text(fmt::format("no runs in {}\n", config.runs.string()));
  for (const RunRow& row : rows) {
    print_text(fmt::format("{}  {:<12}  {:>9}  {:<10}  {}{}\n", row.id, row.status, duration_text(row.seconds),
                           plural(row.kernels, "kernel"), row.problem,
                           row.message.empty() ? "" : "  (" + shorten(row.message, 70) + ")"));
  }
  return kExitOk;
}

}  // namespace

void runs(CommandTable& table) {
  const auto limit = std::make_shared<size_t>(20);
  table.add({"runs",
             "list runs, newest first",
             {},
             {"runs"},
             [limit](CLI::App& app) { app.add_option("-n,--limit", *limit, "how many")->type_name("N"); },
             [limit](const Invocation& invocation) { return perform(*limit, invocation); }});
}

}  // namespace ka::cli_drawer
