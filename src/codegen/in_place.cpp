#include "codegen/in_place.h"

#include <algorithm>

namespace ka {
namespace {

bool contains(const std::vector<ValueId>& list, ValueId value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Does one program write each element of the tensor, and once?
bool writes_each_once(const Graph& graph, const Nest& nest, const Write& write) {
  const bool whole = nest.kind == Nest::Kind::kMap || (nest.kind == Nest::Kind::kReduce && write.per_row);
  return whole && nest.parallel_extent() == graph.type(write.tensor).element_count();
}

/// Is the tensor read where the write goes, and nowhere else, for this write alone?
bool reads_what_it_overwrites(const Nest& nest, const Write& write, ValueId input) {
  std::vector<bool> feeds(nest.exprs.size(), false);
  for (const ExprId id : nest.made_of(write.value)) feeds[static_cast<size_t>(id)] = true;
  std::vector<ExprId> elsewhere;
  for (const Write& other : nest.writes)
    if (&other != &write) elsewhere.push_back(other.value);
  for (const Reduction& reduction : nest.reductions) elsewhere.push_back(reduction.input);
  for (const ExprId root : elsewhere)
    for (const ExprId id : nest.made_of(root)) feeds[static_cast<size_t>(id)] = false;
  for (size_t i = 0; i < nest.exprs.size(); ++i) {
    const Expr& expr = nest.exprs[i];
    if (expr.kind != Expr::Kind::kLoad || expr.tensor != input) continue;
    if (!feeds[i] || expr.index != write.offset || !expr.guard.empty()) return false;
  }
  return true;
}

bool may_share(const Graph& graph, const std::vector<Nest>& nests, ValueId output, ValueId input) {
  const TensorType &to = graph.type(output), &from = graph.type(input);
  if (to.dtype != from.dtype || to.shape != from.shape || to.stride != from.stride) return false;
  bool written = false;
  for (const Nest& nest : nests) {
    const auto write =
        std::find_if(nest.writes.begin(), nest.writes.end(), [&](const Write& one) { return one.tensor == output; });
    const bool reads_output = contains(nest.reads(), output), reads_input = contains(nest.reads(), input);
    if (reads_output || (written && reads_input)) return false;
    if (write == nest.writes.end()) continue;
    if (written || !writes_each_once(graph, nest, *write)) return false;
    if (reads_input && !reads_what_it_overwrites(nest, *write, input)) return false;
    written = true;
  }
  return written;
}

}  // namespace

std::vector<std::pair<ValueId, ValueId>> same_memory_pairs(const Graph& graph, const std::vector<Nest>& nests,
                                                           const std::vector<ValueId>& inputs,
                                                           const std::vector<ValueId>& outputs) {
  std::vector<std::pair<ValueId, ValueId>> pairs;
  for (const ValueId output : outputs) {
    for (const ValueId input : inputs)
      if (may_share(graph, nests, output, input)) pairs.emplace_back(output, input);
  }
  return pairs;
}

}  // namespace ka
