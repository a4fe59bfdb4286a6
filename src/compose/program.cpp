#include "compose/program.h"

#include <algorithm>

#include "base/text.h"
#include "compose/draws.h"
#include "ir/text.h"
#include "kernel/host.h"

namespace ka {
namespace {

size_t at(int32_t id) { return static_cast<size_t>(id); }

/// Writes the body of `_program`.
class Body {
 public:
  Body(SourceWriter& out, const Plan& plan, const Dataflow& flow, const std::vector<const Kernel*>& kernels,
       const ProgramNames& names)
      : out_(out),
        plan_(plan),
        graph_(plan.graph),
        flow_(flow),
        kernels_(kernels),
        names_(names),
        scope_(names.module),
        variables_(graph_.values.size()),
        originals_(graph_.inputs.size()),
        allocated_(flow.allocations().size()) {}

  Status write() {
    std::vector<std::string> parameters;
    for (const int input : parameter_inputs(graph_, names_)) {
      parameters.push_back(names_.parameters[at(input)]);
      scope_.reserve(parameters.back());
    }
    write_items(out_, 0, "def _program(", parameters, "):");
    const auto body = out_.indent();
    out_.line("\"\"\"Runs {} in order and returns the results flat.\"\"\"",
              plural(static_cast<int64_t>(plan_.subgraphs.size()), "kernel"));
    write_guards();
    write_inputs();
    write_draws();
    for (size_t step = 0; step < plan_.subgraphs.size(); ++step) {
      KA_CHECK_OK(write_step(static_cast<int>(step)));
    }
    KA_TRY(const std::vector<std::string> mutated, write_mutations());
    KA_TRY(const std::vector<std::string> results, result_expressions(mutated));
    write_results(results);
    return {};
  }

 private:
  void write_results(const std::vector<std::string>& results) {
    const std::string line = "return " + join(results, ", ");
    if (line.size() <= 84 || results.size() == 1) {  // one item in parentheses with its comma would be a tuple
      out_.line("{}", line);
    } else {
      write_items(out_, 1, "return (", results, ")");
    }
  }

  // --- Inputs ---

  void write_guards() {
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Input& input = graph_.inputs[i];
      const std::string& name = names_.parameters[i];
      if (name.empty()) continue;
      if (input.baked && input.scalar_type != "object") {
        const std::string literal = python_literal(input.example);
        const auto branch = out_.block("if {} {} {}:", name, input.example.is_null() ? "is not" : "!=", literal);
        out_.line("raise ValueError({})", string_literal(fmt::format("{}: this program was made for {}", input.name, literal)));
      } else if (const int first = *graph_.input_of(input.value); at(first) != i) {
        const auto branch = out_.block("if {} is not {}:", name, names_.parameters[at(first)]);
        out_.line("raise ValueError({})",
                  string_literal(fmt::format("{}: must be the same tensor as {}", input.name, graph_.inputs[at(first)].name)));
      }
    }
  }

  void write_inputs() {
    std::vector<int> checked;
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Input& input = graph_.inputs[i];
      if (names_.parameters[i].empty() || input.baked || !flow_.is_used(static_cast<int>(i))) continue;
      if (at(*graph_.input_of(input.value)) == i) checked.push_back(static_cast<int>(i));
    }
    write_device(checked);
    for (const int index : checked) {
      const Input& input = graph_.inputs[at(index)];
      const std::string& name = names_.parameters[at(index)];
      const Mutation* mutation = flow_.mutation_of_input(index);
      originals_[at(index)] = name;
      variables_[at(input.value)] = name;
      if (flow_.needs_original(index) && graph_.type(input.value).rank() > 0) {
        originals_[at(index)] = scope_.take(name + "_given");
        out_.line("{} = {}", originals_[at(index)], name);
      }
      if (mutation != nullptr && mutation->in_place && graph_.type(input.value).rank() > 0) {
        write_items(out_, 1, name + " = _expect_in_place(", expected(input), ")");
      } else {
        write_expectation(out_, 1, name, input.name, graph_.type(input.value), "device");
      }
    }
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Input& input = graph_.inputs[i];
      if (!is_literal(input) || !flow_.is_used(static_cast<int>(i))) continue;
      const std::string variable = scope_.take(graph_.value(input.value).name);
      variables_[at(input.value)] = originals_[i] = variable;
      const TensorType& type = graph_.type(input.value);
      write_items(out_, 1, variable + " = _constant(",
                  {string_literal(input.name), names_.constants[i], tuple_text(type.sizes()), torch_name(type.dtype), "device"},
                  ")");
    }
  }

  std::vector<std::string> expected(const Input& input) const {
    const TensorType& type = graph_.type(input.value);
    return {string_literal(input.name), variables_[at(input.value)], torch_name(type.dtype), tuple_text(type.sizes()),
            tuple_text(type.strides())};
  }

  /// Everything is allocated where the first tensor with dimensions is.
  void write_device(const std::vector<int>& inputs) {
    for (const int index : inputs) {
      if (graph_.type(graph_.inputs[at(index)].value).rank() == 0) continue;
      out_.line("device = {}.device", names_.parameters[at(index)]);
      return;
    }
    std::vector<std::string> all;
    all.reserve(inputs.size());
    for (const int index : inputs) all.push_back(names_.parameters[at(index)]);
    out_.line("device = _device_of({})", join(all, ", "));
  }

  /// What PyTorch draws is drawn first, in the order of the problem, so that the same seed gives the same numbers.
  void write_draws() {
    if (!plan_.draws.empty()) out_.blank();
    for (const NodeId draw : plan_.draws) {
      const Node& node = graph_.node(draw);
      const ValueId value = node.outputs[0];
      variables_[at(value)] = scope_.take(graph_.value(value).name);
      out_.line("{} = {}", variables_[at(value)], draw_expression(node, graph_.type(value)));
    }
  }

  // --- Kernels ---

  Status write_step(int step) {
    const Subgraph& subgraph = plan_.subgraphs[at(step)];
    const Kernel& kernel = *kernels_[at(step)];
    out_.blank();
    out_.line("# {}", subgraph.title);
    KA_TRY(std::vector<std::string> arguments, input_arguments(subgraph, kernel));
    if (is_whole_module(kernel)) {
      std::vector<std::string> results;
      for (const ValueId value : subgraph.outputs) {
        variables_[at(value)] = scope_.take(graph_.value(value).name);
        results.push_back(variables_[at(value)]);
      }
      write_items(out_, 1, join(results, ", ") + " = " + names_.functions[at(step)] + "(", arguments, ")");
    } else {
      write_allocations(step, subgraph, kernel, arguments);
      write_items(out_, 1, names_.functions[at(step)] + "(", arguments, ")");
    }
    write_deaths(step);
    return {};
  }

  Result<std::vector<std::string>> input_arguments(const Subgraph& subgraph, const Kernel& kernel) {
    const std::vector<const Buffer*> buffers = buffers_of(kernel, Role::kInput);
    std::vector<std::string> arguments;
    for (size_t i = 0; i < subgraph.inputs.size(); ++i) {
      KA_TRY(Expression expression, value_expression(subgraph.inputs[i]));
      const TensorType& wanted = is_whole_module(kernel) ? graph_.type(subgraph.inputs[i]) : buffers[i]->type;
      arguments.push_back(arranged(expression, wanted));
    }
    return arguments;
  }

  /// The text of a tensor, brought into another layout where it has not the wanted one.
  static std::string arranged(const Expression& expression, const TensorType& wanted) {
    const Shape strides = wanted.strides();
    if (same_layout(wanted.sizes(), expression.type.strides(), strides) ||
        std::find(strides.begin(), strides.end(), 0) != strides.end())
      return expression.text;
    return fmt::format("_as_expected({}, {}, {})", expression.text, tuple_text(wanted.sizes()), tuple_text(wanted.strides()));
  }

  void write_allocations(int step, const Subgraph& subgraph, const Kernel& kernel, std::vector<std::string>& arguments) {
    std::vector<std::string> scratch;
    for (const int index : flow_.allocations_of(step)) {
      const Allocation& allocation = flow_.allocations()[at(index)];
      const bool is_scratch = allocation.value == kNone;
      const std::string wanted = is_scratch ? kernel.name + "_" + allocation.buffer->name : graph_.value(allocation.value).name;
      const std::string variable = scope_.take(wanted);
      allocated_[at(index)] = {variable};
      out_.line("{} = {}", variable, memory(allocation, allocated_[at(index)]));
      if (is_scratch) {
        scratch.push_back(variable);
      } else {
        variables_[at(allocation.value)] = variable;
        types_[allocation.value] = allocation.buffer->type;
      }
    }
    for (const ValueId value : subgraph.outputs) {
      if (variables_[at(value)].empty()) {  // written where the input lies
        const int target = flow_.mutation_of_value(value)->input;
        variables_[at(value)] = variables_[at(graph_.inputs[at(target)].value)];
      }
      arguments.push_back(variables_[at(value)]);
    }
    arguments.insert(arguments.end(), scratch.begin(), scratch.end());
  }

  /// Fresh memory, or that of a dead value; `holders` collects the variables that keep it.
  std::string memory(const Allocation& allocation, std::vector<std::string>& holders) const {
    const Buffer& buffer = *allocation.buffer;
    if (allocation.previous == kNone) return allocation_text(buffer);
    const std::vector<std::string>& before = allocated_[at(allocation.previous)];
    holders.insert(holders.end(), before.begin(), before.end());
    const std::string& old = before.front();
    if (flow_.allocations()[at(allocation.previous)].buffer->type.shape == buffer.type.shape) return old;
    const std::string shape = tuple_text(buffer.type.sizes());
    return fmt::format("{}.view({})", old,
                       buffer.type.rank() == 0 ? "()" : shape.substr(1, shape.size() - (buffer.type.rank() == 1 ? 3 : 2)));
  }

  static std::string allocation_text(const Buffer& buffer) { return allocation(buffer.type, buffer.initial, "device"); }

  void write_deaths(int step) {
    std::vector<std::string> dead;
    for (const int index : flow_.dead_after(step))
      dead.insert(dead.end(), allocated_[at(index)].begin(), allocated_[at(index)].end());
    for (const ValueId value : flow_.dropped_after(step)) dead.push_back(variables_[at(value)]);
    if (!dead.empty()) out_.line("del {}", join(dead, ", "));
  }

  // --- Results ---

  Result<Expression> value_expression(ValueId value) const {
    const ViewChain chain = flow_.chain(value);
    return apply_views(graph_, chain.views, {variables_[at(chain.root)], actual_type(chain.root)});
  }

  /// A value that owns memory; of an input, the given tensor rather than the copy that kernels read.
  Expression memory_of(ValueId root) const {
    const std::optional<int> input = graph_.input_of(root);
    return {input ? originals_[at(*input)] : variables_[at(root)], actual_type(root)};
  }

  const TensorType& actual_type(ValueId root) const {
    const auto chosen = types_.find(root);
    return chosen != types_.end() ? chosen->second : graph_.type(root);
  }

  /// Writes new contents back last, from memory of their own, so that overlapping inputs see only old contents before. Returns, per
  /// mutation, an expression for the tensor that then holds the new value.
  Result<std::vector<std::string>> write_mutations() {
    std::vector<std::string> holders;
    std::vector<std::pair<std::string, std::string>> copies;
    for (const Mutation& mutation : flow_.mutations()) {
      KA_TRY(const Expression value, value_expression(mutation.value));
      const std::string& target = originals_[at(mutation.input)];
      if (mutation.in_place) {
        holders.push_back(target);
        continue;
      }
      if (mutation.rebinds) {
        const ViewChain chain = flow_.chain(mutation.value);
        KA_TRY(const Expression shown, apply_views(graph_, chain.views, memory_of(chain.root)));
        holders.push_back(shown.text);
        continue;
      }
      std::string source = value.text;
      if (graph_.value(flow_.chain(mutation.value).root).producer == kNone)
        source = fresh_copy(value, graph_.inputs[at(mutation.input)].name);
      copies.emplace_back(target, source);
      holders.push_back(target);
    }
    keep_old_results();
    if (!copies.empty()) out_.blank();
    for (const auto& [target, source] : copies) out_.line("_copy_into({}, {})", target, source);
    return holders;
  }

  std::string fresh_copy(const Expression& value, std::string_view stem) {
    const std::string copy = scope_.take(fmt::format("{}_new", stem));
    TensorType dense = value.type;
    const Shape strides = contiguous_strides(dense.sizes());
    dense.stride.assign(strides.begin(), strides.end());
    out_.line("{} = {}", copy, allocation(dense, "", "device"));
    out_.line("_copy_into({}, {})", copy, value.text);
    return copy;
  }

  /// An output may show the contents that an input had before it was written.
  void keep_old_results() {
    for (const Output& output : graph_.outputs) {
      const ValueId root = flow_.chain(output.value).root;
      const std::optional<int> input = graph_.input_of(root);
      const Mutation* mutation = input ? flow_.mutation_of_input(*input) : nullptr;
      if (output.kind != OutputKind::kUser || mutation == nullptr || mutation->rebinds) continue;
      if (flow_.mutation_of_value(root) != nullptr || old_.contains(root)) continue;
      old_[root] = fresh_copy({variables_[at(root)], graph_.type(root)}, graph_.value(root).name + "_old");
    }
  }

  Result<std::vector<std::string>> result_expressions(const std::vector<std::string>& mutated) const {
    std::vector<std::string> results;
    for (const Output& output : graph_.outputs) {
      if (output.kind != OutputKind::kUser) continue;
      KA_TRY(const Expression expression, output_expression(output.value, mutated));
      results.push_back(arranged(expression, traced_type(results.size(), output.value)));
    }
    for (size_t i = 0; i < flow_.mutations().size(); ++i) {
      if (flow_.mutations()[i].rebinds) results.push_back(mutated[i]);
    }
    return results;
  }

  /// What forward returns of a tensor that it wrote is that tensor, or a view of it, not a copy.
  Result<Expression> output_expression(ValueId value, const std::vector<std::string>& mutated) const {
    const ViewChain chain = flow_.chain(value);
    Expression base = memory_of(chain.root);
    if (const Mutation* mutation = flow_.mutation_of_value(chain.root)) {
      const ValueId target = graph_.inputs[at(mutation->input)].value;
      base.text = mutated[static_cast<size_t>(mutation - flow_.mutations().data())];
      if (!mutation->rebinds) base.type = graph_.type(target);
    } else if (const auto old = old_.find(chain.root); old != old_.end()) {
      base.text = old->second;
    }
    return apply_views(graph_, chain.views, base);
  }

  /// The type that forward's own output had; planning may have chosen another layout.
  const TensorType& traced_type(size_t index, ValueId value) const {
    for (const Output& output : plan_.traced.outputs) {
      if (output.kind == OutputKind::kUser && index-- == 0) return plan_.traced.type(output.value);
    }
    return graph_.type(value);
  }

  SourceWriter& out_;
  const Plan& plan_;
  const Graph& graph_;
  const Dataflow& flow_;
  const std::vector<const Kernel*>& kernels_;
  const ProgramNames& names_;
  NameScope scope_;
  std::vector<std::string> variables_;               ///< per value: the variable that holds it
  std::map<ValueId, TensorType> types_;              ///< layouts that kernels chose
  std::vector<std::string> originals_;               ///< per input: the variable that holds the given tensor itself
  std::vector<std::vector<std::string>> allocated_;  ///< per allocation: the variables that hold its memory, its own first
  std::map<ValueId, std::string> old_;               ///< copies of what written inputs held before
};

}  // namespace

bool is_literal(const Input& input) { return input.kind == InputKind::kConstant && input.source != "attribute"; }

bool is_user_input(const Input& input) { return input.kind == InputKind::kTensor || input.kind == InputKind::kScalar; }

std::vector<int> parameter_inputs(const Graph& graph, const ProgramNames& names) {
  std::vector<int> found;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    if (!names.parameters[i].empty()) found.push_back(static_cast<int>(i));
  }
  return found;
}

std::vector<std::string> result_names(const Graph& graph, const Dataflow& flow) {
  std::vector<std::string> names;
  NameScope scope;
  for (const Output& output : graph.outputs) {
    if (output.kind == OutputKind::kUser) names.push_back(scope.take(graph.value(output.value).name));
  }
  for (const Mutation& mutation : flow.mutations()) {
    if (mutation.rebinds) names.push_back(scope.take("new_" + graph.inputs[at(mutation.input)].name));
  }
  return names;
}

Status write_program(SourceWriter& out, const Plan& plan, const Dataflow& flow, const std::vector<const Kernel*>& kernels,
                     const ProgramNames& names) {
  return Body(out, plan, flow, kernels, names).write();
}

std::string python_literal(const Json& json) {
  if (json.is_null()) return "None";
  if (json.is_boolean()) return json.get<bool>() ? "True" : "False";
  if (json.is_string()) return string_literal(json.get_ref<const std::string&>());
  if (json.is_number_float()) return to_text(json.get<double>());
  if (json.is_object() && json.contains("float")) return "float(" + string_literal(json["float"].get<std::string>()) + ")";
  return json.dump();
}

}  // namespace ka
