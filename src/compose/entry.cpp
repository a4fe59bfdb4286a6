#include "compose/entry.h"

#include <algorithm>

#include "base/templates.h"
#include "base/text.h"
#include "compose/launch_graph.h"

namespace ka {
namespace {

size_t at(int32_t id) { return static_cast<size_t>(id); }

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

/// Follows the dotted parts behind the first: numbers and what is no identifier become items, the rest attributes.
std::string access(std::string base, const std::vector<std::string>& parts, bool attributes) {
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (is_number(part)) {
      base += "[" + part + "]";
    } else if (attributes && python_identifier(part) == part) {
      base += "." + part;
    } else {
      base += "[" + string_literal(part) + "]";
    }
  }
  return base;
}

class Entries {
 public:
  Entries(SourceWriter& out, const Plan& plan, const Dataflow& flow, const ProgramNames& names, const ForwardSignature& signature,
          const std::set<std::string>& problem_names, bool replay)
      : out_(out),
        plan_(plan),
        graph_(plan.graph),
        flow_(flow),
        names_(names),
        signature_(signature),
        problem_names_(problem_names),
        replay_(replay),
        results_(result_names(graph_, flow)) {
    for (const Mutation& mutation : flow_.mutations()) {
      if (mutation.rebinds) rebound_.push_back(mutation.input);
    }
  }

  Status write() {
    KA_CHECK_OK(write_function());
    out_.blank(2);
    return write_model();
  }
  Status write_function() {
    write_call();
    out_.blank(2);
    return write_kernel_function();
  }

 private:
  /// Writes `_Forward` and `_call` with the indices of written inputs and of the tensor that tells the device.
  void write_call() {
    std::vector<std::string> written;
    std::optional<size_t> first;
    const std::vector<int> parameters = parameter_inputs(graph_, names_);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Input& input = graph_.inputs[at(parameters[i])];
      const Mutation* mutation = flow_.mutation_of_input(parameters[i]);
      if (mutation != nullptr && !mutation->rebinds) written.push_back(std::to_string(i));
      const bool tensor = !input.baked && graph_.type(input.value).rank() > 0;
      if (tensor && !first) first = i;
    }
    std::string text(trim(template_text("templates/program/autograd.py")));
    if (written.empty()) {
      const size_t begin = text.find("        if any(ctx.needs_input_grad");
      text.erase(begin, text.find("        return _program") - begin);
    }
    if (!first) {
      const size_t begin = text.find("    if _on_other_device");
      text.erase(begin, text.find("    if torch.is_grad_enabled") - begin);
    }
    text = replace_all(text, "_WRITTEN", tuple_text(written));
    out_.raw(replace_all(text, "_FIRST", std::to_string(first.value_or(0))));
  }

  std::vector<std::string> parameter_names() const {
    std::vector<std::string> list;
    for (const int input : parameter_inputs(graph_, names_)) list.push_back(names_.parameters[at(input)]);
    return list;
  }

  /// What forward returns, without the parentheses that a tuple does not need there.
  Result<std::string> tree() const {
    KA_TRY(std::string text, tree_expression(graph_.output_tree, results_, problem_names_));
    const bool tuple = graph_.output_tree.contains("tuple") && graph_.output_tree["tuple"].size() > 1;
    return tuple ? text.substr(1, text.size() - 2) : text;
  }

  /// Is what `_program` returns already what forward returns?
  bool is_flat() const {
    if (!rebound_.empty()) return false;
    const Json& tree = graph_.output_tree;
    if (tree == Json{{"output", 0}}) return results_.size() == 1;
    if (!tree.is_object() || !tree.contains("tuple") || tree["tuple"].size() != results_.size() || results_.size() < 2)
      return false;
    for (size_t i = 0; i < results_.size(); ++i) {
      if (tree["tuple"][i] != Json{{"output", i}}) return false;
    }
    return true;
  }

  Status write_kernel_function() {
    std::vector<std::string> parameters;
    bool state = false;
    for (const int input : parameter_inputs(graph_, names_)) {
      if (!state && !is_user_input(graph_.inputs[at(input)])) {
        parameters.emplace_back("*");
        state = true;
      }
      parameters.push_back(names_.parameters[at(input)]);
    }
    write_items(out_, 0, "def kernel_function(", parameters, "):");
    const auto body = out_.indent();
    out_.line("\"\"\"Computes what Model.forward computes; state goes by name, with underscores for dots.\"\"\"");
    if (is_flat()) {
      write_items(out_, 1, "return _call(", parameter_names(), ")");
      return {};
    }
    write_items(out_, 1, join(results_, ", ") + " = _call(", parameter_names(), ")");
    for (size_t i = 0; i < rebound_.size(); ++i) {
      out_.line("_copy_into({}, {})", names_.parameters[at(rebound_[i])], results_[results_.size() - rebound_.size() + i]);
    }
    KA_TRY(const std::string expression, tree());
    out_.line("return {}", expression);
    return {};
  }

  Status write_model() {
    const auto body = out_.block("class ModelNew(Model):");
    out_.line("\"\"\"Built as the problem's Model is; its forward runs the kernels above.\"\"\"");
    write_attribute_moves();
    out_.blank();
    out_.line("def forward(self{}{}):", signature_.text.empty() ? "" : ", ", signature_.text);
    auto forward = out_.indent();
    write_mode_guard();
    write_argument_guards();
    if (!replay_) return write_forward_call();
    forward.close();
    return write_replay();
  }

  /// Plain attributes do not follow Module.to by themselves; forward used to move them.
  void write_attribute_moves() {
    std::vector<std::string> attributes;
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Input& input = graph_.inputs[i];
      const bool plain = input.kind == InputKind::kAttribute || (input.kind == InputKind::kConstant && !is_literal(input));
      if (plain && !names_.parameters[i].empty()) attributes.push_back(attribute_access(input.name));
    }
    if (attributes.empty()) return;
    out_.blank();
    const auto body = out_.block("def _apply(self, fn, recurse=True):");
    out_.line("super()._apply(fn, recurse)");
    for (const std::string& attribute : attributes) out_.line("{} = fn({})", attribute, attribute);
    out_.line("return self");
  }

  /// The trace is of one mode; it matters where something in it depends on the mode, and in eval mode that cannot be seen.
  void write_mode_guard() {
    const bool train = graph_.mode == "train";
    const auto depends = [](const Node& node) {
      return node.op.find("batch_norm") != std::string::npos || node.op.find("dropout") != std::string::npos ||
             node.op.find("rrelu") != std::string::npos;
    };
    if (train && std::none_of(plan_.traced.nodes.begin(), plan_.traced.nodes.end(), depends)) return;
    const auto branch = out_.block("if {}self.training:", train ? "not " : "");
    out_.line("raise RuntimeError(\"this program was made for {} mode\")", graph_.mode);
  }

  /// A parameter that the trace left at its default has that value in the program.
  void write_argument_guards() {
    for (const Parameter& parameter : signature_.parameters) {
      const auto traced = [&](const Input& input) {
        return is_user_input(input) && (input.name == parameter.name || input.name.starts_with(parameter.name + "."));
      };
      if (parameter.default_value.empty() || std::any_of(graph_.inputs.begin(), graph_.inputs.end(), traced)) continue;
      const bool identity =
          parameter.default_value == "None" || parameter.default_value == "True" || parameter.default_value == "False";
      const auto branch = out_.block("if {} {} {}:", parameter.name, identity ? "is not" : "!=", parameter.default_value);
      out_.line("raise ValueError({})", string_literal(parameter.name + ": this program was made for its default"));
    }
  }

  /// What forward launches is a method of its own, which the fixed text of templates/program/launch_graph.py records.
  Status write_replay() {
    std::vector<std::string> given = {"self"}, taken = {"self"};
    for (const int index : parameter_inputs(graph_, names_)) {
      if (!is_user_input(graph_.inputs[at(index)])) continue;
      given.push_back(argument_access(graph_.inputs[at(index)].name));
      taken.push_back(names_.parameters[at(index)]);
    }
    {
      const auto forward = out_.indent();
      write_items(out_, 2, "return _replayed(", given, ")");
    }
    out_.blank();
    out_.line("def {}({}):", kRecordedMethod, join(taken, ", "));
    const auto body = out_.indent();
    return write_forward_call();
  }

  Status write_forward_call() {
    std::vector<std::string> arguments;
    for (const int index : parameter_inputs(graph_, names_)) {
      const Input& input = graph_.inputs[at(index)];
      const std::string argument = replay_ ? names_.parameters[at(index)] : argument_access(input.name);
      const std::string value = is_user_input(input) ? argument : attribute_access(input.name);
      const bool keyword = rebound_.empty() && !is_user_input(input);
      arguments.push_back(keyword ? names_.parameters[at(index)] + "=" + value : value);
    }
    if (rebound_.empty()) {
      write_items(out_, 2, "return kernel_function(", arguments, ")");
      return {};
    }
    std::vector<std::string> targets(results_.begin(), results_.end() - static_cast<std::ptrdiff_t>(rebound_.size()));
    for (const int input : rebound_) targets.push_back(attribute_access(graph_.inputs[at(input)].name));
    write_items(out_, 2, join(targets, ", ") + " = _call(", arguments, ")");
    KA_TRY(const std::string expression, tree());
    out_.line("return {}", expression);
    return {};
  }

  SourceWriter& out_;
  const Plan& plan_;
  const Graph& graph_;
  const Dataflow& flow_;
  const ProgramNames& names_;
  const ForwardSignature& signature_;
  const std::set<std::string>& problem_names_;
  bool replay_;
  std::vector<std::string> results_;
  std::vector<int> rebound_;  ///< inputs that are plain attributes with a new value, in the order of the last results
};

Result<std::vector<std::string>> tree_items(const Json& list, const std::vector<std::string>& names,
                                            const std::set<std::string>& problem_names) {
  std::vector<std::string> items;
  for (const Json& element : list) {
    KA_TRY(std::string item, tree_expression(element, names, problem_names));
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

Status write_entries(SourceWriter& out, const Plan& plan, const Dataflow& flow, const ProgramNames& names,
                     const ForwardSignature& signature, const std::set<std::string>& problem_names, bool replay) {
  return Entries(out, plan, flow, names, signature, problem_names, replay).write();
}

Status write_function(SourceWriter& out, const Plan& plan, const Dataflow& flow, const ProgramNames& names,
                      const std::set<std::string>& problem_names) {
  const ForwardSignature none;
  return Entries(out, plan, flow, names, none, problem_names, false).write_function();
}

std::string argument_access(const std::string& dotted_name) {
  const std::vector<std::string> parts = split(dotted_name, '.');
  return access(parts.front(), parts, false);
}

std::string attribute_access(const std::string& dotted_name) {
  std::vector<std::string> parts = split(dotted_name, '.');
  parts.insert(parts.begin(), "self");
  return access("self", parts, true);
}

Result<std::string> tree_expression(const Json& tree, const std::vector<std::string>& names,
                                    const std::set<std::string>& problem_names) {
  if (tree.is_object() && tree.contains("output")) return names.at(tree["output"].get<size_t>());
  if (tree.is_object() && tree.contains("literal")) return python_literal(tree["literal"]);
  if (tree.is_object() && tree.contains("none")) return std::string("None");
  if (tree.is_object() && tree.contains("tuple")) {
    KA_TRY(const std::vector<std::string> items, tree_items(tree["tuple"], names, problem_names));
    return tuple_text(items);
  }
  if (tree.is_object() && tree.contains("list")) {
    KA_TRY(const std::vector<std::string> items, tree_items(tree["list"], names, problem_names));
    return "[" + join(items, ", ") + "]";
  }
  const bool object = tree.is_object() && tree.contains("object");
  if (!object && !(tree.is_object() && tree.contains("dict")))
    return fail(Fault::kInternal, "cannot write the output tree " + tree.dump());
  std::vector<std::string> items;
  for (const Json& pair : tree[object ? "fields" : "dict"]) {
    KA_TRY(const std::string item, tree_expression(pair.at(1), names, problem_names));
    items.push_back(object ? pair.at(0).get<std::string>() + "=" + item : python_literal(pair.at(0)) + ": " + item);
  }
  if (!object) return "{" + join(items, ", ") + "}";
  const std::string type = tree["object"].get<std::string>();
  if (!problem_names.contains(type)) {
    return fail(Fault::kInput, "forward returns a " + type + ", which is not a name of the problem file", "",
                "define or import " + type + " at the file's top level");
  }
  return type + "(" + join(items, ", ") + ")";
}

}  // namespace ka
