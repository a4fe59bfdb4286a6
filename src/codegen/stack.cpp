#include "codegen/stack.h"

#include <algorithm>
#include <optional>

#include "codegen/schedule.h"

namespace ka {
namespace {

/// A chain of selects: where `number` is i, the element of part i at the same index.
struct Pick {
  ExprId root = kNone;
  std::vector<ExprId> loads;
  Index number;
  Guard guard;  ///< of every load, without the condition on the number
};

/// Takes the condition low ≤ number < low + 1 out of a guard; false where it is not there.
bool take_condition(Guard& guard, const Index& number, int64_t low) {
  const auto found = std::find(guard.begin(), guard.end(), Condition{number, low, low + 1});
  if (found == guard.end()) return false;
  guard.erase(found);
  return true;
}

std::optional<Pick> pick_at(const Nest& nest, ExprId root) {
  const Expr* at = &nest.expr(root);
  if (at->kind != Expr::Kind::kSelect || at->guard.size() != 1) return std::nullopt;
  Pick pick;
  pick.root = root;
  pick.number = at->guard[0].index;
  for (int64_t i = 0;; ++i) {
    const bool last = at->kind != Expr::Kind::kSelect;
    if (!last && at->guard != Guard{{pick.number, i, i + 1}}) return std::nullopt;
    const ExprId id = last ? static_cast<ExprId>(at - nest.exprs.data()) : at->operands[0];
    const Expr& load = nest.expr(id);
    Guard guard = load.guard;
    if (load.kind != Expr::Kind::kLoad || !take_condition(guard, pick.number, i)) return std::nullopt;
    if (i > 0 && (guard != pick.guard || load.index != nest.expr(pick.loads[0]).index)) return std::nullopt;
    pick.guard = std::move(guard);
    pick.loads.push_back(id);
    if (last) return pick;
    at = &nest.expr(at->operands[1]);
  }
}

std::vector<ValueId> parts_of(const Nest& nest, const Pick& pick) {
  std::vector<ValueId> out;
  for (const ExprId load : pick.loads) out.push_back(nest.expr(load).tensor);
  return out;
}

/// Is each part written by one nest as a whole tensor, read by nobody but these picks, and of the same plain type?
bool can_stack(const Graph& graph, const std::vector<Nest>& nests, const Nest& reader, const std::vector<Pick>& picks,
               const std::vector<ValueId>& parts, const std::vector<ValueId>& outputs) {
  const TensorType& type = graph.type(parts[0]);
  const int64_t elements = type.element_count();
  if (elements < 2 || elements * static_cast<int64_t>(parts.size()) >= kWideOffset) return false;
  std::vector<bool> picked(reader.exprs.size(), false);
  for (const Pick& pick : picks) {
    for (const ExprId load : pick.loads) picked[static_cast<size_t>(load)] = true;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (graph.type(parts[i]) != type || type.strides() != contiguous_strides(type.sizes())) return false;
    if (std::count(parts.begin(), parts.end(), parts[i]) != 1) return false;
    if (std::find(outputs.begin(), outputs.end(), parts[i]) != outputs.end()) return false;
    int writes = 0;
    for (const Nest& nest : nests) {
      for (const Write& write : nest.writes) writes += write.tensor == parts[i] ? 1 : 0;
      for (size_t e = 0; e < nest.exprs.size(); ++e) {
        const bool reads = nest.exprs[e].kind == Expr::Kind::kLoad && nest.exprs[e].tensor == parts[i];
        if (reads && (&nest != &reader || !picked[e])) return false;
      }
    }
    if (writes != 1) return false;
  }
  return true;
}

void rewrite(std::vector<Nest>& nests, Nest& reader, const std::vector<Pick>& picks, const std::vector<ValueId>& parts,
             int64_t elements) {
  for (const Pick& pick : picks) {
    Expr load = reader.expr(pick.loads[0]);
    load.index = reader.space.add(load.index, reader.space.scale(pick.number, elements));
    load.guard = pick.guard;
    for (const ExprId id : pick.loads) reader.exprs[static_cast<size_t>(id)] = {};  // nothing refers to these any more
    reader.exprs[static_cast<size_t>(pick.root)] = std::move(load);
  }
  for (Nest& nest : nests) {
    for (Write& write : nest.writes) {
      const auto part = std::find(parts.begin(), parts.end(), write.tensor);
      if (part != parts.end()) write.offset.constant += (part - parts.begin()) * elements;
    }
  }
}

}  // namespace

std::vector<Stack> stack_parts(const Graph& graph, std::vector<Nest>& nests, const std::vector<ValueId>& outputs) {
  std::vector<Stack> out;
  for (Nest& reader : nests) {
    std::vector<std::pair<std::vector<ValueId>, std::vector<Pick>>> found;  // picks by the parts they pick from
    for (size_t e = 0; e < reader.exprs.size(); ++e) {
      std::optional<Pick> pick = pick_at(reader, static_cast<ExprId>(e));
      if (!pick) continue;
      const std::vector<ValueId> parts = parts_of(reader, *pick);
      const auto known = std::find_if(found.begin(), found.end(), [&](const auto& item) { return item.first == parts; });
      if (known != found.end())
        known->second.push_back(std::move(*pick));
      else
        found.push_back({parts, {std::move(*pick)}});
    }
    for (const auto& [parts, picks] : found) {
      if (!can_stack(graph, nests, reader, picks, parts, outputs)) continue;
      rewrite(nests, reader, picks, parts, graph.type(parts[0]).element_count());
      out.push_back({parts});
    }
  }
  return out;
}

}  // namespace ka
