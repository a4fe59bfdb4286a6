#include "compose/embed.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "kernel/host.h"
#include "syntax/module.h"

namespace ka {
namespace {

constexpr std::array kOwnImports = {"import torch", "import triton", "import triton.language as tl"};

bool is_import(const SyntaxNode& statement) { return statement.is("import_statement") || statement.is("import_from_statement"); }

bool is_main_block(const SyntaxNode& statement) {
  return statement.is("if_statement") && statement.text().starts_with("if __name__");
}

}  // namespace

std::string Embedding::add(const Kernel& kernel) { return is_whole_module(kernel) ? add_module(kernel) : add_launches(kernel); }

/// Takes the names that are free, and returns new ones for the others.
std::map<std::string, std::string> Embedding::rename_taken(const std::set<std::string>& names, const std::string& prefix) {
  std::map<std::string, std::string> renamed;
  for (const std::string& name : names) {
    const bool clashes = scope_.is_taken(name);
    const std::string given = scope_.take(clashes && !name.starts_with(prefix) ? prefix + "_" + name : name);
    if (given != name) renamed[name] = given;
  }
  return renamed;
}

/// Adds the helpers that are new, and to `renamed` the names that the kernel must use for them.
void Embedding::add_helpers(const Kernel& kernel, std::map<std::string, std::string>& renamed) {
  for (const std::string& helper : kernel.helpers) {
    // A helper may call the kernel's earlier ones, so that it is the same only where these are.
    const std::string text = rename_globals(trim(helper), renamed);
    auto known = helpers_.find(text);
    if (known == helpers_.end()) {
      const std::map<std::string, std::string> names = rename_taken(top_level_names(SyntaxTree::parse(text).root()), "");
      known = helpers_.emplace(text, names).first;
      helper_texts_.push_back(rename_globals(text, names));
    }
    renamed.insert(known->second.begin(), known->second.end());
  }
}

std::string Embedding::add_launches(const Kernel& kernel) {
  std::map<std::string, std::string> renamed;
  add_helpers(kernel, renamed);
  const SyntaxTree tree = SyntaxTree::parse(kernel.source);
  for (const auto& [from, to] : rename_taken(top_level_names(tree.root()), kernel.name)) renamed[from] = to;
  Kernel own = kernel;
  for (Launch& launch : own.launches) {
    if (const auto found = renamed.find(launch.entry); found != renamed.end()) launch.entry = found->second;
  }
  const std::string function = scope_.take("run_" + kernel.name);
  kernel_texts_.emplace_back(trim(rename_globals(kernel.source, renamed)));
  kernel_texts_.emplace_back(trim(launcher_source(own, function)));
  return function;
}

std::string Embedding::add_module(const Kernel& kernel) {
  const SyntaxTree tree = SyntaxTree::parse(kernel.source);
  std::string text;
  uint32_t from = 0;
  std::set<std::string> imported;
  for (const SyntaxNode& statement : tree.root().named_children()) {
    if (!is_import(statement) && !is_main_block(statement)) continue;
    text += tree.source().substr(from, statement.start() - from);
    from = statement.end();
    if (!is_import(statement)) continue;
    imported.merge(top_level_names(SyntaxTree::parse(std::string(statement.text())).root()));
    const std::string line(statement.text());
    const bool own = std::find(kOwnImports.begin(), kOwnImports.end(), line) != kOwnImports.end();
    if (!own && std::find(imports_.begin(), imports_.end(), line) == imports_.end()) imports_.push_back(line);
  }
  text += tree.source().substr(from);
  std::map<std::string, std::string> renamed;
  for (const std::string& name : top_level_names(tree.root())) {
    if (!imported.contains(name)) renamed[name] = scope_.take(kernel.name + "_" + name);
  }
  kernel_texts_.emplace_back(trim(rename_globals(text, renamed)));
  const auto entry = renamed.find("kernel_function");
  return entry != renamed.end() ? entry->second : kernel.name + "_kernel_function";
}

std::string Embedding::text() const {
  std::vector<std::string> parts = helper_texts_;
  parts.insert(parts.end(), kernel_texts_.begin(), kernel_texts_.end());
  return join(parts, "\n\n\n") + "\n";
}

}  // namespace ka
