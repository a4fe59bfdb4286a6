#include "compose/launch_graph.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "compose/program.h"
#include "kernel/host.h"

namespace ka {
namespace {

size_t at(int32_t id) { return static_cast<size_t>(id); }

Decision takes_tensors(const Graph& graph) {
  std::set<ValueId> seen;
  bool any = false;
  for (const Input& input : graph.inputs) {
    const bool state = input.kind == InputKind::kParameter || input.kind == InputKind::kBuffer;
    if (state || is_literal(input)) continue;
    if (input.kind != InputKind::kTensor || input.baked || graph.type(input.value).rank() == 0)
      return Decision::refuse(input.name + " is no tensor with dimensions");
    if (!seen.insert(input.value).second) return Decision::refuse(input.name + " is passed twice");
    any = true;
  }
  return any ? Decision::accept() : Decision::refuse("forward takes no tensor");
}

Decision returns_tensors(const Graph& graph, const Dataflow& flow) {
  std::set<ValueId> roots;
  size_t count = 0;
  for (const Output& output : graph.outputs) {
    if (output.kind != OutputKind::kUser) continue;
    const ValueId root = flow.chain(output.value).root;
    if (graph.input_of(root)) return Decision::refuse("a result is what forward was given");
    if (!roots.insert(root).second) return Decision::refuse("two results share memory");
    ++count;
  }
  const Json& tree = graph.output_tree;
  if (tree == Json{{"output", 0}} && count == 1) return Decision::accept();
  if (count < 2 || !tree.is_object() || !tree.contains("tuple") || tree["tuple"].size() != count)
    return Decision::refuse("forward returns more than a tuple of tensors");
  for (size_t i = 0; i < count; ++i) {
    if (tree["tuple"][i] != Json{{"output", i}}) return Decision::refuse("forward returns more than a tuple of tensors");
  }
  return Decision::accept();
}

Decision changes_state_only(const Graph& graph, const Dataflow& flow) {
  for (const Mutation& mutation : flow.mutations()) {
    const Input& input = graph.inputs[at(mutation.input)];
    if (mutation.rebinds || is_user_input(input)) return Decision::refuse("forward changes " + input.name);
    if (flow.chain(mutation.value).root != mutation.value) return Decision::refuse("forward stores a view in " + input.name);
  }
  return Decision::accept();
}

}  // namespace

Decision can_replay_launches(const Plan& plan, const Dataflow& flow, const std::vector<const Kernel*>& kernels,
                             std::string_view problem_source) {
  for (const std::string_view name : {std::string_view("_replay"), std::string_view("_Replay"), kRecordedMethod}) {
    if (problem_source.find(name) != std::string_view::npos)
      return Decision::refuse(fmt::format("the problem uses the name {}", name));
  }
  if (std::any_of(kernels.begin(), kernels.end(), [](const Kernel* kernel) { return is_whole_module(*kernel); }))
    return Decision::refuse("a kernel is a Python module of its own");
  if (!plan.draws.empty()) return Decision::refuse("forward draws random numbers");
  for (const Decision& decision :
       {takes_tensors(plan.graph), returns_tensors(plan.graph, flow), changes_state_only(plan.graph, flow)}) {
    if (!decision) return decision;
  }
  return Decision::accept();
}

bool replays_launches(std::string_view program) { return program.find("return _replayed(self") != std::string_view::npos; }

Traffic traffic_of(const Plan& plan, const std::vector<Kernel>& kernels) {
  Traffic traffic;
  for (const Subgraph& subgraph : plan.subgraphs) {
    const Kernel& kernel = kernels[at(subgraph.representative)];
    for (const Launch& launch : kernel.launches) {
      ++traffic.launches;
      for (const LaunchArgument& argument : launch.arguments) {
        const auto buffer = std::find_if(kernel.buffers.begin(), kernel.buffers.end(),
                                         [&](const Buffer& one) { return argument.is_buffer && one.name == argument.value; });
        if (buffer != kernel.buffers.end()) traffic.bytes += static_cast<double>(buffer->type.bytes());
      }
    }
  }
  for (const Input& input : plan.graph.inputs) {
    if (input.kind == InputKind::kTensor && input.value != kNone)
      traffic.borders += 2 * static_cast<double>(plan.graph.type(input.value).bytes());
  }
  for (const Output& output : plan.graph.outputs) {
    const double bytes = output.value == kNone ? 0 : static_cast<double>(plan.graph.type(output.value).bytes());
    if (output.kind == OutputKind::kUser) traffic.borders += 2 * bytes;
    if (output.kind == OutputKind::kMutation) ++traffic.launches;  // written back by a copy
  }
  return traffic;
}

}  // namespace ka
