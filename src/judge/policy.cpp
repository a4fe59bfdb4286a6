#include "judge/policy.h"

#include <algorithm>

#include "base/text.h"
#include "judge/names.h"
#include "judge/outline.h"
#include "judge/source_rules.h"
#include "syntax/tree.h"
#include "syntax/zones.h"

namespace ka {
namespace {

constexpr size_t kEnough = 20;  ///< breaches reported

/// What kind of code a node stands in.
enum class Place { kModule, kForward, kConstructor, kKernel };

bool is_string_statement(const SyntaxNode& node) {
  return node.is("expression_statement") && node.named_children().size() == 1 && node.named_children().front().is("string");
}

bool is_main_block(const SyntaxNode& node) {
  if (!node.is("if_statement")) return false;
  const auto condition = node.field("condition");
  return condition && (condition->text() == "__name__ == \"__main__\"" || condition->text() == "__name__ == '__main__'") &&
         !node.field("alternative");
}

/// Walks one source and collects what it breaks.
class Reader {
 public:
  Reader(SourceNames names, int first_line) : names_(std::move(names)), first_line_(first_line) {}

  std::vector<Breach> read(const SyntaxNode& root) {
    for (const SyntaxNode& statement : root.named_children()) top_level(statement);
    return std::move(breaches_);
  }

 private:
  void top_level(const SyntaxNode& node) {
    if (node.is("comment") || is_string_statement(node) || is_main_block(node)) return;
    if (node.is("import_statement") || node.is("import_from_statement") || node.is("future_import_statement"))
      return imports(node);
    if (node.is("function_definition") || node.is("class_definition") || node.is("decorated_definition"))
      return visit(node, Place::kModule);
    if (node.is("expression_statement") && node.named_children().size() == 1 && node.named_children().front().is("assignment")) {
      const SyntaxNode assignment = node.named_children().front();
      if (const auto value = assignment.field("right"); value && !is_constant(*value))
        return breach(node, "a module holds definitions and constants only");
      return visit(assignment, Place::kModule);
    }
    breach(node, "a module holds definitions and constants only");
  }

  /// A value that is made without running anybody's code: literals, names, arithmetic, containers, `tl.constexpr(…)`, element types.
  bool is_constant(const SyntaxNode& node) const {
    if (node.is("call")) {
      const auto function = node.field("function");
      const auto path = function ? path_of(*function, names_) : std::nullopt;
      const bool plain = function && function->is("identifier") && is_harmless_builtin(function->text()) &&
                         function->text() != "map" && function->text() != "filter";
      if (!plain && (!path || (*path != "triton.language.constexpr" && *path != "triton.Config" && !path->starts_with("math."))))
        return false;
    }
    if (node.is("lambda") || node.is("await") || node.is("yield")) return false;
    const auto children = node.named_children();
    return std::all_of(children.begin(), children.end(), [&](const SyntaxNode& child) { return is_constant(child); });
  }

  void imports(const SyntaxNode& node) {
    SourceNames own = names_of(node);
    if (node.text().find('*') != std::string_view::npos) return breach(node, "imports name what they import");
    for (const auto& [name, path] : own.imported) {
      if (!may_import(path)) return breach(node, "imports only torch, triton and math, and of them what forward code may use");
    }
    if (node.is("import_statement")) {  // `import torch.utils.x` binds torch, and loads more
      for (const SyntaxNode& child : node.named_children()) {
        const auto name = child.is("aliased_import") ? child.field("name") : child;
        if (name && !may_import(name->text()))
          return breach(node, "imports only torch, triton and math, and of them what forward code may use");
      }
    }
  }

  void visit(const SyntaxNode& node, Place place) {
    if (breaches_.size() >= kEnough) return;
    const std::string_view type = node.type();
    if (type == "comment") return;
    if (type == "import_statement" || type == "import_from_statement") return imports(node);
    if (type == "function_definition") return function(node, place);
    if (type == "class_definition") return class_definition(node);
    if (type == "decorated_definition") return decorated(node, place);
    if (type == "identifier") return identifier(node, place);
    if (type == "attribute") return attribute(node, place);
    if (type == "call") return call(node, place);
    if (type == "keyword_argument") return visit_field(node, "value", place);
    if (type == "exec_statement" || type == "print_statement" || type == "await" || type == "yield")
      return breach(node, "no coroutines and generators");
    if (type == "assignment" || type == "augmented_assignment") targets(node);
    if (type == "binary_operator" || type == "augmented_assignment") operators(node, place);
    for (const SyntaxNode& child : node.named_children()) visit(child, place);
  }

  void visit_field(const SyntaxNode& node, std::string_view field, Place place) {
    if (const auto child = node.field(field)) visit(*child, place);
  }

  void function(const SyntaxNode& node, Place place) {
    const auto name = node.field("name");
    if (name && name->text().starts_with("__") && name->text() != "__init__" && name->text() != "__call__" &&
        name->text() != "__repr__" && name->text() != "__len__") {
      return breach(*name, "no special methods but __init__, __call__, __len__ and __repr__");
    }
    Place inner = place == Place::kKernel ? place : Place::kForward;
    if (name && name->text() == "__init__") inner = Place::kConstructor;
    if (name && names_.kernels.contains(std::string(name->text()))) inner = Place::kKernel;
    for (const SyntaxNode& child : node.named_children()) {
      if (!(name && child == *name)) visit(child, inner);
    }
  }

  void class_definition(const SyntaxNode& node) {
    if (const auto bases = node.field("superclasses")) {
      for (const SyntaxNode& base : bases->named_children()) {
        const auto path = path_of(base, names_);
        const bool own = base.is("identifier") && names_.classes.contains(std::string(base.text()));
        const bool zone = base.is("identifier") && base.text() == "Model";
        if (!own && !zone && base.text() != "object" && path != "torch.nn.Module" && path != "torch.autograd.Function")
          breach(base, "classes derive from nn.Module, torch.autograd.Function or each other");
      }
    }
    visit_field(node, "body", Place::kForward);
  }

  void decorated(const SyntaxNode& node, Place place) {
    for (const SyntaxNode& child : node.named_children()) {
      if (!child.is("decorator")) {
        visit(child, place);
        continue;
      }
      if (child.named_children().empty()) continue;
      SyntaxNode what = child.named_children().front();
      if (what.is("call")) {
        visit_field(what, "arguments", Place::kForward);
        what = what.field("function").value_or(what);
      }
      const std::string path = path_of(what, names_).value_or("");
      const bool triton =
          path == "triton.jit" || path == "triton.autotune" || path == "triton.heuristics" || path == "triton.constexpr_function";
      const bool plain =
          what.is("identifier") && (what.text() == "staticmethod" || what.text() == "classmethod" || what.text() == "property");
      const bool torch =
          path == "torch.no_grad" || path == "torch.inference_mode" || path == "torch.autograd.function.once_differentiable";
      if (!triton && !plain && !torch)
        breach(what, "decorators are triton's, staticmethod, classmethod, property or torch.no_grad");
    }
  }

  void identifier(const SyntaxNode& node, Place place) {
    const std::string name(node.text());
    if (!std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }))
      return breach(node, "names are ASCII");
    if (is_forbidden_name(name)) return breach(node, "no functions that reach around these rules");
    if (const auto path = path_of(node, names_)) {
      const bool whole_module = *path == "torch" || *path == "triton" || *path == "torch.nn" || *path == "torch.nn.functional";
      if (whole_module && !names_.bound.contains(name)) return breach(node, "a module is not a value");
      return check_path(node, *path, place);
    }
    if (!names_.bound.contains(name) && !is_harmless_builtin(name) && name != "__name__" && name != "Model")
      breach(node, "no names but the program's own and harmless builtins");
  }

  void check_path(const SyntaxNode& node, const std::string& path, Place place) {
    if (place == Place::kKernel) {
      if (!may_name_in_kernel(path)) breach(node, "kernels use triton.language, their arguments and constants only");
    } else if (!may_name(path, place == Place::kConstructor)) {
      breach(node, "not among what forward code may use of torch and triton");
    }
  }

  void attribute(const SyntaxNode& node, Place place) {
    const auto name = node.field("attribute");
    const auto object = node.field("object");
    if (!name || !object) return;
    if (is_forbidden_attribute(name->text())) return breach(node, "no attributes that lead around these rules");
    if (const auto path = path_of(node, names_)) return check_path(node, *path, place);
    visit(*object, place);
  }

  void call(const SyntaxNode& node, Place place) {
    const auto function = node.field("function");
    if (function) visit(*function, place);
    visit_field(node, "arguments", place);
    if (!function) return;
    if (!function->is("attribute") || path_of(*function, names_) || place == Place::kKernel || place == Place::kConstructor)
      return;
    const auto name = function->field("attribute");
    const auto object = function->field("object");
    if (!name || !object || may_call_method(name->text())) return;
    const std::string method(name->text());
    const bool own_function = names_.functions.contains(method) && method != "forward";
    const bool own_class = object->is("identifier") && names_.classes.contains(std::string(object->text())) && method == "apply";
    const bool on_super = object->is("call") && object->text().starts_with("super(");
    if (!own_function && !own_class && !on_super)
      breach(node, fmt::format("the method {} is not one that allocates or views", method));
  }

  /// Attributes are set on self and ctx only: never on modules, tensors or other objects.
  void targets(const SyntaxNode& node) {
    const auto left = node.field("left");
    if (!left) return;
    const auto check = [&](const SyntaxNode& target) {
      if (!target.is("attribute")) return;
      const auto object = target.field("object");
      if (!object || (object->text() != "self" && object->text() != "ctx"))
        breach(target, "attributes are set on self and ctx only");
    };
    check(*left);
    for (const SyntaxNode& child : left->named_children()) {
      if (!left->is("attribute") && !left->is("subscript")) check(child);
    }
  }

  void operators(const SyntaxNode& node, Place place) {
    const auto symbol = node.field("operator");
    if (symbol && place != Place::kKernel && (symbol->text() == "@" || symbol->text() == "@="))
      breach(node, "no matrix multiplication by operator");
  }

  void breach(const SyntaxNode& node, std::string rule) {
    if (breaches_.size() < kEnough)
      breaches_.push_back({node.line() + first_line_ - 1, std::move(rule), shorten(first_line(node.text()), 80)});
  }

  SourceNames names_;
  int first_line_;
  std::vector<Breach> breaches_;
};

bool has_encoding_cookie(const std::string& source) {
  const std::vector<std::string> lines = split_lines(source);
  for (size_t i = 0; i < std::min<size_t>(2, lines.size()); ++i) {
    if (lines[i].starts_with('#') &&
        (lines[i].find("coding:") != std::string::npos || lines[i].find("coding=") != std::string::npos))
      return true;
  }
  return false;
}

bool defines_entry(const SyntaxNode& root) {
  return find_definition(root, "kernel_function").has_value() || find_definition(root, "ModelNew").has_value();
}

}  // namespace

std::string to_text(const Breach& breach) { return fmt::format("line {}: {}: `{}`", breach.line, breach.rule, breach.text); }

SourceRuling rule_on_source(const std::string& source, const std::string& problem_source, bool trusted_zones) {
  SourceRuling ruling;
  ruling.text = source;
  ruling.has_atomics = source.find("atomic_") != std::string::npos;
  const SyntaxTree whole = SyntaxTree::parse(source);
  if (const auto error = whole.first_error()) {
    ruling.syntax_error = fmt::format("line {}: {}", error->line(), shorten(first_line(error->text()), 80));
    return ruling;
  }
  ruling.defines_entry = defines_entry(whole.root());
  ruling.outline = outline_of(whole.root());
  if (has_encoding_cookie(source)) ruling.breaches.push_back({1, "sources are UTF-8 without a cookie", first_line(source)});
  if (!trusted_zones || !has_zones(source)) {
    auto breaches = Reader(names_of(whole.root()), 1).read(whole.root());
    ruling.breaches.insert(ruling.breaches.end(), breaches.begin(), breaches.end());
    return ruling;
  }
  const auto zones = split_zones(source);
  const auto expected = construction_zone(problem_source, "the problem");
  if (!zones || !expected) {
    ruling.breaches.push_back(
        {1, "a composed program's zones follow each other", !zones ? zones.error().message : expected.error().message});
    return ruling;
  }
  if (trim(zones->construction) != trim(*expected)) {
    ruling.breaches.push_back({zones->construction_line, "the construction zone is the problem's own text", "it differs"});
    return ruling;
  }
  ruling.zoned = true;
  const SyntaxTree forward = SyntaxTree::parse(zones->forward);
  // The construction zone's imports are in force below it.
  SourceNames names = names_of(whole.root());
  auto breaches = Reader(std::move(names), zones->forward_line).read(forward.root());
  ruling.breaches.insert(ruling.breaches.end(), breaches.begin(), breaches.end());
  return ruling;
}

}  // namespace ka
