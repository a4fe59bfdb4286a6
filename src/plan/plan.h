#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ir/graph.h"

namespace ka {

/// One launch of a subgraph: nodes that fuse into one loop nest, and the values it must leave in memory.
struct Launchable {
  std::vector<NodeId> members;  ///< computing nodes; views and sources between them are recomputed freely
  std::vector<ValueId> outputs;
};

/// One unit to implement: a closed set of graph nodes that authors turn into one Kernel (of one or more launches).
struct Subgraph {
  std::string id;                    ///< unique in the run, safe as a file name: "sg_02_linear_gelu"
  std::string title;                 ///< for people: "linear + gelu"
  std::string type;                  ///< "map", "reduce", "contract", "mixed" where it needs several kinds of launch, or "opaque"
  std::string signature;             ///< hash of the canonical text: equal signatures share a kernel
  int representative = 0;            ///< index of the first subgraph with this signature (its own index where it is the first)
  std::vector<NodeId> nodes;         ///< nodes of Plan::graph in topological order, views included
  std::vector<Launchable> launches;  ///< how the planner fused them, in execution order
  std::vector<ValueId> inputs;       ///< values read from outside, in kernel parameter order
  std::vector<ValueId> outputs;      ///< values others read, in kernel return order
};

/// Says why two subgraphs that share a value are not one.
struct Cut {
  int producer = kNone;  ///< index into Plan::subgraphs
  int consumer = kNone;
  ValueId value = kNone;
  std::string reason;
};

/// The graph cut into subgraphs. `graph` is the canonical, decomposed graph; `traced` is what the worker traced.
struct Plan {
  Graph traced;
  Graph graph;                      ///< Node::origin points into `traced`; values that stand for traced values keep their names
  std::vector<Subgraph> subgraphs;  ///< in execution order
  std::vector<Cut> cuts;            ///< between subgraphs, and (producer = consumer) between the launches of one
  /// Nodes of `graph` that no subgraph computes because they are views of inputs or of other outputs: done on the host, no kernel.
  std::vector<NodeId> host_views;
  /// Nodes of `graph` (`ka.draw`) whose random numbers PyTorch draws before the first kernel, in this order: the problem's own.
  std::vector<NodeId> draws;
};

/// Who may write what the deterministic author cannot emit.
enum class Unemitted {
  kRefuse,  ///< nobody: planning fails
  kLeave,   ///< another author: such an operator becomes a subgraph of its own, of type "opaque"
};

struct PlanTerms {
  Unemitted unemitted = Unemitted::kRefuse;
  std::vector<std::string> left_out = {};  ///< names of passes (plan/passes.h)
  /// Ids of subgraphs, as they are without this, that become one each; the others keep their ids.
  std::vector<std::vector<std::string>> joined = {};
};

/// Cuts a traced graph into subgraphs. Fails with Fault::kInput, naming operator, source line and what to do, where an operator
/// cannot be emitted and no other author may take it, and where subgraphs to be joined are no neighbours or would make a circle.
Result<Plan> make_plan(Graph traced, const PlanTerms& terms = {});

/// Numbers the subgraphs' ids on from `first`, so that those of several plans of one run differ; the first plan (1) keeps its own.
void number_from(Plan& plan, size_t first);

/// Takes the whole program as one subgraph, for an author that writes a kernel for all of it; operators need not be emittable.
Result<Plan> make_whole_plan(Graph traced);

}  // namespace ka
