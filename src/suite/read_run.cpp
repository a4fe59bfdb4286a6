#include <algorithm>

#include "base/file.h"
#include "llm/ledger.h"
#include "run/emit.h"
#include "run/run_directory.h"
#include "suite/row.h"

namespace ka {
namespace {

void read_plan(const RunDirectory& run, SuiteRow& row) {
  const Result<Json> subgraphs = run.read_json("subgraphs.json");
  if (!subgraphs || !subgraphs->is_array()) return;
  row.subgraphs = row.launches = 0;
  row.planned_bytes = 0;
  for (const Json& subgraph : *subgraphs) {
    const int64_t count = std::max<int64_t>(1, int_or(subgraph, "count", 1));
    row.subgraphs += count;
    row.launches += count * int_or(subgraph, "launches", 1);
    row.planned_bytes += static_cast<double>(count) * number_or(subgraph, "bytes");
  }
}

void read_kernels(const RunDirectory& run, SuiteRow& row) {
  const Result<Json> kernels = run.read_json("kernels_out/summary.json");
  if (!kernels || !kernels->is_array()) return;
  row.authors.clear();
  row.kernels = 0;
  for (const Json& kernel : *kernels) {
    if (!bool_or(kernel, "success")) continue;
    ++row.kernels;
    ++row.authors[string_or(kernel, "author", "unknown")];
  }
}

void read_story(const RunDirectory& run, SuiteRow& row) {
  const Result<std::vector<TimedEvent>> events = read_events(run);
  if (!events) return;
  for (const TimedEvent& timed : *events) {
    if (const auto* judged = std::get_if<ProgramJudged>(&timed.event)) {
      row.verdict = judged->verdict, row.qualifier = judged->qualifier;
      row.rms_error = judged->rms_error, row.bound_used = judged->bound_used;
    } else if (const auto* end = std::get_if<RunFinished>(&timed.event)) {
      row.status = end->status, row.reason = end->message, row.where = end->where;
    }
  }
}

void read_costs(const RunDirectory& run, SuiteRow& row) {
  const std::filesystem::path file = run.file("ledger.jsonl");
  if (!is_file(file)) return;
  const Result<Ledger> ledger = Ledger::open(file);
  if (!ledger) return;
  row.calls = ledger->totals().calls;
  row.tokens = ledger->totals().usage.input + ledger->totals().usage.output;
  row.usd = ledger->totals().usd;
}

}  // namespace

void read_run(SuiteRow& row) {
  const Result<RunDirectory> run = RunDirectory::open({}, row.run);
  if (!run) return;
  read_story(*run, row);
  read_plan(*run, row);
  read_kernels(*run, row);
  read_costs(*run, row);
  if (const Result<Json> route = run->read_json("route.json")) row.route = string_or(*route, "strategy");
  if (!run->has("graph.json")) return;
  const Result<Graph> graph = read_graph(run->file("graph.json"));
  if (!graph) return;
  row.work = least_work(*graph);
  row.needs_bytes = judging_bytes(*graph);
}

std::string phase_at_end(const std::string& run) {
  const Result<RunDirectory> directory = RunDirectory::open({}, run);
  const Result<std::vector<TimedEvent>> events = directory ? read_events(*directory) : std::vector<TimedEvent>{};
  std::string phase;
  if (events)
    for (const TimedEvent& timed : *events)
      if (const auto* started = std::get_if<PhaseStarted>(&timed.event)) phase = started->phase;
  return phase;
}

}  // namespace ka
