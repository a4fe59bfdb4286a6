#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tune/entry.h"

namespace ka {

/// An entry, and whose it is.
struct FoundTuning {
  TuningEntry entry;
  std::string source;  ///< "tuning.jsonl", or the file that came with the program
};

/// Counts of an import.
struct MergedTuning {
  size_t added = 0, replaced = 0, known = 0;
};

/// What tuning came to, by subgraph and place. Two layers: what came with the program, and above it the file `<runs>/tuning.jsonl`, to which
/// every run appends lines of its own; of several lines about the same the last counts. A line that cannot be read is skipped with a line
/// in the log, and the cache never makes a run fail. Nothing in it touches the judge.
class TuningCache {
 public:
  /// Reads both layers; a missing file is an empty one.
  explicit TuningCache(std::filesystem::path file);
  /// The same with other files (name and text) in place of those that came with the program.
  TuningCache(std::filesystem::path file, const std::vector<std::pair<std::string, std::string_view>>& shipped);

  /// Finds what is known of a subgraph here. Measurements of other versions are none: the log says that they are there.
  std::optional<FoundTuning> find(const std::string& signature, const TuningPlace& place) const;
  /// Remembers an entry, in the file too.
  Status keep(const TuningEntry& entry);

  /// Takes over the entries of a tuning file's text that are new here, tuned deeper, or as deep and measured later. A text without
  /// a single entry is an input error.
  Result<MergedTuning> merge(std::string_view text, const std::string& where);
  /// Lists the file's own entries (not those that came with the program), by title and signature.
  std::vector<TuningEntry> own() const;
  /// Counts those that came with the program and that no own one stands above.
  size_t shipped() const { return entries_.size() - own().size(); }

 private:
  using Key = std::pair<std::string, std::string>;  ///< signature, place
  void read(std::string_view text, const std::string& source);

  std::filesystem::path file_;
  std::map<Key, FoundTuning> entries_;
};

/// Prints entries as a tuning file: a line each.
std::string tuning_text(const std::vector<TuningEntry>& entries);

}  // namespace ka
