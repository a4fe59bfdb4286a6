#include "compose/dataflow.h"

#include <algorithm>

#include "kernel/host.h"

namespace ka {
namespace {

size_t at(int32_t id) { return static_cast<size_t>(id); }

bool is_row_major(const TensorType& type) { return type.strides() == contiguous_strides(type.sizes()); }

/// Does the kernel's parameter list describe the subgraph's values?
Status check_buffers(const Graph& graph, const Subgraph& subgraph, const Kernel& kernel, Role role,
                     const std::vector<ValueId>& values) {
  const std::vector<const Buffer*> buffers = buffers_of(kernel, role);
  const auto misfit = [&](std::string_view what) {
    return fail(Fault::kInternal, fmt::format("kernel {} does not fit subgraph {}: {}", kernel.name, subgraph.id, what));
  };
  if (buffers.size() != values.size()) {
    return misfit(fmt::format("{} {} for {} values", buffers.size(), role == Role::kInput ? "inputs" : "outputs", values.size()));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const TensorType& type = graph.type(values[i]);
    const TensorType& have = buffers[i]->type;
    if (have.dtype != type.dtype || have.shape != type.shape) {
      return misfit(
          fmt::format("buffer {} and value {} differ in shape or dtype", buffers[i]->name, graph.value(values[i]).name));
    }
  }
  return {};
}

}  // namespace

Dataflow::Dataflow(const Plan& plan, const std::vector<const Kernel*>& kernels)
    : plan_(&plan),
      kernels_(kernels),
      is_view_(plan.graph.nodes.size(), false),
      last_use_(plan.graph.values.size(), kNone),
      made_at_(plan.graph.values.size(), kNone),
      returned_(plan.graph.values.size(), false),
      used_(plan.graph.inputs.size(), false),
      original_(plan.graph.inputs.size(), false),
      of_step_(plan.subgraphs.size()),
      dead_(plan.subgraphs.size()),
      dropped_(plan.subgraphs.size()) {
  for (const NodeId view : plan.host_views) is_view_[at(view)] = true;
}

Result<Dataflow> Dataflow::analyze(const Plan& plan, const std::vector<const Kernel*>& kernels) {
  Dataflow flow(plan, kernels);
  KA_CHECK_OK(flow.check_kernels());
  flow.find_last_uses();
  flow.find_mutations();
  flow.allocate();
  for (size_t id = 0; id < flow.last_use_.size(); ++id) {
    const Value& value = plan.graph.values[id];
    const bool is_drawn = std::find(plan.draws.begin(), plan.draws.end(), value.producer) != plan.draws.end();
    const bool is_made = value.producer == kNone || is_drawn || flow.made_at_[id] != kNone;
    if (flow.last_use_[id] != kNone && !is_made) {
      return fail(Fault::kInternal, "no subgraph computes the value '" + value.name + "'");
    }
  }
  return flow;
}

Status Dataflow::check_kernels() const {
  for (size_t i = 0; i < plan_->subgraphs.size(); ++i) {
    if (is_whole_module(*kernels_[i])) continue;
    KA_CHECK_OK(check_buffers(plan_->graph, plan_->subgraphs[i], *kernels_[i], Role::kInput, plan_->subgraphs[i].inputs));
    KA_CHECK_OK(check_buffers(plan_->graph, plan_->subgraphs[i], *kernels_[i], Role::kOutput, plan_->subgraphs[i].outputs));
  }
  return {};
}

void Dataflow::find_last_uses() {
  for (size_t i = 0; i < plan_->subgraphs.size(); ++i) {
    const int step = static_cast<int>(i);
    for (const ValueId value : plan_->subgraphs[i].inputs) last_use_[at(chain(value).root)] = step;
    for (const ValueId value : plan_->subgraphs[i].outputs) {
      made_at_[at(value)] = step;
      last_use_[at(value)] = std::max(last_use_[at(value)], step);
    }
  }
  for (const Output& output : plan_->graph.outputs) {
    const ValueId root = chain(output.value).root;
    last_use_[at(root)] = kForever;
    if (output.kind == OutputKind::kUser) returned_[at(root)] = true;
  }
  const Graph& graph = plan_->graph;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    used_[i] = last_use_[at(graph.inputs[i].value)] != kNone;
    original_[i] = returned_[at(graph.inputs[i].value)];
  }
}

void Dataflow::find_mutations() {
  for (const Output& output : plan_->graph.outputs) {
    if (output.kind != OutputKind::kMutation) continue;
    used_[at(output.target)] = true;
    mutations_.push_back(
        {output.target, output.value, plan_->graph.inputs[at(output.target)].kind == InputKind::kAttribute, false});
  }
  for (Mutation& mutation : mutations_) {
    mutation.in_place = can_write_in_place(mutation);
    if (!mutation.in_place && !mutation.rebinds) original_[at(mutation.input)] = true;
  }
}

bool Dataflow::can_write_in_place(const Mutation& mutation) const {
  const Graph& graph = plan_->graph;
  const Input& input = graph.inputs[at(mutation.input)];
  // A user's tensors may overlap each other; a module's buffers do not.
  if (input.kind != InputKind::kBuffer && input.kind != InputKind::kParameter) return false;
  const int step = made_at_[at(mutation.value)];
  if (step == kNone || is_whole_module(*kernels_[at(step)]) || last_use_[at(input.value)] > step) return false;
  if (mutation_of_value(mutation.value) != &mutation) return false;
  for (const Input& other : graph.inputs) {
    if (&other != &input && other.value == input.value) return false;
  }
  const Subgraph& subgraph = plan_->subgraphs[at(step)];
  const Kernel& kernel = *kernels_[at(step)];
  const auto place = std::find(subgraph.outputs.begin(), subgraph.outputs.end(), mutation.value) - subgraph.outputs.begin();
  const Buffer& output = *buffers_of(kernel, Role::kOutput)[static_cast<size_t>(place)];
  const TensorType& target = graph.type(input.value);
  if (!same_layout(target.sizes(), output.type.strides(), target.strides())) return false;
  const std::vector<const Buffer*> parameters = buffers_of(kernel, Role::kInput);
  for (size_t i = 0; i < subgraph.inputs.size(); ++i) {
    if (chain(subgraph.inputs[i]).root != input.value) continue;
    const std::pair<std::string, std::string> pair(output.name, parameters[i]->name);
    const bool safe = std::find(kernel.in_place.begin(), kernel.in_place.end(), pair) != kernel.in_place.end();
    if (subgraph.inputs[i] != input.value || !safe) return false;
  }
  return true;
}

const Mutation* Dataflow::mutation_of_value(ValueId value) const {
  const auto found =
      std::find_if(mutations_.begin(), mutations_.end(), [&](const Mutation& item) { return item.value == value; });
  return found == mutations_.end() ? nullptr : &*found;
}

const Mutation* Dataflow::mutation_of_input(int input) const {
  const auto found =
      std::find_if(mutations_.begin(), mutations_.end(), [&](const Mutation& item) { return item.input == input; });
  return found == mutations_.end() ? nullptr : &*found;
}

std::optional<int> Dataflow::reusable(const Buffer& buffer, const std::vector<int>& idle) const {
  if (buffer.initial == "zeros" || !is_row_major(buffer.type)) return std::nullopt;
  std::optional<int> found;
  for (const int index : idle) {
    const TensorType& type = allocations_[at(index)].buffer->type;
    if (type.dtype != buffer.type.dtype || type.element_count() != buffer.type.element_count() || !is_row_major(type)) continue;
    if (found && allocations_[at(*found)].buffer->type.shape == buffer.type.shape && type.shape != buffer.type.shape) continue;
    found = index;
  }
  return found;
}

void Dataflow::allocate() {
  const size_t steps = plan_->subgraphs.size();
  std::vector<std::vector<int>> dying(steps);  // allocations by the step that uses them last
  std::vector<int> idle;                       // dead ones that nothing has taken over, the latest last
  std::vector<int> died_at;
  for (size_t step = 0; step < steps; ++step) {
    const Subgraph& subgraph = plan_->subgraphs[step];
    for (const ValueId value : subgraph.outputs) {
      const int last = last_use_[at(value)];
      const bool whole = is_whole_module(*kernels_[step]);
      if (whole && last != kForever && at(last) + 1 < steps) dropped_[at(last)].push_back(value);
    }
    for (const Allocation& wanted : buffers_to_allocate(step)) {
      const int index = static_cast<int>(allocations_.size());
      const int last = wanted.value == kNone ? static_cast<int>(step) : last_use_[at(wanted.value)];
      allocations_.push_back(wanted);
      died_at.push_back(last);
      of_step_[step].push_back(index);
      if (last != kForever) dying[at(last)].push_back(index);
      if (const auto previous = reusable(*wanted.buffer, idle)) {
        allocations_.back().previous = *previous;
        idle.erase(std::find(idle.begin(), idle.end(), *previous));
      }
    }
    // Only now, so that a step's outputs never share memory with its inputs.
    idle.insert(idle.end(), dying[step].begin(), dying[step].end());
  }
  for (const int index : idle) {
    const size_t step = at(died_at[at(index)]);
    if (step + 1 < steps) dead_[step].push_back(index);
  }
}

std::vector<Allocation> Dataflow::buffers_to_allocate(size_t step) const {
  std::vector<Allocation> wanted;
  const Kernel& kernel = *kernels_[step];
  if (is_whole_module(kernel)) return wanted;
  size_t output = 0;
  for (const Buffer& buffer : kernel.buffers) {
    if (buffer.role == Role::kOutput) {
      const ValueId value = plan_->subgraphs[step].outputs[output++];
      const Mutation* mutation = mutation_of_value(value);
      if (mutation == nullptr || !mutation->in_place) wanted.push_back({&buffer, value, kNone});
    } else if (buffer.role == Role::kScratch && !is_empty(kernel)) {
      wanted.push_back({&buffer, kNone, kNone});
    }
  }
  return wanted;
}

}  // namespace ka
