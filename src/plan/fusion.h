#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "loops/nest.h"
#include "plan/plan.h"

namespace ka {

/// The computing nodes of a graph, grouped into launches in execution order, with the reason wherever two neighbours stayed apart.
struct Grouping {
  std::vector<Launchable> launches;
  std::map<std::pair<int, int>, std::string> apart;  ///< (producer launch, consumer launch) → why
};

/// Where a graph's values live: which must be in memory, and which readers they have past views and sources.
class Placement {
 public:
  explicit Placement(GraphFacts& facts);

  /// Computing nodes that read a value, directly or through transparent nodes.
  const std::vector<NodeId>& readers(ValueId value) const { return readers_[static_cast<size_t>(value)]; }
  /// True for values that graph outputs show, as they are or through host views.
  bool is_shown(ValueId value) const { return shown_[static_cast<size_t>(value)]; }
  /// Computing nodes whose results a node reads, directly or through transparent nodes, each once.
  std::vector<NodeId> sources(NodeId node) const;
  /// Views that the host makes of inputs and shown values, in topological order.
  const std::vector<NodeId>& host_views() const { return host_views_; }

 private:
  void collect_sources(ValueId value, std::vector<NodeId>& out) const;

  GraphFacts& facts_;
  std::vector<std::vector<NodeId>> readers_;
  std::vector<bool> shown_;
  std::vector<NodeId> host_views_;
};

/// Fuses greedily: every computing node joins its producers' launches, and launches that read the same data join, wherever one
/// nest can compute both and doing so saves more than it repeats.
Grouping group(const GraphFacts& facts, const Placement& placement);

}  // namespace ka
