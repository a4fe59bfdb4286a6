#include "run/floor.h"

#include <algorithm>
#include <array>
#include <set>

#include "ops/table.h"

namespace ka {
namespace {

constexpr std::array<GpuFigures, 1> kGpus = {{
    {"NVIDIA H100 80GB", 3.0e12, 400e12, 990e12, 12e-6,
     "copy and launch as measured on an H100 SXM; 400 TFLOP/s at float32 accuracy; 990 TFLOP/s dense for 16-bit types by its data sheet"},
}};

double bytes_of(const Graph& graph, ValueId value) { return static_cast<double>(graph.type(value).bytes()); }

/// What is read of a value: all of it, or through views and gathers what they pick.
double bytes_read(const Graph& graph, const std::vector<std::vector<NodeId>>& users, ValueId value) {
  double total = 0;
  for (const NodeId user : users[static_cast<size_t>(value)]) {
    const Node& node = graph.node(user);
    const OpRow* row = op_table().find(node.op);
    const OpClass op_class = row == nullptr ? OpClass::kComposite : row->op_class;
    const std::vector<ValueId> operands = Graph::operands(node);
    if (op_class == OpClass::kView || (row != nullptr && row->aliases)) {
      for (const ValueId output : node.outputs)
        if (output != kNone) total += bytes_read(graph, users, output);
    } else if (op_class == OpClass::kGather && std::count(operands.begin(), operands.end(), value) == 1 &&
               operands.front() == value) {
      for (const ValueId output : node.outputs) total += output == kNone ? 0 : bytes_of(graph, output);
    } else {
      return bytes_of(graph, value);
    }
  }
  for (const Output& output : graph.outputs)
    if (output.kind == OutputKind::kUser && output.value == value) return bytes_of(graph, value);
  return std::min(total, bytes_of(graph, value));
}

bool is_half(const Graph& graph, const Node& node) {
  const std::vector<ValueId> operands = Graph::operands(node);
  return !operands.empty() && byte_size(graph.type(operands.front()).dtype) == 2;
}

/// A view's result lies in its operand's memory.
bool makes_memory(const Graph& graph, ValueId value) {
  const NodeId producer = graph.value(value).producer;
  const OpRow* row = producer == kNone ? nullptr : op_table().find(graph.node(producer).op);
  return producer != kNone && (row == nullptr || row->op_class != OpClass::kView);
}

/// The value whose memory this one lies in: itself, or through views what they are of.
ValueId base_of(const Graph& graph, ValueId value) {
  while (graph.value(value).producer != kNone && !makes_memory(graph, value)) {
    const std::vector<ValueId> operands = Graph::operands(graph.node(graph.value(value).producer));
    if (operands.empty()) break;
    value = operands.front();
  }
  return value;
}

}  // namespace

Work least_work(const Graph& graph) {
  Work work;
  const std::vector<std::vector<NodeId>> users = graph.users();
  std::set<ValueId> counted;
  for (const Input& input : graph.inputs)
    if (input.value != kNone && counted.insert(input.value).second) work.bytes += bytes_read(graph, users, input.value);
  for (const Output& output : graph.outputs) {
    if (output.value == kNone) continue;
    // A result that is an input, or a view of one, is not written.
    const ValueId base = base_of(graph, output.value);
    if (graph.value(base).producer != kNone && counted.insert(base).second) work.bytes += bytes_of(graph, output.value);
  }
  for (const Node& node : graph.nodes) {
    const double flops = cost(graph, node).flops;
    work.flops += flops;
    if (is_half(graph, node)) work.half_flops += flops;
  }
  return work;
}

Json to_json(const Work& work) { return {{"bytes", work.bytes}, {"flops", work.flops}, {"half_flops", work.half_flops}}; }

Work work_from_json(const Json& json) {
  return {number_or(json, "bytes"), number_or(json, "flops"), number_or(json, "half_flops")};
}

const GpuFigures* figures_of(std::string_view gpu) {
  const auto row = std::find_if(kGpus.begin(), kGpus.end(), [&](const GpuFigures& one) { return gpu.starts_with(one.name); });
  return row == kGpus.end() ? nullptr : &*row;
}

const GpuFigures* example_figures() { return kGpus.data(); }

Floor floor_of(const Work& work, const GpuFigures& figures) {
  return {1e3 * work.bytes / figures.bytes_per_second,
          1e3 * ((work.flops - work.half_flops) / figures.flops_per_second + work.half_flops / figures.half_flops_per_second)};
}

double judging_bytes(const Graph& graph) {
  double given = 0, results = 0;
  for (const Input& input : graph.inputs) given += input.value == kNone ? 0 : bytes_of(graph, input.value);
  for (const Output& output : graph.outputs) results += output.value == kNone ? 0 : bytes_of(graph, output.value);
  // What is live beside the inputs after each operator of the plain program.
  std::vector<NodeId> last(graph.values.size(), kNone);
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    for (const ValueId operand : Graph::operands(graph.nodes[i])) last[static_cast<size_t>(operand)] = static_cast<NodeId>(i);
  for (const Output& output : graph.outputs)
    if (output.value != kNone) last[static_cast<size_t>(output.value)] = static_cast<NodeId>(graph.nodes.size());
  double live = 0, peak = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId output : graph.nodes[i].outputs)
      live += output != kNone && makes_memory(graph, output) ? bytes_of(graph, output) : 0;
    peak = std::max(peak, live);
    for (size_t value = 0; value < last.size(); ++value)
      if (last[value] == static_cast<NodeId>(i) && makes_memory(graph, static_cast<ValueId>(value)))
        live -= bytes_of(graph, static_cast<ValueId>(value));
  }
  return given + 2 * results + 2 * (given + peak);
}

}  // namespace ka
