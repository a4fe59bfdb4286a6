#include "suite/problems.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Cuts a run of digits off the front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

Status collect(const fs::path& folder, std::vector<fs::path>& into) {
  KA_TRY(const std::vector<std::string> names, list_dir(folder));
  for (const std::string& name : names) {
    if (name.starts_with('.') || name.starts_with("__")) continue;
    if (is_dir(folder / name)) {
      KA_CHECK_OK(collect(folder / name, into));
    } else if (name.ends_with(".py")) {
      into.push_back(folder / name);
    }
  }
  return {};
}

/// The last `folders` folders and the stem.
std::string name_of(const fs::path& path, int folders) {
  std::string name = path.stem().string();
  fs::path folder = path.parent_path();
  for (int i = 0; i < folders && folder.has_relative_path(); ++i, folder = folder.parent_path())
    name = folder.filename().string() + "/" + name;
  return name;
}

std::vector<SuiteProblem> named(const std::set<fs::path>& paths) {
  std::vector<SuiteProblem> problems;
  for (const fs::path& path : paths) problems.push_back({name_of(path, 1), path});
  for (int folders = 2; folders < 64; ++folders) {
    std::map<std::string, int> count;
    for (const SuiteProblem& problem : problems) ++count[problem.name];
    bool equal = false;
    for (SuiteProblem& problem : problems) {
      if (count[problem.name] < 2) continue;
      problem.name = name_of(problem.path, folders);
      equal = true;
    }
    if (!equal) break;
  }
  std::sort(problems.begin(), problems.end(),
            [](const SuiteProblem& a, const SuiteProblem& b) { return counts_before(a.name, b.name); });
  return problems;
}

bool is_wanted(const std::string& name, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& pattern) {
           return pattern.find_first_of("*?[") == std::string::npos ? name.find(pattern) != std::string::npos
                                                                    : ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

}  // namespace

bool counts_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view mine = take_number(a), other = take_number(b);
      if (mine.size() != other.size()) return mine.size() < other.size();
      if (mine != other) return mine < other;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

std::string level_of(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(name.substr(0, slash));
}

Result<Selection> parse_shard(const std::string& text) {
  Selection selection;
  const char* const end = text.data() + text.size();
  const auto [slash, bad] = std::from_chars(text.data(), end, selection.shard);
  const bool cut = bad == std::errc() && slash != end && *slash == '/';
  const auto [rest, worse] = std::from_chars(cut ? slash + 1 : end, end, selection.shards);
  if (!cut || worse != std::errc() || rest != end || selection.shard < 1 || selection.shard > selection.shards)
    return fail(Fault::kInput, fmt::format("'{}' is no shard", text), "--shard", "for example 2/8: the second of eight");
  return selection;
}

Result<std::vector<SuiteProblem>> find_problems(const std::vector<std::string>& words, const Selection& selection) {
  std::set<fs::path> paths;
  for (const std::string& word : words) {
    std::vector<fs::path> found;
    if (is_dir(word)) {
      KA_CHECK_OK(collect(word, found));
    } else if (is_file(word)) {
      found.emplace_back(word);
    } else {
      return fail(Fault::kInput, "there is no such file or folder", word, "check the path");
    }
    for (const fs::path& path : found) paths.insert(absolute_path(path));
  }
  if (paths.empty())
    return fail(Fault::kInput, "no problem was found", words.empty() ? "" : words.front(), "a problem is a .py file");
  std::vector<SuiteProblem> chosen;
  std::vector<SuiteProblem> all = named(paths);
  std::erase_if(all, [&](const SuiteProblem& problem) { return !is_wanted(problem.name, selection.only); });
  for (size_t i = 0; i < all.size(); ++i)
    if (static_cast<int>(i % static_cast<size_t>(selection.shards)) == selection.shard - 1) chosen.push_back(std::move(all[i]));
  if (selection.limit > 0 && chosen.size() > selection.limit) chosen.resize(selection.limit);
  if (chosen.empty())
    return fail(Fault::kInput, fmt::format("none of {} is selected", plural(static_cast<int64_t>(paths.size()), "problem")), "",
                "look at --only, --shard and --limit");
  return chosen;
}

}  // namespace ka
