#include "tune/cache.h"

#include <algorithm>

#include "base/file.h"
#include "base/log.h"
#include "base/templates.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr std::string_view kShipped = "data/tuning/";  ///< of the repository: the build embeds what lies there

std::vector<std::pair<std::string, std::string_view>> shipped_files() {
  std::vector<std::pair<std::string, std::string_view>> files;
  for (const std::string_view path : template_paths())
    if (path.starts_with(kShipped) && path.ends_with(".jsonl")) files.emplace_back(path, template_text(path));
  return files;
}

std::string text_of(const TuningPlace& place) {
  return fmt::format("{} {}, torch {}, Triton {}, generator {}", place.platform, place.gpu, place.torch, place.triton,
                     place.generator);
}

/// Reads line by line; `bad` hears of those that are no entries.
std::vector<TuningEntry> parse(std::string_view text, const std::string& source) {
  std::vector<TuningEntry> entries;
  int64_t number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    if (trim(line).empty()) continue;
    const std::string where = fmt::format("{}:{}", source, number);
    const Result<Json> json = parse_json(line, where);
    Result<TuningEntry> entry = json ? tuning_entry_from_json(*json) : tl::unexpected<Error>(json.error());
    if (entry) {
      entries.push_back(std::move(*entry));
    } else {
      log_info("{}: ignored: {}", where, entry.error().message);
    }
  }
  return entries;
}

}  // namespace

TuningCache::TuningCache(std::filesystem::path file) : TuningCache(std::move(file), shipped_files()) {}

TuningCache::TuningCache(std::filesystem::path file, const std::vector<std::pair<std::string, std::string_view>>& shipped)
    : file_(std::move(file)) {
  for (const auto& [name, text] : shipped) read(text, name);
  if (!is_file(file_)) return;
  if (const Result<std::string> text = read_file(file_)) {
    read(*text, file_.filename().string());
  } else {
    log_warning("{}", text.error().message);
  }
}

void TuningCache::read(std::string_view text, const std::string& source) {
  for (TuningEntry& entry : parse(text, source)) {
    const Key key{entry.signature, text_of(entry.place)};
    entries_[key] = FoundTuning{std::move(entry), source};
  }
}

std::optional<FoundTuning> TuningCache::find(const std::string& signature, const TuningPlace& place) const {
  if (const auto found = entries_.find({signature, text_of(place)}); found != entries_.end()) return found->second;
  for (auto other = entries_.lower_bound({signature, ""}); other != entries_.end() && other->first.first == signature; ++other) {
    if (other->second.entry.place.gpu == place.gpu)
      log_info("{}: ignored for {}: it was tuned on {}", other->second.source, text_of(place), other->first.second);
  }
  return std::nullopt;
}

Status TuningCache::keep(const TuningEntry& entry) {
  entries_[{entry.signature, text_of(entry.place)}] = FoundTuning{entry, file_.filename().string()};
  KA_CHECK_OK(make_dirs(file_.parent_path()));
  // A line that a full disk cut short must not swallow this one.
  const std::string last = read_tail(file_, 1);
  return append_file(file_, (last.empty() || last == "\n" ? "" : "\n") + compact(to_json(entry)) + "\n");
}

Result<MergedTuning> TuningCache::merge(std::string_view text, const std::string& where) {
  const std::vector<TuningEntry> entries = parse(text, where);
  if (entries.empty())
    return fail(Fault::kInput, "there is no tuning in this file", where, "`kernelagent tune export FILE` writes such files");
  MergedTuning merged;
  for (const TuningEntry& entry : entries) {
    const auto known = entries_.find({entry.signature, text_of(entry.place)});
    const bool is_new = known == entries_.end();
    if (!is_new) {
      const TuningEntry& mine = known->second.entry;
      if (std::pair(entry.depth, entry.measured) <= std::pair(mine.depth, mine.measured)) {
        ++merged.known;
        continue;
      }
    }
    KA_CHECK_OK(keep(entry));
    ++(is_new ? merged.added : merged.replaced);
  }
  return merged;
}

std::vector<TuningEntry> TuningCache::own() const {
  std::vector<TuningEntry> mine;
  for (const auto& [key, found] : entries_)
    if (found.source == file_.filename().string()) mine.push_back(found.entry);
  std::stable_sort(mine.begin(), mine.end(), [](const TuningEntry& a, const TuningEntry& b) { return a.title < b.title; });
  return mine;
}

std::string tuning_text(const std::vector<TuningEntry>& entries) {
  std::string text;
  for (const TuningEntry& entry : entries) text += compact(to_json(entry)) + "\n";
  return text;
}

}  // namespace ka
