#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ir/graph.h"

namespace ka {

/// One graph-to-graph step of planning.
struct Pass {
  std::string_view name;
  std::string_view why;
  Result<Graph> (*run)(const Graph&);
  bool optional = false;  ///< a plan can do without it
};

/// The passes in the order they must run; the reasons stand beside them (passes.cpp).
const std::vector<Pass>& passes();

/// Names of the optional passes, in their order.
std::vector<std::string> optional_passes();

/// What running one pass cost and left; for `plan --passes` and benchmarks.
struct PassRecord {
  std::string_view name;
  double milliseconds = 0;
  size_t nodes = 0;
};

/// Runs every pass but the optional ones named by `left_out` on a graph, verifying after each. `dump`, if set, sees each result.
Result<Graph> run_passes(const Graph& traced, const std::vector<std::string>& left_out = {},
                         std::vector<PassRecord>* records = nullptr,
                         const std::function<void(std::string_view, const Graph&)>& dump = {});

/// Drops nodes that no output needs.
Result<Graph> drop_dead_code(const Graph& graph);
/// Makes equal calls one (same operator, arguments and result), random operators excepted.
Result<Graph> merge_equal_calls(const Graph& graph);
/// Makes the product of a softmax with a matrix one primitive, which keeps its scores out of memory (one_pass.cpp has the proof).
Result<Graph> attend_in_one_pass(const Graph& graph);
/// Rewrites reductions of few, very long rows as two reductions, so that many programs share the work.
Result<Graph> split_long_reductions(const Graph& graph);

/// Does the node draw random numbers (`ka.draw`)? PyTorch does that, before the kernels.
bool is_draw(const Node& node);

/// Copies the nodes for which `keep` says yes, renumbering; values of dropped nodes must have no reader left.
Graph copy_kept(const Graph& graph, const std::vector<bool>& keep, const std::vector<ValueId>& replaced_by);

}  // namespace ka
