#include "judge/source_reader.h"

#include <algorithm>

#include "base/text.h"
#include "judge/source_objects.h"
#include "judge/source_options.h"
#include "judge/source_places.h"
#include "judge/source_rules.h"

namespace ka {
namespace {

constexpr size_t kEnough = 20;  ///< breaches reported
constexpr const char* kKernelsKeepNames = "a kernel has a name of its own";
constexpr const char* kClassesAreNoValues = "a class is called or asked for, not handed on";

/// What kind of code a node stands in.
enum class Place { kModule, kForward, kConstructor, kKernel };

bool is_dunder(std::string_view name) { return name.starts_with("__"); }

class Reader {
 public:
  Reader(SourceNames names, int first_line) : names_(std::move(names)), first_line_(first_line) {}

  std::vector<Breach> read(const SyntaxNode& root) {
    for (const SyntaxNode& statement : root.named_children()) top_level(statement);
    return std::move(breaches_);
  }

 private:
  // What a module and a class body hold.

  void top_level(const SyntaxNode& node) {
    if (node.is("comment") || is_string_statement(node) || is_main_block(node)) return;
    if (node.is("import_statement") || node.is("import_from_statement") || node.is("future_import_statement"))
      return imports(node);
    if (node.is("function_definition") || node.is("class_definition") || node.is("decorated_definition"))
      return visit(node, Place::kModule);
    if (lists_exports(node)) return;
    if (const auto assignment = constant_assignment(node)) {
      if (names_any_of(assignment->field("left").value_or(node), names_.kernels)) breach(node, kKernelsKeepNames);
      return visit(*assignment, Place::kModule);
    }
    breach(node, "a module holds definitions and constants only");
  }

  /// Returns the assignment of `x = CONSTANT`, `x: T = CONSTANT` or `x: T`.
  std::optional<SyntaxNode> constant_assignment(const SyntaxNode& node) const {
    if (!node.is("expression_statement") || node.named_children().size() != 1) return std::nullopt;
    const SyntaxNode assignment = node.named_children().front();
    if (!assignment.is("assignment")) return std::nullopt;
    const auto value = assignment.field("right");
    return value && !is_constant(*value, names_) ? std::nullopt : std::optional(assignment);
  }

  void imports(const SyntaxNode& node) {
    const std::string kRule = "imports only torch, triton, math and typing, and of them what a program may use";
    if (node.text().find('*') != std::string_view::npos) return breach(node, "imports name what they import");
    for (const auto& [name, path] : names_of(node).imported) {
      if (is_dunder(name) || name == "self" || name == "ctx" || !may_import(path)) return breach(node, kRule);
      if (names_.ambiguous.contains(name)) return breach(node, "imported names have one meaning");
    }
    if (!node.is("import_statement")) return;
    for (const SyntaxNode& child : node.named_children()) {  // `import torch.utils.x` binds torch, and loads more
      const auto name = child.is("aliased_import") ? child.field("name") : child;
      if (name && !name->is("comment") && !may_import(name->text())) return breach(node, kRule);
    }
  }

  void function(const SyntaxNode& node, Place place) {
    if (!node.children().empty() && node.children().front().text() == "async") return breach(node, "no coroutines");
    const auto name = node.field("name");
    if (name && is_dunder(name->text()) && name->text() != "__init__") return breach(*name, "no special methods but __init__");
    Place inner = place == Place::kKernel ? place : Place::kForward;
    if (name && name->text() == "__init__" && is_in_module_class(node)) inner = Place::kConstructor;
    if (name && names_.kernels.contains(std::string(name->text()))) {
      if (names_.plain.contains(std::string(name->text()))) return breach(*name, kKernelsKeepNames);
      inner = Place::kKernel;
    }
    const std::set<std::string> around = locals_;
    if (inner == Place::kKernel) locals_.merge(local_names(node));
    for (const SyntaxNode& child : node.named_children()) {
      if (!(name && child == *name)) visit(child, inner);
    }
    locals_ = around;
  }

  /// Is this a method of a module of PyTorch's, which makes layers when it is constructed?
  bool is_in_module_class(const SyntaxNode& function) const {
    const auto around = class_around(function);
    const auto name = around ? around->field("name") : std::nullopt;
    return name && derives_from(std::string(name->text()), "torch.nn.Module", names_);
  }

  void class_definition(const SyntaxNode& node) {
    const auto name = node.field("name");
    if (name && is_dunder(name->text())) return breach(*name, "no special names");
    if (name && names_.repeated.contains(std::string(name->text()))) return breach(*name, "a class has a name of its own");
    if (const auto bases = node.field("superclasses")) {
      for (const SyntaxNode& base : bases->named_children()) {
        const auto path = path_of(base, names_);
        const bool own = base.is("identifier") && names_.classes.contains(std::string(base.text()));
        const bool zone = base.is("identifier") && base.text() == "Model";
        if (!own && !zone && base.text() != "object" && path != "torch.nn.Module" && path != "torch.autograd.Function")
          breach(base, "classes derive from nn.Module, torch.autograd.Function or each other");
      }
    }
    const auto body = node.field("body");
    if (!body) return;
    for (const SyntaxNode& statement : body->named_children()) class_level(statement);
  }

  void class_level(const SyntaxNode& node) {
    if (node.is("comment") || node.is("pass_statement") || is_string_statement(node) || node.text() == "...") return;
    SyntaxNode definition = node.is("decorated_definition") ? node.field("definition").value_or(node) : node;
    const auto assignment = constant_assignment(node);
    if (!assignment && !definition.is("function_definition") && !definition.is("class_definition"))
      return breach(node, "a class holds definitions and constants only");
    const auto name = assignment ? assignment->field("left") : definition.field("name");
    if (name && is_machinery_of_modules(name->text())) return breach(*name, "modules keep their own machinery");
    if (assignment) no_methods(*assignment);
    visit(assignment ? *assignment : node, Place::kForward);
  }

  /// In a class's body, and in defaults there, a method's name is a function that would take anything for `self`.
  void no_methods(const SyntaxNode& node) {
    const auto value = node.field(node.is("assignment") ? "right" : "value");
    if (value && names_any_of(*value, names_.methods)) breach(*value, "a method is not a value");
  }

  void decorated(const SyntaxNode& node, Place place) {
    for (const SyntaxNode& child : node.named_children()) {
      if (child.is("decorator"))
        decorator(child);
      else
        visit(child, place);
    }
  }

  void decorator(const SyntaxNode& node) {
    if (node.named_children().empty()) return;
    SyntaxNode what = node.named_children().front();
    const auto arguments = what.is("call") ? what.field("arguments") : std::nullopt;
    if (what.is("call")) what = what.field("function").value_or(what);
    const std::string path = path_of(what, names_).value_or("");
    const bool triton = takes_options(path) && path != "triton.Config";
    const bool plain = what.is("identifier") && !names_.bound.contains(std::string(what.text())) &&
                       (what.text() == "staticmethod" || what.text() == "classmethod" || what.text() == "property");
    const bool torch =
        path == "torch.no_grad" || path == "torch.inference_mode" || path == "torch.autograd.function.once_differentiable";
    if (!triton && !plain && !torch)
      return breach(what, "decorators are triton's, staticmethod, classmethod, property or torch.no_grad");
    if (!arguments) return;
    if (triton) options(*arguments, path);
    const auto definition = node.parent() ? node.parent()->field("definition") : std::nullopt;
    if (definition && class_around(*definition) && names_any_of(*arguments, names_.methods))
      breach(*arguments, "a method is not a value");
    visit(*arguments, Place::kForward);
  }

  void options(const SyntaxNode& arguments, const std::string& path) {
    for (const auto& [argument, rule] : faults_of_options(arguments, path, names_)) breach(argument, rule);
  }

  // Statements and expressions.

  void visit(const SyntaxNode& node, Place place) {
    if (breaches_.size() >= kEnough) return;
    const std::string_view type = node.type();
    if (type == "comment") return;
    if (!is_known_syntax(type)) return breach(node, fmt::format("no {}", type));
    for (const SyntaxNode& target : targets_of(node)) check_target(target);
    if (type == "import_statement" || type == "import_from_statement") return imports(node);
    if (type == "function_definition") return function(node, place);
    if (type == "class_definition") return class_definition(node);
    if (type == "decorated_definition") return decorated(node, place);
    if (type == "identifier") return identifier(node, place);
    if (type == "attribute") return attribute(node, place);
    if (type == "call") return call(node, place);
    if (type == "keyword_argument") return visit_field(node, "value", place);
    if (type == "default_parameter" || type == "typed_default_parameter") default_value(node);
    if (type == "binary_operator" || type == "augmented_assignment") operators(node, place);
    if (type == "type" && runs_code(node)) return breach(node, "annotations run nothing");
    if (type == "subscript") subscript(node);
    if (type == "global_statement") no_kernels(node);
    for (const SyntaxNode& child : node.named_children()) visit(child, place);
  }

  void visit_field(const SyntaxNode& node, std::string_view field, Place place) {
    if (const auto child = node.field(field)) visit(*child, place);
  }

  void default_value(const SyntaxNode& node) {
    if (const auto value = node.field("value"); value && !is_constant(*value, names_)) breach(*value, "defaults are constants");
    no_methods(node);
  }

  /// typing makes a ForwardRef of text, which is code that nobody has read.
  void subscript(const SyntaxNode& node) {
    const auto value = node.field("value");
    const std::string path = value ? path_of(*value, names_).value_or("") : "";
    if (path.starts_with("typing.") && path != "typing.Literal" && holds_string(node) && !is_in_annotation(node))
      breach(node, "types are named, not quoted");
  }

  void no_kernels(const SyntaxNode& node) {
    for (const SyntaxNode& name : node.named_children()) {
      if (names_.kernels.contains(std::string(name.text()))) breach(node, kKernelsKeepNames);
    }
  }

  void identifier(const SyntaxNode& node, Place place) {
    const std::string name(node.text());
    if (is_forbidden_name(name)) return breach(node, "no functions that reach around these rules");
    if (name == "type" && !is_question_of_type(node)) return breach(node, "type is only asked for an object's type");
    if (is_dunder(name) && name != "__name__") return breach(node, "no special names");
    if (name == "__name__" && names_.bound.contains(name)) return breach(node, "no special names");
    if (names_.ambiguous.contains(name)) return breach(node, "imported names have one meaning");
    if (const auto path = path_of(node, names_)) {
      if (is_module(*path)) return breach(node, "a module is not a value");
      return check_path(node, *path, place);
    }
    if (names_.classes.contains(name) && !is_class_in_place(node)) return breach(node, kClassesAreNoValues);
    if (place == Place::kKernel) in_kernel(node, name);
    if (!names_.bound.contains(name) && !is_harmless_builtin(name) && name != "__name__" && name != "Model")
      breach(node, "no names but the program's own and harmless builtins");
  }

  /// A kernel calls what the text names: other kernels and functions of Triton. What a launch hands it may be any function.
  void in_kernel(const SyntaxNode& node, const std::string& name) {
    const bool local = locals_.contains(name);
    if (local && is_called(node)) return breach(node, "kernels call no arguments and no variables");
    const bool own_function = names_.functions.contains(name) || names_.classes.contains(name);
    if (own_function && !names_.kernels.contains(name) && !local)
      breach(node, "kernels use triton.language, their arguments, constants and other kernels only");
  }

  /// Where a class is no value that could be handed on: its methods would take anything for `self`.
  bool is_class_in_place(const SyntaxNode& node) const {
    const auto parent = node.parent();
    return !parent || is_called(node) || parent->is("attribute") || is_only_asked(node, names_) || is_in_annotation(node) ||
           is_first_of_super(node, names_) || parent->is("parameters");
  }

  /// `type(x)` with one argument, compared, asked about, or for its name: it may be a class of PyTorch's, or `type` itself.
  bool is_question_of_type(const SyntaxNode& node) const {
    const auto parent = node.parent();
    if (!parent || !is_called(node) || names_.bound.contains("type")) return false;
    const auto arguments = parent->field("arguments");
    const auto around = parent->parent();
    const bool named = around && around->is("attribute") && around->field("attribute")->text() == "__name__";
    return arguments && arguments->named_children().size() == 1 && !arguments->named_children().front().is("list_splat") &&
           (named || is_only_asked(*parent, names_) || (around && around->is("interpolation")));
  }

  void check_path(const SyntaxNode& node, const std::string& path, Place place) {
    if (path.ends_with(".inline_asm_elementwise")) return breach(node, "inline assembly is off");
    if (takes_options(path) && !(path == "triton.Config" && is_called(node)))
      return breach(node, fmt::format("{} decorates, or is called with its options", path));
    if (place == Place::kKernel) {
      if (!may_name_in_kernel(path))
        breach(node, "kernels use triton.language, their arguments, constants and other kernels only");
    } else if (!may_name(path, place == Place::kConstructor)) {
      breach(node, "not among what a program may use of torch and triton");
    }
  }

  void attribute(const SyntaxNode& node, Place place) {
    const auto name = node.field("attribute");
    const auto object = node.field("object");
    if (!name || !object) return;
    if (const auto path = path_of(node, names_)) {
      SyntaxNode start = *object;
      while (start.is("attribute")) start = start.field("object").value_or(start);
      if (names_.ambiguous.contains(std::string(start.text()))) return breach(node, "imported names have one meaning");
      return check_longest_path(node, *path, place);
    }
    const std::string text(name->text());
    if (is_own_class(node, names_) && !is_class_in_place(node)) return breach(node, kClassesAreNoValues);
    if (is_dunder(text) && text != "__name__" && !(text == "__init__" && is_called(node)))
      return breach(node, "no special attributes");
    if (text == "forward" || text == "backward" || text == "setup_context")
      return breach(node, fmt::format("{} is called by PyTorch only", text));
    if (place != Place::kKernel && is_forbidden_attribute(text))
      return breach(node, fmt::format("{} reaches around these rules, whoever defines it", text));
    const bool known = place == Place::kKernel ? may_use_in_kernel(text) : may_read_attribute(text) || text == "__name__";
    if (!known && place == Place::kKernel) return breach(node, fmt::format("{} is nothing that triton.language computes", text));
    if (place != Place::kKernel && is_own_class(*object, names_) && !is_open_of_class(node, text))
      return breach(node, "of a class, only constants, static methods and apply are named");
    if (!known && !is_own(*object, text) && !is_called(node))
      return breach(node, fmt::format("{} is no attribute of the program's own, nor a fact about a tensor or a layer", text));
    visit(*object, place);
  }

  /// Does a name that the program defines open this attribute here? Where the object may be anything, not one that others have too.
  bool is_own(const SyntaxNode& object, const std::string& text) const {
    const size_t mangled = text.find("__", 1);  // self.__x of a class C is self._C__x elsewhere
    const std::string plain = text.substr(mangled == std::string::npos ? 0 : mangled);
    if (starts_at_own_self(object, names_) && names_.given.contains(plain)) return !is_machinery_of_modules(text);
    if (!names_.attributes.contains(plain)) return false;
    if (is_own_self(object, names_)) return !is_machinery_of_modules(text);
    return !is_foreign_attribute(text) && (!text.starts_with('_') || is_own_class(object, names_));
  }

  /// A class's methods are called on its objects, or with the caller's own `self`: with another object in its place, `self` would be a lie.
  bool is_open_of_class(const SyntaxNode& node, const std::string& text) const {
    const auto call = node.parent();
    if (is_called(node) && passes_own_self(*call, names_)) return true;
    return text == "__name__" || !names_.bound_methods.contains(text);
  }

  /// A path may end in a fact about what it names: `torch.finfo` is the path of `torch.finfo(x).eps`, but `x.dtype.itemsize` has none.
  void check_longest_path(const SyntaxNode& node, const std::string& path, Place place) {
    const size_t dot = path.rfind('.');
    const std::string_view last = std::string_view(path).substr(dot + 1);
    const std::string before = path.substr(0, dot);
    const bool fact = !is_module(before) && may_read_attribute(last) && !is_called(node);
    if (fact && place != Place::kKernel && may_name(before, place == Place::kConstructor)) return;
    check_path(node, path, place);
  }

  void call(const SyntaxNode& node, Place place) {
    const auto function = node.field("function");
    if (function) visit(*function, place);
    if (const auto arguments = node.field("arguments")) {
      if (function && path_of(*function, names_) == "triton.Config") options(*arguments, "triton.Config");
      visit(*arguments, place);
    }
    if (place == Place::kKernel) return called_in_kernel(node);
    if (!function || !function->is("attribute") || path_of(*function, names_)) return;
    const auto name = function->field("attribute");
    const auto object = function->field("object");
    if (!name || !object || may_call_method(name->text(), place == Place::kConstructor)) return;
    const std::string method(name->text());
    const bool own_class = is_own_class(*object, names_) || path_of(*object, names_) == "torch.nn.Module";
    const bool own_method = names_.methods.contains(method) && method != "__init__" && is_own(*object, method);
    const bool constructs = own_class && (method == "apply" || (method == "__init__" && passes_own_self(node, names_)));
    const bool on_super = is_super(*object) && (method == "__init__" || method == "_apply");
    if (!own_method && !constructs && !on_super)
      breach(node, fmt::format("the method {} is not one that allocates or views", method));
  }

  /// Neither a method of the program's own, nor a function that a launch hands over, may run in a kernel by way of Triton.
  void called_in_kernel(const SyntaxNode& node) {
    const auto function = node.field("function");
    const auto name =
        function && function->is("attribute") && !path_of(*function, names_) ? function->field("attribute") : std::nullopt;
    if (name && names_.methods.contains(std::string(name->text())))
      breach(*function, "kernels call no methods of the program's own");
    const auto applied = applied_function(node, names_);
    if (!applied || path_of(*applied, names_)) return;
    const std::string what(applied->text());
    if (!names_.kernels.contains(what) || locals_.contains(what)) breach(*applied, "kernels apply other kernels only");
  }

  /// `super()` or `super(C, self)`.
  bool is_super(const SyntaxNode& node) const {
    const auto function = node.is("call") ? node.field("function") : std::nullopt;
    if (!function || function->text() != "super" || names_.bound.contains("super")) return false;
    const auto arguments = node.field("arguments")->named_children();
    return arguments.empty() || (arguments.size() == 2 && is_own_self(arguments.back(), names_));
  }

  /// Attributes are set on own self and ctx only: never on modules, tensors or other objects. Neither name gets another meaning.
  void check_target(const SyntaxNode& target) {
    if (target.text() == "self" || target.text() == "ctx") return breach(target, "self and ctx are not bound anew");
    if (!target.is("attribute")) return;
    const auto object = target.field("object");
    const auto name = target.field("attribute");
    if (!object || !is_own_self(*object, names_)) return breach(target, "attributes are set on self and ctx only");
    if (name && (is_machinery_of_modules(name->text()) || name->text() == "forward"))
      breach(target, "modules keep their own machinery");
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
  std::set<std::string> locals_;  ///< what the kernel that is being read binds
  std::vector<Breach> breaches_;
};

}  // namespace

std::vector<Breach> breaches_of(const SyntaxNode& root, SourceNames names, int first_line) {
  return Reader(std::move(names), first_line).read(root);
}

}  // namespace ka
