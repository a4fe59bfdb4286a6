#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "suite/row.h"

namespace ka {

/// Times of baselines that were measured elsewhere: problem name → contender → milliseconds.
using Baselines = std::map<std::string, std::map<std::string, double>>;

/// Reads a table with tabs: a head with `problem` and columns `eager_ms`, `compile_ms`, `reduce_overhead_ms`, `max_autotune_ms` (or with
/// `compile_` before the mode, `compile_default_ms`); other columns and lines that begin with # are left out, empty cells are not measured.
Result<Baselines> read_baselines(const std::filesystem::path& file);

/// Adds what the row lacks, with the file's name as its source.
void add_baselines(SuiteRow& row, const Baselines& baselines, const std::string& source);

}  // namespace ka
