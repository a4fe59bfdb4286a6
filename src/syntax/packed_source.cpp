#include "syntax/packed_source.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "syntax/tree.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMost = std::size_t{16} << 20;

std::string as_characters(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x80) {
      text.push_back(byte);
    } else {
      text.push_back(static_cast<char>(0xC0 | (value >> 6)));
      text.push_back(static_cast<char>(0x80 | (value & 0x3F)));
    }
  }
  return text;
}

/// Adds the first part of every absolute import's name, wherever the import stands.
void find_imports(const SyntaxNode& node, std::set<std::string>& names) {
  const auto add = [&](const SyntaxNode& name) {
    if (name.is("dotted_name")) names.emplace(name.text().substr(0, name.text().find('.')));
  };
  if (node.is("import_statement")) {
    for (const SyntaxNode& child : node.named_children()) add(child.field("name").value_or(child));
  } else if (node.is("import_from_statement")) {
    if (const auto module = node.field("module_name")) add(*module);
  } else {
    for (const SyntaxNode& child : node.named_children()) find_imports(child, names);
  }
}

/// The Python files of a module beside the problem: NAME.py, or all of the package NAME.
std::vector<fs::path> files_of(const fs::path& folder, const std::string& name) {
  if (is_file(folder / (name + ".py"))) return {folder / (name + ".py")};
  std::vector<fs::path> files;
  std::error_code error;
  if (!is_dir(folder / name)) return files;
  for (fs::recursive_directory_iterator at(folder / name, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".py" && is_file(at->path())) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Json packed_source(const fs::path& file) {
  const Result<std::string> source = read_file(file);
  if (!source) return nullptr;
  const fs::path folder = absolute_path(file).parent_path();
  std::map<std::string, std::string> modules;
  std::set<std::string> known;
  std::size_t total = 0;
  std::vector<std::string> unread = {*source};
  while (!unread.empty()) {
    std::set<std::string> names;
    find_imports(SyntaxTree::parse(std::move(unread.back())).root(), names);
    unread.pop_back();
    for (const std::string& name : names) {
      if (!known.insert(name).second) continue;
      for (const fs::path& path : files_of(folder, name)) {
        Result<std::string> text = read_file(path);
        if (!text || (total += text->size()) > kMost) continue;
        modules[path.lexically_relative(folder).generic_string()] = as_characters(*text);
        unread.push_back(std::move(*text));
      }
    }
  }
  Json packed;
  packed["text"] = as_characters(*source);
  packed["modules"] = Json::object();
  for (auto& [name, text] : modules) packed["modules"][name] = std::move(text);
  return packed;
}

Json packed_text(std::string_view bytes) { return Json{{"text", as_characters(bytes)}}; }

}  // namespace ka
