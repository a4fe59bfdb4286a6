#include "judge/outline.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace ka {
namespace {

bool is_field(const SyntaxNode& parent, std::string_view field, const SyntaxNode& child) {
  const auto found = parent.field(field);
  return found && *found == child;
}

/// Does this identifier stand for a value, and not for a parameter, a keyword, an attribute's or a definition's name?
bool is_name(const SyntaxNode& node) {
  const auto parent = node.parent();
  if (!parent) return true;
  const std::string_view type = parent->type();
  if (type == "function_definition" || type == "class_definition" || type == "keyword_argument" || type == "default_parameter" ||
      type == "typed_default_parameter")
    return !is_field(*parent, "name", node);
  if (type == "attribute") return !is_field(*parent, "attribute", node);
  if (type == "parameters" || type == "lambda_parameters" || type == "typed_parameter" || type == "global_statement" ||
      type == "nonlocal_statement" || type == "dotted_name" || type == "aliased_import")
    return false;
  const auto above = parent->parent();
  if (type == "list_splat_pattern" || type == "dictionary_splat_pattern")
    return !above || !(above->is("parameters") || above->is("lambda_parameters") || above->is("typed_parameter"));
  if (type == "as_pattern_target") {
    const auto owner = above ? above->parent() : std::nullopt;
    return !owner || !(owner->is("except_clause") || owner->is("except_group_clause"));
  }
  return true;
}

/// `*a.b()` in a list is, to tree-sitter, a call of an attribute of `*a`: the star is no part of what Python sees.
SyntaxNode without_star(const SyntaxNode& node) {
  SyntaxNode start = node;
  while ((start.is("attribute") || start.is("call") || start.is("subscript")) && !start.named_children().empty())
    start = start.named_children().front();
  const bool starred = start.is("list_splat") || start.is("list_splat_pattern");
  return starred && !start.named_children().empty() ? start.named_children().front() : node;
}

class Outliner {
 public:
  void visit(const SyntaxNode& node, const SyntaxNode* text) {
    const std::string_view type = node.type();
    if (type == "comment") return;
    const SyntaxNode& place = text != nullptr ? *text : node;
    if (type == "function_definition" || type == "class_definition") {
      add(type == "class_definition" ? "class" : "function", place, text_of(node.field("name")));
    } else if (type == "lambda" || type == "call") {
      add(type, text != nullptr ? *text : without_star(node), "");
    } else if (type == "attribute") {
      add(type, text != nullptr ? *text : without_star(node), text_of(node.field("attribute")));
    } else if (type == "identifier") {
      if (is_name(node)) add("name", place, node.text());
    } else if (type == "import_statement" || type == "import_from_statement" || type == "future_import_statement") {
      return imports(node);
    }
    const bool is_text = text == nullptr && (type == "string" || type == "concatenated_string");
    for (const SyntaxNode& child : node.named_children()) visit(child, is_text ? &node : text);
  }

  std::string result() {
    std::sort(lines_.begin(), lines_.end());
    return join(lines_, "\n");
  }

 private:
  static std::string_view text_of(const std::optional<SyntaxNode>& node) { return node ? node->text() : std::string_view(); }

  void add(std::string_view kind, const SyntaxNode& place, std::string_view name) {
    lines_.push_back(fmt::format("{} {}:{} {}", kind, place.line(), place.column(), name));
  }

  void imports(const SyntaxNode& node) {
    const auto module = node.field("module_name");
    if (!node.is("import_statement")) add("from", node, module ? module->text() : "__future__");
    for (const SyntaxNode& child : node.named_children()) {
      if ((module && child == *module) || child.is("comment") || child.is("line_continuation")) continue;
      if (child.is("aliased_import"))
        add("import", child, fmt::format("{} {}", text_of(child.field("name")), text_of(child.field("alias"))));
      else
        add("import", child, child.text());
    }
  }

  std::vector<std::string> lines_;
};

int line_of(std::string_view entry) {
  const size_t space = entry.find(' ');
  int line = std::numeric_limits<int>::max();
  if (space != std::string_view::npos) std::from_chars(entry.data() + space + 1, entry.data() + entry.size(), line);
  return line;
}

}  // namespace

std::string outline_of(const SyntaxNode& root) {
  Outliner outliner;
  outliner.visit(root, nullptr);
  return outliner.result();
}

std::optional<int> first_difference(std::string_view ours, std::string_view theirs) {
  if (ours == theirs) return std::nullopt;
  std::vector<std::string> left = split_lines(std::string(ours)), right = split_lines(std::string(theirs)), differing;
  std::set_symmetric_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(differing));
  int first = std::numeric_limits<int>::max();
  for (const std::string& entry : differing) first = std::min(first, line_of(entry));
  return first == std::numeric_limits<int>::max() ? 1 : first;
}

}  // namespace ka
