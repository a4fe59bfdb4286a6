#include "compose/fused_code.h"

#include <map>
#include <set>

#include "base/source_writer.h"
#include "base/text.h"
#include "compose/entry.h"
#include "compose/program.h"
#include "plan/pytorch_text.h"
#include "syntax/module.h"
#include "syntax/zones.h"

namespace ka {
namespace {

constexpr std::string_view kOriginal = "OriginalModel";

/// How forward reaches a graph input.
std::string input_text(const Graph& graph, const Input& input) {
  if (is_user_input(input)) {
    const std::string text = argument_access(input.name);
    const bool number = input.kind == InputKind::kScalar && !input.baked;
    return number ? fmt::format("torch.as_tensor({}, dtype=torch.{})", text, name(graph.type(input.value).dtype)) : text;
  }
  if (!is_literal(input)) return attribute_access(input.name);
  std::vector<std::string> items;
  for (const Json& element : input.example) items.push_back(python_literal(element));
  return fmt::format("torch.tensor([{}], dtype=torch.{}).reshape([{}])", join(items, ", "), name(graph.type(input.value).dtype),
                     fmt::join(graph.type(input.value).sizes(), ", "));
}

/// The device of the first tensor with dimensions; empty where there is none.
std::string first_device(const Graph& graph) {
  for (const Input& input : graph.inputs) {
    if (input.kind == InputKind::kTensor && graph.type(input.value).rank() > 0) return input_text(graph, input) + ".device";
  }
  return {};
}

/// Writes `class Model`: the original's construction, and forward as a sequence of subgraphs.
Status write_model(SourceWriter& out, const Plan& plan, const ForwardSignature& signature,
                   const std::set<std::string>& problem_names) {
  const Graph& graph = plan.graph;
  PyTorchText text(plan, {});
  auto body = out.block("class Model({}):", kOriginal);
  out.line("\"\"\"The original's construction; forward runs the subgraphs.\"\"\"");
  out.blank();
  auto forward = out.block("def forward(self{}{}):", signature.text.empty() ? "" : ", ", signature.text);
  for (size_t i = 0; i < graph.inputs.size(); ++i) text.name(graph.inputs[i].value, input_text(graph, graph.inputs[i]));
  std::set<std::string> taken;
  for (const Parameter& parameter : signature.parameters) taken.insert(parameter.name);
  const auto result_name = [&](ValueId value) {
    std::string result = "t_" + graph.value(value).name;
    while (!taken.insert(result).second) result += "_";
    return result;
  };
  for (const NodeId draw : plan.draws) {
    const ValueId value = graph.node(draw).outputs[0];
    const std::string result = result_name(value);
    out.line("{} = {}", result, draw_text(graph, graph.node(draw), first_device(graph)));
    text.name(value, result);
  }
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& subgraph = plan.subgraphs[i];
    std::vector<std::string> arguments;
    for (const ValueId value : subgraph.inputs) arguments.push_back(text.write(value));
    std::vector<std::string> results;
    for (const ValueId value : subgraph.outputs) results.push_back(result_name(value));
    out.line("{} = Subgraph{}()({})", join(results, ", "), subgraph.representative + 1, join(arguments, ", "));
    for (size_t o = 0; o < results.size(); ++o) text.name(subgraph.outputs[o], results[o]);
  }
  std::vector<std::string> user;
  std::vector<std::pair<std::string, std::string>> mutations;
  for (const Output& output : graph.outputs) {
    const std::string value = text.write(output.value);
    if (output.kind == OutputKind::kUser)
      user.push_back(value);
    else
      mutations.emplace_back(input_text(graph, graph.inputs[static_cast<size_t>(output.target)]), value);
  }
  for (const std::string& line : text.lines()) out.raw(line);
  size_t next = 0;
  for (const Output& output : graph.outputs) {
    if (output.kind != OutputKind::kMutation) continue;
    const auto& [target, value] = mutations[next++];
    const bool rebinds = graph.inputs[static_cast<size_t>(output.target)].kind == InputKind::kAttribute;
    out.raw(rebinds ? target + " = " + value : target + ".copy_(" + value + ")");
  }
  KA_TRY(const std::string tree, tree_expression(graph.output_tree, user, problem_names));
  out.raw("return " + tree);
  return {};
}

}  // namespace

Result<std::string> fused_code(const Plan& plan, std::string_view problem_source, const std::string& problem_path) {
  KA_TRY(const SyntaxTree tree, parse_python(std::string(problem_source), problem_path));
  KA_TRY(const ForwardSignature signature, forward_signature(tree, problem_path));
  KA_TRY(std::string construction, construction_zone(problem_source, problem_path));
  const std::set<std::string> names = top_level_names(tree.root());
  SourceWriter out;
  out.raw("\"\"\"" + plan.traced.name + " cut into subgraphs, in plain PyTorch. Equal to the original.\"\"\"");
  out.blank();
  out.raw(trim(rename_globals(construction, {{"Model", std::string(kOriginal)}})));
  out.blank(2);
  std::string classes;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    if (plan.subgraphs[i].representative != static_cast<int>(i)) continue;
    classes += "\n\n" + subgraph_class(plan, static_cast<int>(i), fmt::format("Subgraph{}", i + 1));
  }
  out.raw(trim(subgraph_prelude(classes)));
  out.blank(2);
  if (!classes.empty()) out.raw(trim(classes));
  out.blank(2);
  KA_CHECK_OK(write_model(out, plan, signature, names));
  for (const char* function : {"get_inputs", "get_init_inputs"}) {
    const std::optional<Definition> found = find_definition(tree.root(), function);
    if (!found) continue;
    out.blank(2);
    out.raw(found->whole.text());
  }
  return out.take();
}

}  // namespace ka
