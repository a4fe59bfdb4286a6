#include "run/manifest.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 64;

/// sha256sum's way: a line whose name holds a backslash or a line break starts with a backslash, and has them escaped.
std::string line_of(const std::string& digest, const std::string& file) {
  const bool odd = file.find_first_of("\\\n\r") != std::string::npos;
  std::string shown = file;
  if (odd) shown = replace_all(replace_all(replace_all(shown, "\\", "\\\\"), "\n", "\\n"), "\r", "\\r");
  return fmt::format("{}{}  {}\n", odd ? "\\" : "", digest, shown);
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size();
    const char c = escaped ? text[++i] : text[i];
    plain += !escaped ? c : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
  }
  return plain;
}

struct Entry {
  std::string digest, file;
};

std::optional<Entry> parse_line(std::string_view line) {
  const bool odd = line.starts_with('\\');
  if (odd) line.remove_prefix(1);
  if (line.size() < kDigits + 3 || line[kDigits] != ' ' || (line[kDigits + 1] != ' ' && line[kDigits + 1] != '*'))
    return std::nullopt;
  const std::string_view digest = line.substr(0, kDigits), file = line.substr(kDigits + 2);
  if (digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  return Entry{std::string(digest), odd ? unescaped(file) : std::string(file)};
}

std::string named_in(const fs::path& manifest, const fs::path& file) {
  return absolute_path(file).lexically_proximate(absolute_path(manifest).parent_path()).string();
}

}  // namespace

std::string_view name(FileChange::Kind kind) {
  switch (kind) {
    case FileChange::Kind::kChanged: return "changed";
    case FileChange::Kind::kMissing: return "missing";
    case FileChange::Kind::kAdded: return "added";
  }
  return "";
}

Status write_manifest(const fs::path& manifest, const std::vector<fs::path>& files) {
  std::map<std::string, std::string> digests;
  for (const fs::path& file : files) {
    KA_TRY(digests[named_in(manifest, file)], sha256_file(file));
  }
  std::string text;
  for (const auto& [file, digest] : digests) text += line_of(digest, file);
  return write_file_atomic(manifest, text);
}

Status list_in_manifest(const fs::path& manifest, const fs::path& file) {
  KA_TRY(const std::string old_text, read_file(manifest));
  KA_TRY(const std::string digest, sha256_file(file));
  const std::string as = named_in(manifest, file);
  std::string text;
  for (const std::string& line : split_lines(old_text)) {
    const std::optional<Entry> entry = parse_line(line);
    if (!entry || entry->file != as) text += line + "\n";
  }
  return write_file_atomic(manifest, text + line_of(digest, as));
}

Result<std::vector<FileChange>> check_manifest(const fs::path& manifest, const std::vector<fs::path>& present) {
  KA_TRY(const std::string text, read_file(manifest));
  std::vector<FileChange> changes;
  std::set<std::string> listed;
  int64_t number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    const std::optional<Entry> entry = parse_line(line);
    if (!entry)
      return fail(Fault::kInput, "this line is no SHA-256 and file name", fmt::format("{}:{}", manifest.string(), number),
                  "the manifest was cut short or edited; a new run writes a new one");
    listed.insert(entry->file);
    const fs::path file = manifest.parent_path() / entry->file;
    const Result<std::string> digest = sha256_file(file);
    if (!digest)
      changes.push_back({FileChange::Kind::kMissing, entry->file});
    else if (*digest != entry->digest)
      changes.push_back({FileChange::Kind::kChanged, entry->file});
  }
  for (const fs::path& file : present) {
    if (const std::string as = named_in(manifest, file); !listed.contains(as)) changes.push_back({FileChange::Kind::kAdded, as});
  }
  return changes;
}

Result<std::vector<fs::path>> artifacts_of(const fs::path& run) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(run, error); !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    const std::string inside = entry->path().lexically_relative(run).string();
    if (inside != "lock" && inside != "events.jsonl" && inside != kRunManifest) files.push_back(entry->path());
  }
  if (error) return fail(Fault::kEnvironment, fmt::format("cannot list the run's files: {}", error.message()), run.string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace ka
