#include "run/tuning.h"

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

TuningCache open_cache(const Config& config) { return TuningCache(config.runs / kTuningFile); }

std::string milliseconds(double value) { return value > 0 ? fmt::format("{:.4g} ms", value) : "-"; }

/// One subgraph's candidates as a table.
std::string story_of(const std::string& id, const Json& tuning) {
  const std::string chosen = string_or(tuning, "schedule"), source = string_or(tuning, "source");
  std::string text = fmt::format("{}: {}{}\n", id, string_or(tuning, "how"), source.empty() ? "" : " from " + source);
  const Json* candidates = find(tuning, "candidates");
  for (const Json& one : candidates != nullptr && candidates->is_array() ? *candidates : Json::array()) {
    const std::string schedule = string_or(one, "schedule");
    text += fmt::format("  {} {:>2}  {:>10}  predicted {:>10}  {:<9} {}\n", schedule == chosen ? "*" : " ", int_or(one, "number"),
                        milliseconds(number_or(one, "milliseconds")), milliseconds(number_or(one, "predicted_ms")),
                        string_or(one, "verdict"), schedule);
  }
  return text;
}

}  // namespace

Result<size_t> export_tuning(const Config& config, const std::filesystem::path& file) {
  const std::vector<TuningEntry> entries = open_cache(config).own();
  if (entries.empty())
    return fail(Fault::kInput, "nothing was tuned here", (config.runs / kTuningFile).string(),
                "`kernelagent run --tune quick PROBLEM` tunes on a GPU");
  KA_CHECK_OK(write_file_atomic(file, tuning_text(entries)));
  return entries.size();
}

Result<MergedTuning> import_tuning(const Config& config, const std::filesystem::path& file) {
  KA_TRY(const std::string text, read_file(file));
  return open_cache(config).merge(text, file.string());
}

std::string tuning_list(const Config& config) {
  const TuningCache cache = open_cache(config);
  std::string text;
  for (const TuningEntry& entry : cache.own())
    text += fmt::format("{:<28} {:>10}  {:<5} {}\n  on {}, torch {}, Triton {}\n", shorten(entry.title, 28),
                        milliseconds(entry.milliseconds), name(entry.depth), entry.schedule, entry.place.gpu, entry.place.torch,
                        entry.place.triton);
  if (text.empty()) text = fmt::format("Nothing was tuned in {} yet.\n", config.runs.string());
  return text + fmt::format("{} came with the program.\n", plural(static_cast<int64_t>(cache.shipped()), "entry", "entries"));
}

Json tuning_json(const Config& config) {
  const TuningCache cache = open_cache(config);
  Json entries = Json::array();
  for (const TuningEntry& entry : cache.own()) entries.push_back(to_json(entry));
  return {{"file", (config.runs / kTuningFile).string()}, {"entries", std::move(entries)}, {"shipped", cache.shipped()}};
}

Result<std::string> tuning_story(const RunDirectory& directory) {
  std::string text;
  const Result<std::vector<std::string>> subgraphs = list_dir(directory.file("kernels_out"));
  for (const std::string& id : subgraphs.value_or(std::vector<std::string>{})) {
    const std::string file = fmt::format("kernels_out/{}/tuning.json", id);
    if (!directory.has(file)) continue;
    KA_TRY(const Json tuning, directory.read_json(file));
    text += story_of(id, tuning);
  }
  if (text.empty())
    return fail(Fault::kInput, "no schedule of this run was chosen among several", directory.path().string(),
                "tuning needs a GPU, and subgraphs with more than one candidate (--tune full)");
  return text;
}

}  // namespace ka
