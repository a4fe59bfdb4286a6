#include "judge/names.h"

#include <utility>

namespace ka {
namespace {

std::string text_of(const SyntaxNode& node) { return std::string(node.text()); }

class Collector {
 public:
  explicit Collector(SourceNames& names) : names_(names) {}

  void visit(const SyntaxNode& node) {
    const std::string_view type = node.type();
    if (type == "import_statement")
      import(node, "");
    else if (type == "import_from_statement")
      import_from(node);
    else if (type == "future_import_statement")
      return;
    else if (type == "function_definition")
      define_function(node);
    else if (type == "class_definition")
      define_class(node);
    else if (type == "assignment" || type == "augmented_assignment" || type == "for_statement" || type == "for_in_clause")
      bind_field(node, "left");
    else if (type == "named_expression")
      bind_field(node, "name");
    else if (type == "as_pattern_target")
      bind(node);
    else if (type == "parameters" || type == "lambda_parameters")
      bind_parameters(node);
    else if (type == "call")
      registered(node);
    for (const SyntaxNode& child : node.named_children()) {
      if (type != "module" || !is_main_block(child)) visit(child);
    }
  }

 private:
  void define(const SyntaxNode& node, std::set<std::string>& kind) {
    if (const auto name = node.field("name")) {
      kind.insert(text_of(*name));
      bind(*name);
    }
  }

  void define_class(const SyntaxNode& node) {
    const auto name = node.field("name");
    if (name && names_.bases.contains(text_of(*name))) names_.repeated.insert(text_of(*name));
    define(node, names_.classes);
    const auto body = node.field("body");
    if (!name || !body) return;
    for (const SyntaxNode& statement : body->named_children()) member(statement);
    std::set<std::string>& bases = names_.bases[text_of(*name)];
    const auto listed = node.field("superclasses");
    if (!listed) return;
    for (const SyntaxNode& base : listed->named_children()) bases.insert(path_of(base, names_).value_or(text_of(base)));
  }

  /// A statement of a class's body: a definition, or `NAME = CONSTANT`.
  void member(const SyntaxNode& statement) {
    const auto inner = statement.field("definition").value_or(statement);
    const bool assigned = inner.is("expression_statement") && !inner.named_children().empty();
    const auto name = assigned ? inner.named_children().front().field("left") : inner.field("name");
    if (!name) return;
    names_.attributes.insert(text_of(*name));
    if (!inner.is("function_definition")) return;
    names_.methods.insert(text_of(*name));
    if (!is_decorated(inner, {"staticmethod", "classmethod"})) names_.bound_methods.insert(text_of(*name));
  }

  void define_function(const SyntaxNode& node) {
    define(node, names_.functions);
    const auto name = node.field("name");
    if (!name) return;
    (is_decorated(node, {"triton.jit", "triton.constexpr_function"}) ? names_.kernels : names_.plain).insert(text_of(*name));
    const auto parameters = node.field("parameters");
    if (is_decorated(node, {"classmethod"}) && parameters && !parameters->named_children().empty())
      names_.classes.insert(text_of(parameters->named_children().front()));
  }

  bool is_decorated(const SyntaxNode& definition, const std::set<std::string>& with) const {
    for (const std::string& decorator : decorators_of(definition, names_)) {
      if (with.contains(decorator)) return true;
    }
    return false;
  }

  void bind_field(const SyntaxNode& node, std::string_view field) {
    if (const auto target = node.field(field)) bind(*target);
  }

  /// Binds the names of an assignment's target: a name, or a pattern of them; `x.y = …` and `x[i] = …` bind nothing.
  void bind(const SyntaxNode& target) {
    if (target.is("identifier")) {
      names_.bound.insert(text_of(target));
      names_.assigned.insert(text_of(target));
    }
    if (target.is("attribute")) return set_attribute(target);
    if (target.is("subscript")) return;
    for (const SyntaxNode& child : target.named_children()) bind(child);
  }

  void bind_parameters(const SyntaxNode& list) {
    for (const SyntaxNode& parameter : list.named_children()) {
      SyntaxNode name = parameter.field("name").value_or(parameter);
      while (!name.is("identifier") && !name.named_children().empty()) name = name.named_children().front();
      if (name.is("identifier")) names_.bound.insert(text_of(name));
    }
  }

  void set_attribute(const SyntaxNode& target) {
    const auto object = target.field("object");
    const auto name = target.field("attribute");
    if (object && name && (object->text() == "self" || object->text() == "ctx")) names_.attributes.insert(text_of(*name));
  }

  /// `self.register_buffer("mask", …)` gives self an attribute; `nn.ModuleDict(dict(fc=…))` and `nn.ModuleDict({"fc": …})` have some.
  void registered(const SyntaxNode& call) {
    const auto function = call.field("function");
    if (function && path_of(*function, names_) == "torch.nn.ModuleDict") return keyed(call);
    const auto method = function && function->is("attribute") ? function->field("attribute") : std::nullopt;
    if (!method ||
        !(method->text() == "register_buffer" || method->text() == "register_parameter" || method->text() == "add_module"))
      return;
    const auto arguments = call.field("arguments");
    if (!arguments || arguments->named_children().empty()) return;
    const SyntaxNode first = arguments->named_children().front();
    if (first.is("string") && first.named_children().size() == 3) names_.attributes.insert(text_of(first.named_children()[1]));
  }

  void keyed(const SyntaxNode& call) {
    const auto arguments = call.field("arguments");
    if (!arguments || arguments->named_children().size() != 1) return;
    const SyntaxNode items = arguments->named_children().front();
    const auto inner = items.is("call") && text_of(*items.field("function")) == "dict" ? items.field("arguments") : std::nullopt;
    for (const SyntaxNode& item : (inner ? *inner : items).named_children()) {
      const auto key = item.is("keyword_argument") ? item.field("name") : item.is("pair") ? item.field("key") : std::nullopt;
      if (!key) continue;
      if (key->is("identifier")) names_.attributes.insert(text_of(*key));
      if (key->is("string") && key->named_children().size() == 3) names_.attributes.insert(text_of(key->named_children()[1]));
    }
  }

  void import_as(const std::string& name, const std::string& path) {
    const auto [known, added] = names_.imported.try_emplace(name, path);
    if (!added && known->second != path) names_.ambiguous.insert(name);
  }

  void import(const SyntaxNode& node, const std::string& from) {
    bool first = !from.empty();
    for (const SyntaxNode& child : node.named_children()) {
      if (std::exchange(first, false)) continue;  // the module of `from MODULE import …`
      const auto name = child.is("aliased_import") ? child.field("name") : child;
      const auto alias = child.is("aliased_import") ? child.field("alias") : std::nullopt;
      if (!name) continue;
      const std::string path = from.empty() ? text_of(*name) : from + "." + text_of(*name);
      if (alias)
        import_as(text_of(*alias), path);
      else if (!from.empty())
        import_as(text_of(*name), path);
      else
        import_as(path.substr(0, path.find('.')), path.substr(0, path.find('.')));
    }
  }

  void import_from(const SyntaxNode& node) {
    if (const auto module = node.field("module_name")) import(node, text_of(*module));
  }

  SourceNames& names_;
};

}  // namespace

bool is_main_block(const SyntaxNode& node) {
  if (!node.is("if_statement")) return false;
  const auto condition = node.field("condition");
  return condition && (condition->text() == "__name__ == \"__main__\"" || condition->text() == "__name__ == '__main__'") &&
         !node.field("alternative");
}

SourceNames names_of(const SyntaxNode& root) {
  SourceNames names;
  Collector(names).visit(root);
  for (const auto& [name, path] : names.imported) {
    if (names.assigned.contains(name)) names.ambiguous.insert(name);
  }
  return names;
}

std::vector<std::string> decorators_of(const SyntaxNode& definition, const SourceNames& names) {
  std::vector<std::string> decorators;
  const auto parent = definition.parent();
  if (!parent || !parent->is("decorated_definition")) return decorators;
  for (const SyntaxNode& child : parent->named_children()) {
    if (!child.is("decorator") || child.named_children().empty()) continue;
    SyntaxNode what = child.named_children().front();
    if (what.is("call")) what = what.field("function").value_or(what);
    decorators.push_back(path_of(what, names).value_or(text_of(what)));
  }
  return decorators;
}

std::optional<std::string> path_of(const SyntaxNode& node, const SourceNames& names) {
  if (node.is("identifier")) {
    const auto found = names.imported.find(text_of(node));
    return found != names.imported.end() ? std::optional(found->second) : std::nullopt;
  }
  if (!node.is("attribute")) return std::nullopt;
  const auto object = node.field("object");
  const auto attribute = node.field("attribute");
  if (!object || !attribute) return std::nullopt;
  const auto path = path_of(*object, names);
  return path ? std::optional(*path + "." + text_of(*attribute)) : std::nullopt;
}

}  // namespace ka
