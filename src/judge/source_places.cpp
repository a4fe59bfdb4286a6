#include "judge/source_places.h"

#include <algorithm>

#include "judge/source_rules.h"

namespace ka {
namespace {

bool is_shadowed(std::string_view name, const SourceNames& names) { return names.bound.contains(std::string(name)); }

/// The call that a node is an argument of, if any.
std::optional<SyntaxNode> call_with(const SyntaxNode& argument) {
  const auto list = argument.parent();
  const auto call = list && list->is("argument_list") ? list->parent() : std::nullopt;
  return call && call->is("call") ? call : std::nullopt;
}

/// The argument at a position, or with a name.
std::optional<SyntaxNode> argument_of(const SyntaxNode& call, size_t position, std::string_view keyword) {
  const auto arguments = call.field("arguments");
  if (!arguments) return std::nullopt;
  const std::vector<SyntaxNode> all = arguments->named_children();
  for (const SyntaxNode& one : all) {
    if (one.is("keyword_argument") && one.field("name") && one.field("name")->text() == keyword) return one.field("value");
  }
  return position < all.size() && !all[position].is("keyword_argument") ? std::optional(all[position]) : std::nullopt;
}

}  // namespace

bool is_constant(const SyntaxNode& node, const SourceNames& names) {
  if (node.is("call")) {
    const auto function = node.field("function");
    const auto path = function ? path_of(*function, names) : std::nullopt;
    const bool plain = function && function->is("identifier") && is_harmless_builtin(function->text()) &&
                       !is_shadowed(function->text(), names) && function->text() != "map" && function->text() != "filter";
    if (!plain && (!path || (*path != "triton.language.constexpr" && *path != "triton.Config" && !path->starts_with("math."))))
      return false;
  }
  if (node.is("lambda") || node.is("await") || node.is("yield") || node.is("named_expression")) return false;
  const auto children = node.named_children();
  return std::all_of(children.begin(), children.end(), [&](const SyntaxNode& child) { return is_constant(child, names); });
}

bool is_called(const SyntaxNode& node) {
  const auto parent = node.parent();
  const auto function = parent && parent->is("call") ? parent->field("function") : std::nullopt;
  return function && *function == node;
}

bool is_only_asked(const SyntaxNode& node, const SourceNames& names) {
  const auto parent = node.parent();
  if (!parent) return false;
  if (parent->is("comparison_operator")) return true;
  if (parent->is("tuple")) return is_only_asked(*parent, names);
  const auto call = call_with(node);
  const auto function = call ? call->field("function") : std::nullopt;
  return function && (function->text() == "isinstance" || function->text() == "issubclass") &&
         !is_shadowed(function->text(), names);
}

bool is_in_annotation(const SyntaxNode& node) {
  for (auto around = node.parent(); around; around = around->parent()) {
    if (around->is("type")) return true;
  }
  return false;
}

bool is_first_of_super(const SyntaxNode& node, const SourceNames& names) {
  const auto call = call_with(node);
  return call && call->field("function")->text() == "super" && !is_shadowed("super", names) &&
         node.parent()->named_children().front() == node;
}

bool runs_code(const SyntaxNode& node) {
  const std::string_view type = node.type();
  if (type == "call" || type == "lambda" || type == "named_expression" || type.ends_with("_comprehension") ||
      type == "generator_expression")
    return true;
  const auto children = node.named_children();
  return std::any_of(children.begin(), children.end(), runs_code);
}

bool is_string_statement(const SyntaxNode& node) {
  return node.is("expression_statement") && node.named_children().size() == 1 && node.named_children().front().is("string");
}

bool lists_exports(const SyntaxNode& node) {
  if (!node.is("expression_statement") || node.named_children().size() != 1) return false;
  const auto left = node.named_children().front().field("left");
  const auto right = node.named_children().front().field("right");
  if (!left || left->text() != "__all__" || !right || !(right->is("list") || right->is("tuple"))) return false;
  const auto names = right->named_children();
  return std::all_of(names.begin(), names.end(), [](const SyntaxNode& one) {
    return one.is("string") && one.named_children().size() == 3;  // its start, its text, its end
  });
}

bool holds_string(const SyntaxNode& node) {
  if (node.is("string") || node.is("concatenated_string")) return true;
  const auto children = node.named_children();
  return std::any_of(children.begin(), children.end(), holds_string);
}

bool names_any_of(const SyntaxNode& node, const std::set<std::string>& wanted) {
  if (node.is("identifier")) return wanted.contains(std::string(node.text()));
  const auto children = node.named_children();
  return std::any_of(children.begin(), children.end(), [&](const SyntaxNode& child) { return names_any_of(child, wanted); });
}

std::set<std::string> local_names(const SyntaxNode& function) {
  std::set<std::string> local;
  for (const char* part : {"parameters", "body"}) {
    if (const auto inner = function.field(part)) local.merge(names_of(*inner).bound);
  }
  return local;
}

std::optional<SyntaxNode> applied_function(const SyntaxNode& call, const SourceNames& names) {
  const auto function = call.field("function");
  const std::string path = function ? path_of(*function, names).value_or("") : "";
  if (!function || (path.empty() && !function->is("attribute"))) return std::nullopt;
  const std::string name = path.empty() ? std::string(function->field("attribute")->text()) : path.substr(path.rfind('.') + 1);
  if (name == "map_elementwise") return argument_of(call, 0, "scalar_fn");
  if (name != "reduce" && name != "associative_scan") return std::nullopt;
  return argument_of(call, path.empty() ? 1 : 2, "combine_fn");
}

}  // namespace ka
