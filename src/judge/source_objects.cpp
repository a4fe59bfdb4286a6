#include "judge/source_objects.h"

#include <algorithm>

namespace ka {
namespace {

/// Names a parameter: `x`, `x: T`, `x=1`, `*x`.
std::string_view name_of_parameter(const SyntaxNode& parameter) {
  SyntaxNode name = parameter.field("name").value_or(parameter);
  while (!name.is("identifier") && !name.named_children().empty()) name = name.named_children().front();
  return name.text();
}

std::vector<SyntaxNode> parameters_of(const SyntaxNode& function) {
  const auto list = function.field("parameters");
  return list ? list->named_children() : std::vector<SyntaxNode>();
}

/// The innermost function around a node whose parameter has this name.
std::optional<SyntaxNode> function_that_takes(std::string_view name, const SyntaxNode& node) {
  for (auto around = node.parent(); around; around = around->parent()) {
    if (!around->is("function_definition") && !around->is("lambda")) continue;
    const auto parameters = parameters_of(*around);
    if (std::any_of(parameters.begin(), parameters.end(), [&](const SyntaxNode& one) { return name_of_parameter(one) == name; }))
      return around;
  }
  return std::nullopt;
}

/// autograd hands these a context of its own; by their names alone nobody else can call them (`forward` opens nothing).
bool takes_context(const SyntaxNode& function, const std::string& of_class, const SourceNames& names) {
  const auto name = function.field("name");
  return name && (name->text() == "forward" || name->text() == "backward" || name->text() == "setup_context") &&
         derives_from(of_class, "torch.autograd.Function", names);
}

bool is_plain_method(const std::vector<std::string>& decorators) {
  return std::all_of(decorators.begin(), decorators.end(), [](const std::string& one) {
    return one == "property" || one == "torch.no_grad" || one == "torch.inference_mode";
  });
}

void leaves(const SyntaxNode& target, std::vector<SyntaxNode>& found) {
  if (target.is("identifier") || target.is("attribute") || target.is("subscript")) return found.push_back(target);
  for (const SyntaxNode& child : target.named_children()) leaves(child, found);
}

}  // namespace

bool is_own_self(const SyntaxNode& node, const SourceNames& names) {
  if (!node.is("identifier") || (node.text() != "self" && node.text() != "ctx")) return false;
  const auto function = function_that_takes(node.text(), node);
  const auto of_class = function ? class_around(*function) : std::nullopt;
  const auto class_name = of_class ? of_class->field("name") : std::nullopt;
  if (!class_name || name_of_parameter(parameters_of(*function).front()) != node.text()) return false;
  if (takes_context(*function, std::string(class_name->text()), names)) return true;
  return node.text() == "self" && is_plain_method(decorators_of(*function, names));
}

bool starts_at_own_self(const SyntaxNode& node, const SourceNames& names) {
  SyntaxNode start = node;
  while (start.is("attribute") || start.is("subscript"))
    start = start.field(start.is("attribute") ? "object" : "value").value_or(start.named_children().front());
  return is_own_self(start, names);
}

bool is_own_class(const SyntaxNode& node, const SourceNames& names) {
  const auto name = node.is("attribute") ? node.field("attribute") : std::optional(node);
  return name && name->is("identifier") && names.classes.contains(std::string(name->text()));
}

bool derives_from(const std::string& name, std::string_view base, const SourceNames& names) {
  std::set<std::string> seen;
  std::vector<std::string> pending = {name};
  while (!pending.empty()) {
    const std::string one = pending.back();
    pending.pop_back();
    if (one == base) return true;
    const auto found = names.bases.find(one);
    if (found == names.bases.end() || !seen.insert(one).second) continue;
    pending.insert(pending.end(), found->second.begin(), found->second.end());
  }
  return false;
}

std::optional<SyntaxNode> class_around(const SyntaxNode& definition) {
  auto around = definition.parent();
  if (around && around->is("decorated_definition")) around = around->parent();
  if (!around || !around->is("block")) return std::nullopt;
  around = around->parent();
  return around && around->is("class_definition") ? around : std::nullopt;
}

bool passes_own_self(const SyntaxNode& call, const SourceNames& names) {
  const auto arguments = call.field("arguments");
  return arguments && !arguments->named_children().empty() && is_own_self(arguments->named_children().front(), names);
}

std::vector<SyntaxNode> targets_of(const SyntaxNode& node) {
  std::vector<SyntaxNode> found;
  const std::string_view type = node.type();
  if (type == "delete_statement" || type == "as_pattern_target") {
    for (const SyntaxNode& child : node.named_children()) leaves(child, found);
  } else if (type == "assignment" || type == "augmented_assignment" || type == "for_statement" || type == "for_in_clause") {
    if (const auto left = node.field("left")) leaves(*left, found);
  } else if (type == "named_expression" || type == "function_definition" || type == "class_definition") {
    if (const auto name = node.field("name")) leaves(*name, found);
  }
  return found;
}

}  // namespace ka
