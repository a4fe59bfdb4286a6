#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "ir/graph.h"

namespace ka {
namespace {

bool is_constant(const TensorType& type) {
  const auto constant = [](const Dim& dim) { return dim.is_constant(); };
  return std::all_of(type.shape.begin(), type.shape.end(), constant) &&
         std::all_of(type.stride.begin(), type.stride.end(), constant) && type.offset.is_constant();
}

/// Walks a graph once and collects a line per broken rule.
class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph), defined_(graph.values.size(), false) {}

  std::vector<std::string> problems() && {
    check_values();
    check_inputs();
    for (size_t i = 0; i < graph_.nodes.size(); ++i) check_node(static_cast<NodeId>(i));
    for (size_t i = 0; i < defined_.size(); ++i) {
      if (!defined_[i]) report("value '{}' is neither an input nor an output of a node", graph_.values[i].name);
    }
    check_outputs();
    check_tree(graph_.output_tree);
    return std::move(problems_);
  }

 private:
  template <class... Arguments>
  void report(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    problems_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  bool exists(ValueId id) const { return id >= 0 && static_cast<size_t>(id) < graph_.values.size(); }

  void check_values() {
    std::unordered_set<std::string_view> names;
    for (const Value& value : graph_.values) {
      if (value.name.empty()) report("a value has no name");
      if (!names.insert(value.name).second) report("two values are named '{}'", value.name);
      if (value.type.shape.size() != value.type.stride.size()) {
        report("value '{}' has {} extents but {} strides", value.name, value.type.shape.size(), value.type.stride.size());
      }
      const auto negative = [](const Dim& dim) { return dim.is_constant() && dim.value() < 0; };
      if (std::any_of(value.type.shape.begin(), value.type.shape.end(), negative))
        report("value '{}' has a negative extent", value.name);
    }
  }

  void check_inputs() {
    std::unordered_set<std::string> names;
    bool state = false;
    for (const Input& input : graph_.inputs) {
      const bool user = input.kind == InputKind::kTensor || input.kind == InputKind::kScalar;
      if (user && state) report("user input '{}' stands behind state", input.name);
      state = state || !user;
      // A forward parameter may bear the name of a module attribute.
      if (!names.insert((user ? "user " : "state ") + input.name).second) report("two inputs are named '{}'", input.name);
      if (!exists(input.value)) {
        report("input '{}' has no value", input.name);
        continue;
      }
      if (!defined_[static_cast<size_t>(input.value)]) define(input.value, kNone, 0);
      if ((input.kind == InputKind::kScalar) == input.scalar_type.empty()) {
        report("input '{}': a scalar type stands where there is no scalar, or is missing", input.name);
      }
      if (input.kind == InputKind::kScalar && graph_.type(input.value).rank() != 0)
        report("scalar input '{}' is not 0-d", input.name);
    }
  }

  void define(ValueId id, NodeId producer, int output_index) {
    const Value& value = graph_.value(id);
    if (defined_[static_cast<size_t>(id)]) report("value '{}' is defined twice", value.name);
    defined_[static_cast<size_t>(id)] = true;
    if (value.producer != producer || value.output_index != output_index)
      report("value '{}' names another producer than the node that lists it", value.name);
  }

  void check_node(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.name.empty()) report("a node ({}) has no name", node.op);
    if (!node_names_.insert(node.name).second) report("two nodes are named '{}'", node.name);
    if (node.op.empty()) report("node '{}' has no operator", node.name);
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      const std::string& argument = node.arguments[i].name;
      const auto same = [&](const NamedArgument& other) { return other.name == argument; };
      if (std::any_of(node.arguments.begin(), node.arguments.begin() + static_cast<std::ptrdiff_t>(i), same)) {
        report("node '{}' has two arguments '{}'", node.name, argument);
      }
    }
    for (const ValueId operand : Graph::operands(node)) {
      if (!exists(operand)) {
        report("node '{}' reads a value that does not exist", node.name);
      } else if (!defined_[static_cast<size_t>(operand)]) {
        report("node '{}' reads '{}' before it is defined", node.name, graph_.value(operand).name);
      }
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNone) continue;
      if (exists(node.outputs[i])) {
        define(node.outputs[i], id, static_cast<int>(i));
      } else {
        report("node '{}' has an output that does not exist", node.name);
      }
    }
  }

  void check_outputs() {
    std::unordered_set<int> targets;
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const Output& output = graph_.outputs[i];
      if (!exists(output.value) || !defined_[static_cast<size_t>(output.value)]) {
        report("output {} has no value", i);
        continue;
      }
      if (output.kind == OutputKind::kUser) {
        ++user_outputs_;
        if (output.target != kNone) report("output {} is a user output and has a target", i);
        continue;
      }
      if (output.target < 0 || static_cast<size_t>(output.target) >= graph_.inputs.size()) {
        report("mutation {} has no target", i);
        continue;
      }
      const Input& target = graph_.inputs[static_cast<size_t>(output.target)];
      if (!targets.insert(output.target).second) report("input '{}' is mutated twice", target.name);
      const TensorType& from = graph_.type(output.value);
      const TensorType& to = graph_.type(target.value);
      const bool fits = from.dtype == to.dtype && from.shape == to.shape;
      // A plain attribute is rebound, not overwritten, so that its new value may have another type.
      if (!fits && target.kind != InputKind::kAttribute)
        report("the new contents of '{}' have another shape or dtype", target.name);
    }
  }

  void check_tree(const Json& tree) {
    if (tree.is_array()) {
      for (const Json& element : tree) check_tree(element);
    }
    if (!tree.is_object()) return;
    for (const auto& [key, content] : tree.items()) {
      if (key == "literal") continue;
      if (key != "output") {
        check_tree(content);
      } else if (!content.is_number_integer() || content.get<int64_t>() < 0 || content.get<int64_t>() >= user_outputs_) {
        report("the output tree names output {}, of {}", content.dump(), user_outputs_);
      }
    }
  }

  const Graph& graph_;
  std::vector<bool> defined_;
  std::unordered_set<std::string_view> node_names_;
  int64_t user_outputs_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> problems(const Graph& graph) { return Verifier(graph).problems(); }

Status verify(const Graph& graph) {
  // The one place that refuses symbolic extents: everything behind it may call Dim::value().
  for (const Value& value : graph.values) {
    if (is_constant(value.type)) continue;
    return fail(Fault::kInput, "value '" + value.name + "' has a symbolic extent: dynamic shapes are not supported", graph.name,
                "trace the problem with inputs of fixed shapes");
  }
  const std::vector<std::string> found = problems(graph);
  if (found.empty()) return {};
  const std::string more = found.size() > 1 ? fmt::format(" (and {} more)", found.size() - 1) : "";
  return fail(Fault::kInternal, "graph '" + graph.name + "': " + found.front() + more);
}

}  // namespace ka
