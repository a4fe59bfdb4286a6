#include "codegen/reads.h"

#include <algorithm>
#include <cstdlib>

namespace ka {
namespace {

constexpr int64_t kNearRows = 8;  // elements between rows that neighbouring threads still read from the same cache lines

/// Does a division or remainder take one of some axes apart?
bool takes_apart(const IndexSpace& space, const Atom& atom, const std::vector<AxisId>& axes) {
  if (atom.kind != Atom::Kind::kMod && atom.kind != Atom::Kind::kDiv) return false;
  bool inside = false;
  space.visit(
      atom.inner, [&](AxisId axis) { inside = inside || std::find(axes.begin(), axes.end(), axis) != axes.end(); },
      [](ExprId) {});
  return inside;
}

/// How far the innermost of some axes carries an index, alone or under a remainder; 0 where it does not appear so.
int64_t stride_of(const Nest& nest, const Index& index, const std::vector<AxisId>& axes) {
  if (axes.empty()) return 0;
  for (const auto& [id, coefficient] : index.terms) {
    const Atom& atom = nest.space.atom(id);
    if (atom.kind == Atom::Kind::kAxis && atom.id == axes.back()) return coefficient;
    if (atom.kind == Atom::Kind::kMod && takes_apart(nest.space, atom, {axes.back()})) return coefficient;
  }
  return 0;
}

/// Do an index's neighbours, four at a time, lie side by side and aligned, along one of some axes?
bool lies_in_quads(const IndexSpace& space, const Index& index, const std::vector<AxisId>& axes) {
  constexpr int64_t kQuad = 4;
  const auto walks = [&](const Atom& atom) {
    if (atom.kind == Atom::Kind::kAxis) return std::find(axes.begin(), axes.end(), atom.id) != axes.end();
    return atom.kind == Atom::Kind::kMod && atom.divisor % kQuad == 0 && takes_apart(space, atom, axes);
  };
  int units = 0;
  for (const auto& [id, coefficient] : index.terms) {
    if (coefficient == 1 && walks(space.atom(id)))
      ++units;
    else if (coefficient % kQuad != 0)
      return false;
  }
  return units == 1 && index.constant % kQuad == 0;
}

/// Are an operand's elements picked one by one: checked against bounds, cut out of windows, or apart in memory along rows and depth?
bool picks_elements(const Nest& nest, ExprId operand, const std::vector<AxisId>& across) {
  const std::vector<AxisId>& depth = nest.contraction.depth;
  if (depth.empty() || across.empty()) return false;
  const std::vector<ExprId> parts = nest.made_of(operand);
  return std::any_of(parts.begin(), parts.end(), [&](ExprId id) {
    const Expr& e = nest.expr(id);
    if (!e.guard.empty()) return true;
    const std::vector<bool> walked = nest.axes_of(id);
    const auto depends = [&](AxisId axis) { return walked[static_cast<size_t>(axis)]; };
    return e.kind == Expr::Kind::kLoad && depends(depth.back()) && depends(across.back()) &&
           !lies_in_quads(nest.space, e.index, {depth.back(), across.back()});
  });
}

}  // namespace

bool rows_are_adjacent(const Graph& graph, const Nest& nest) {
  int64_t along_row = 0;
  int64_t across_rows = 0;
  for (const Expr& e : nest.exprs) {
    if (e.kind != Expr::Kind::kLoad) continue;
    const int64_t weight = graph.type(e.tensor).bytes();
    if (stride_of(nest, e.index, nest.reduce) == 1)
      along_row += weight;
    else if (stride_of(nest, e.index, nest.parallel) == 1 && nest.parallel_extent() > 1)
      across_rows += weight;
  }
  return across_rows > along_row;
}

bool rows_are_windows(const Nest& nest) {
  if (nest.parallel.empty()) return false;
  return std::any_of(nest.exprs.begin(), nest.exprs.end(), [&](const Expr& e) {
    if (e.kind != Expr::Kind::kLoad) return false;
    const int64_t tap = std::abs(stride_of(nest, e.index, nest.reduce));
    const int64_t step = stride_of(nest, e.index, nest.parallel);
    return tap > 0 && step > 0 && step <= kNearRows && step < nest.reduce_extent() &&
           tap < step * nest.space.extent(nest.parallel.back());
  });
}

bool is_depth_major(const Nest& nest, ExprId operand) {
  const std::vector<ExprId> parts = nest.made_of(operand);
  return std::any_of(parts.begin(), parts.end(), [&](ExprId id) {
    const Expr& e = nest.expr(id);
    return e.kind == Expr::Kind::kLoad && stride_of(nest, e.index, nest.contraction.depth) == 1;
  });
}

bool mixes_taps(const Nest& nest) {
  const std::vector<AxisId>& depth = nest.contraction.depth;
  if (depth.size() != 1) return false;
  const std::vector<ExprId> parts = nest.made_of(nest.contraction.right);
  return std::any_of(parts.begin(), parts.end(), [&](ExprId id) {
    const Index& index = nest.expr(id).index;
    return std::any_of(index.terms.begin(), index.terms.end(),
                       [&](const auto& term) { return takes_apart(nest.space, nest.space.atom(term.first), depth); });
  });
}

bool gathers(const Nest& nest) {
  const Contraction& c = nest.contraction;
  return c.depth.size() > 1 || picks_elements(nest, c.left, c.rows) || picks_elements(nest, c.right, c.columns);
}

}  // namespace ka
