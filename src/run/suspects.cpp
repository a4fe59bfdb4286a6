#include "run/suspects.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace ka {
namespace {

/// "output 0" or "mutation bn.running_mean" (judge/hearing_candidate.cpp) → the value that the program returns or leaves there.
ValueId value_of(const Graph& graph, const std::string& result) {
  int64_t user = 0;
  for (const Output& output : graph.outputs) {
    const std::string name = output.kind == OutputKind::kUser
                                 ? fmt::format("output {}", user++)
                                 : "mutation " + graph.inputs[static_cast<size_t>(output.target)].name;
    if (name == result) return output.value;
  }
  return kNone;
}

class Search {
 public:
  Search(const Plan& plan, const std::set<std::string>& rounding)
      : plan_(plan), rounding_(rounding), home_(plan.graph.nodes.size(), kNone) {
    for (size_t i = 0; i < plan.subgraphs.size(); ++i)
      for (const NodeId node : plan.subgraphs[i].nodes) home_[static_cast<size_t>(node)] = static_cast<int>(i);
  }

  /// Looks above a value; `own`: at the subgraph that computes the wrong result itself, above which it looks in any case.
  void look(ValueId value, bool own) {
    const NodeId node = plan_.graph.value(value).producer;
    if (node == kNone) return;
    const int home = home_[static_cast<size_t>(node)];
    if (home == kNone) {  // a view on the host
      for (const ValueId operand : Graph::operands(plan_.graph.node(node))) look(operand, own);
      return;
    }
    if (!seen_.emplace(home, own).second) return;
    const Subgraph& subgraph = plan_.subgraphs[static_cast<size_t>(home)];
    const std::string& id = plan_.subgraphs[static_cast<size_t>(subgraph.representative)].id;
    if (rounding_.contains(id)) {
      suspects.insert(id);
      if (!own) return;
    }
    for (const ValueId input : subgraph.inputs) look(input, false);
  }

  std::set<std::string> suspects;

 private:
  const Plan& plan_;
  const std::set<std::string>& rounding_;
  std::vector<int> home_;  ///< per node: its subgraph
  std::set<std::pair<int, bool>> seen_;
};

}  // namespace

std::set<std::string> rounding_suspects(const Plan& plan, const Verdict& verdict, const std::set<std::string>& rounding) {
  Search search(plan, rounding);
  for (const TrialFigures& trial : verdict.trials) {
    for (const OutputFigures& output : trial.outputs) {
      const ValueId value = output.problem.empty() ? kNone : value_of(plan.graph, output.name);
      if (value != kNone) search.look(value, true);
    }
  }
  return std::move(search.suspects);
}

}  // namespace ka
