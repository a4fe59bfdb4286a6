#include "syntax/module.h"

#include <algorithm>

#include "base/text.h"

namespace ka {
namespace {

std::optional<Definition> definition(const SyntaxNode& statement) {
  SyntaxNode node = statement;
  if (statement.is("decorated_definition")) {
    const std::optional<SyntaxNode> inner = statement.field("definition");
    if (!inner) return std::nullopt;
    node = *inner;
  }
  const bool is_class = node.is("class_definition");
  if (!is_class && !node.is("function_definition")) return std::nullopt;
  const std::optional<SyntaxNode> name = node.field("name");
  const std::optional<SyntaxNode> body = node.field("body");
  if (!name || !body) return std::nullopt;
  return Definition{std::string(name->text()), is_class, statement, node, *body};
}

bool is_scope(const SyntaxNode& node) {
  return node.is("function_definition") || node.is("lambda") || node.is("class_definition");
}

/// Collects the identifiers that an assignment target binds: names, tuples, lists and starred ones, not attributes or items.
void collect_targets(const SyntaxNode& target, std::set<std::string>& names) {
  if (target.is("identifier")) names.insert(std::string(target.text()));
  if (target.is("pattern_list") || target.is("tuple_pattern") || target.is("list_pattern") || target.is("list_splat_pattern") ||
      target.is("as_pattern_target") || target.is("tuple") || target.is("list") || target.is("parenthesized_expression")) {
    for (const SyntaxNode& child : target.named_children()) collect_targets(child, names);
  }
}

void collect_imports(const SyntaxNode& statement, std::set<std::string>& names) {
  const std::optional<SyntaxNode> from = statement.field("module_name");
  for (const SyntaxNode& child : statement.named_children()) {
    if (from && child == *from) continue;
    if (child.is("aliased_import")) {
      if (const auto alias = child.field("alias")) names.insert(std::string(alias->text()));
    } else if (child.is("dotted_name")) {
      const std::string_view text = child.text();
      names.insert(std::string(text.substr(0, text.find('.'))));
    }
  }
}

/// Collects the names that the statements at and below `node` bind in their own scope, without entering nested scopes.
void collect_bindings(const SyntaxNode& node, std::set<std::string>& names) {
  if (is_scope(node)) {
    if (const auto name = node.field("name")) names.insert(std::string(name->text()));
    return;
  }
  if (node.is("import_statement") || node.is("import_from_statement")) return collect_imports(node, names);
  if (node.is("assignment") || node.is("augmented_assignment") || node.is("for_statement")) {
    if (const auto left = node.field("left")) collect_targets(*left, names);
  }
  if (node.is("as_pattern_target")) collect_targets(node, names);
  if (node.is("named_expression")) {
    if (const auto name = node.field("name")) names.insert(std::string(name->text()));
  }
  // Comprehensions bind in a scope of their own.
  if (node.is("list_comprehension") || node.is("set_comprehension") || node.is("dictionary_comprehension") ||
      node.is("generator_expression"))
    return;
  for (const SyntaxNode& child : node.named_children()) collect_bindings(child, names);
}

void collect_globals(const SyntaxNode& node, std::set<std::string>& names) {
  if (node.is("global_statement")) {
    for (const SyntaxNode& child : node.named_children()) names.insert(std::string(child.text()));
  }
  for (const SyntaxNode& child : node.named_children()) collect_globals(child, names);
}

/// Names that are local to a function or lambda: parameters and what its body binds, less what it declares global.
std::set<std::string> locals(const SyntaxNode& scope) {
  std::set<std::string> names;
  for (const Parameter& parameter : parameters(scope)) names.insert(parameter.name);
  if (const auto body = scope.field("body")) {
    collect_bindings(*body, names);
    std::set<std::string> globals;
    collect_globals(*body, globals);
    for (const std::string& name : globals) names.erase(name);
  }
  return names;
}

std::set<std::string> comprehension_targets(const SyntaxNode& node) {
  std::set<std::string> names;
  for (const SyntaxNode& child : node.named_children()) {
    if (!child.is("for_in_clause")) continue;
    if (const auto left = child.field("left")) collect_targets(*left, names);
  }
  return names;
}

/// Copies a source with some of its global names replaced.
class Renamer {
 public:
  explicit Renamer(const std::map<std::string, std::string>& names) : names_(names) {}

  std::string rename(const SyntaxTree& tree) {
    visit(tree.root(), names_);
    std::string out;
    size_t at = 0;
    for (const auto& [node, name] : edits_) {
      out += std::string_view(tree.source()).substr(at, node.start() - at);
      out += name;
      at = node.end();
    }
    return out + tree.source().substr(at);
  }

 private:
  using Names = std::map<std::string, std::string>;

  static Names without(Names names, const std::set<std::string>& hidden) {
    for (const std::string& name : hidden) names.erase(name);
    return names;
  }

  void visit(const SyntaxNode& node, const Names& names) {
    if (names.empty()) return;
    if (node.is("identifier")) {
      if (const auto found = names.find(std::string(node.text())); found != names.end()) edits_.emplace_back(node, found->second);
      return;
    }
    if (node.is("attribute")) {
      if (const auto object = node.field("object")) visit(*object, names);
      return;
    }
    if (node.is("keyword_argument")) {
      if (const auto value = node.field("value")) visit(*value, names);
      return;
    }
    if (node.is("import_statement") || node.is("import_from_statement")) return;
    if (node.is("function_definition") || node.is("lambda")) return visit_function(node, names);
    if (node.is("class_definition")) return visit_class(node, names);
    if (node.is("list_comprehension") || node.is("set_comprehension") || node.is("dictionary_comprehension") ||
        node.is("generator_expression")) {
      const Names inner = without(names, comprehension_targets(node));
      for (const SyntaxNode& child : node.named_children()) visit(child, inner);
      return;
    }
    for (const SyntaxNode& child : node.named_children()) visit(child, names);
  }

  /// Defaults and annotations belong to the outer scope; only the body sees the locals.
  void visit_function(const SyntaxNode& node, const Names& names) {
    const Names inner = without(names, locals(node));
    for (const SyntaxNode& child : node.named_children()) {
      if (child.is("parameters") || child.is("lambda_parameters")) {
        visit_parameters(child, names);
      } else if (const auto body = node.field("body"); body && child == *body) {
        visit(child, inner);
      } else {
        visit(child, is_method(node) && child.is("identifier") ? Names{} : names);
      }
    }
  }

  /// What a class body binds hides globals from its statements, but not from its methods.
  void visit_class(const SyntaxNode& node, const Names& names) {
    const std::optional<SyntaxNode> body = node.field("body");
    std::set<std::string> bound;
    if (body) {
      for (const SyntaxNode& statement : body->named_children()) collect_bindings(statement, bound);
    }
    const Names inner = without(names, bound);
    for (const SyntaxNode& child : node.named_children()) {
      if (!body || child != *body) {
        visit(child, names);
        continue;
      }
      for (const SyntaxNode& statement : child.named_children()) {
        const bool method = statement.is("function_definition") || statement.is("decorated_definition");
        visit(statement, method ? names : inner);
      }
    }
  }

  void visit_parameters(const SyntaxNode& list, const Names& names) {
    for (const SyntaxNode& parameter : list.named_children()) {
      for (const char* field : {"value", "type"}) {
        if (const auto part = parameter.field(field)) visit(*part, names);
      }
    }
  }

  static bool is_method(const SyntaxNode& function) {
    std::optional<SyntaxNode> outer = function.parent();
    if (outer && outer->is("decorated_definition")) outer = outer->parent();
    const std::optional<SyntaxNode> owner = outer ? outer->parent() : std::nullopt;
    return owner && owner->is("class_definition");
  }

  const Names& names_;
  std::vector<std::pair<SyntaxNode, std::string>> edits_;
};

}  // namespace

std::vector<Definition> definitions(const SyntaxNode& block) {
  std::vector<Definition> found;
  for (const SyntaxNode& statement : block.named_children()) {
    if (auto item = definition(statement)) found.push_back(std::move(*item));
  }
  return found;
}

std::optional<Definition> find_definition(const SyntaxNode& block, std::string_view name) {
  std::optional<Definition> last;
  for (Definition& item : definitions(block)) {
    if (item.name == name) last = std::move(item);
  }
  return last;
}

std::vector<Parameter> parameters(const SyntaxNode& function) {
  std::vector<Parameter> found;
  const std::optional<SyntaxNode> list = function.field("parameters");
  if (!list) return found;
  for (const SyntaxNode& item : list->named_children()) {
    if (item.is("comment") || item.is("keyword_separator") || item.is("positional_separator")) continue;
    Parameter parameter;
    if (const auto value = item.field("value")) parameter.default_value = value->text();
    SyntaxNode name = item;
    if (const auto field = item.field("name")) {
      name = *field;
    } else if (item.is("typed_parameter") && !item.named_children().empty()) {
      name = item.named_children().front();
    }
    std::string_view text = name.text();
    while (text.starts_with('*')) {
      parameter.stars += '*';
      text.remove_prefix(1);
    }
    parameter.name = trim(text);
    found.push_back(std::move(parameter));
  }
  return found;
}

std::set<std::string> top_level_names(const SyntaxNode& module) {
  std::set<std::string> names;
  for (const SyntaxNode& statement : module.named_children()) collect_bindings(statement, names);
  return names;
}

Result<SyntaxTree> parse_python(std::string source, std::string_view where) {
  SyntaxTree tree = SyntaxTree::parse(std::move(source));
  if (const auto error = tree.first_error()) {
    const std::string what = error->is_missing() ? fmt::format("missing {}", error->type())
                                                 : "syntax error near '" + shorten(first_line(error->text()), 40) + "'";
    return fail(Fault::kInput, what, fmt::format("{}:{}", where, error->line()), "the file must be valid Python");
  }
  return tree;
}

std::string rename_globals(std::string_view source, const std::map<std::string, std::string>& names) {
  return Renamer(names).rename(SyntaxTree::parse(std::string(source)));
}

}  // namespace ka
