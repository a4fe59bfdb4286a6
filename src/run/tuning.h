#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "run/config.h"
#include "run/run_directory.h"
#include "tune/cache.h"

namespace ka {

/// Where a folder of runs keeps what tuning came to.
inline constexpr std::string_view kTuningFile = "tuning.jsonl";

/// Writes the entries of `<runs>/tuning.jsonl` into a file of the same form; returns how many. None to write is an input error.
Result<size_t> export_tuning(const Config& config, const std::filesystem::path& file);
/// Takes over the entries of such a file.
Result<MergedTuning> import_tuning(const Config& config, const std::filesystem::path& file);
/// Prints the entries for people, those that came with the program last and as a count.
std::string tuning_list(const Config& config);
/// The same as JSON: {"file", "entries": […], "shipped": N}.
Json tuning_json(const Config& config);

/// Tells how a run's schedules were chosen: for each subgraph its candidates, what the model predicted, and their times.
Result<std::string> tuning_story(const RunDirectory& directory);

}  // namespace ka
