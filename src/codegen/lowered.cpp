#include "codegen/lowered.h"

namespace ka {
namespace {

constexpr int64_t kLeastRounded = 8;  ///< channels of a group from which on cuDNN multiplies on tensor cores, most of the time

}  // namespace

Result<LoweredSubgraph> lower(const Plan& plan, const Subgraph& subgraph) {
  GraphFacts facts(plan.graph);
  for (const Launchable& launch : subgraph.launches) {
    for (const NodeId member : launch.members) facts.transparent[static_cast<size_t>(member)] = false;
  }
  LoweredSubgraph lowered;
  for (const Launchable& launch : subgraph.launches) {
    auto built = build_nest(facts, launch.members, launch.outputs);
    if (const Decision* decision = std::get_if<Decision>(&built)) {
      return fail(Fault::kInternal, "a planned launch cannot be lowered: " + decision->reason, subgraph.id);
    }
    lowered.nests.push_back(std::move(std::get<Nest>(built)));
    KA_CHECK_OK(verify(plan.graph, lowered.nests.back()));
  }
  lowered.stacks = stack_parts(plan.graph, lowered.nests, subgraph.outputs);
  for (Nest& nest : lowered.nests) merge_axes(nest);
  return lowered;
}

bool rounds_operands(const Plan& plan, const Nest& nest) {
  if (nest.kind != Nest::Kind::kContract) return false;
  const NodeId origin = plan.graph.node(nest.contraction.node).origin;
  if (origin == kNone || plan.traced.node(origin).op.find("conv") == std::string::npos) return false;
  // In groups PyTorch's error was float32's (ShuffleNet's 1×1 convolutions of three groups; H100, torch 2.11).
  const Argument* const groups = plan.traced.node(origin).find("groups");
  if (groups != nullptr && groups->integer() > 1) return false;
  const Argument* const weight = plan.traced.node(origin).find("weight");
  return weight == nullptr || !weight->is_ref() || plan.traced.type(weight->ref()).sizes()[1] >= kLeastRounded;
}

}  // namespace ka
