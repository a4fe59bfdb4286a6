#include "loops/nest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <set>

#include "base/check.h"

namespace ka {

std::string_view name(ReduceKind kind) {
  constexpr std::array<std::string_view, 9> kNames = {"sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "moments"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name(ScanKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"sum", "prod", "max", "min", "logsumexp"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name(Nest::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"map", "reduce", "scan", "contract", "recur", "attend"};
  return kNames[static_cast<size_t>(kind)];
}

int64_t Nest::extent(const std::vector<AxisId>& axes) const {
  int64_t product = 1;
  for (const AxisId axis : axes) product *= space.extent(axis);
  return product;
}

namespace {

std::vector<ValueId> tensors_of(const Nest& nest, const std::vector<ExprId>& exprs) {
  std::vector<ValueId> out;
  for (const ExprId id : exprs) {
    const Expr& e = nest.expr(id);
    if (e.kind == Expr::Kind::kLoad && std::find(out.begin(), out.end(), e.tensor) == out.end()) out.push_back(e.tensor);
  }
  return out;
}

}  // namespace

std::vector<ValueId> Nest::reads() const {
  std::vector<ExprId> all(exprs.size());
  std::iota(all.begin(), all.end(), 0);
  return tensors_of(*this, all);
}

std::vector<ValueId> Nest::reads(ExprId root) const {
  std::vector<ExprId> needed = made_of(root);
  std::sort(needed.begin(), needed.end());
  return tensors_of(*this, needed);
}

std::vector<ExprId> Nest::made_of(ExprId root) const {
  std::vector<ExprId> out;
  std::vector<bool> visited(exprs.size(), false);
  std::vector<ExprId> todo = {root};
  const auto look = [&](const Index& index) {
    space.visit(
        index, [](AxisId) {}, [&](ExprId data) { todo.push_back(data); });
  };
  while (!todo.empty()) {
    const ExprId at = todo.back();
    todo.pop_back();
    if (visited[static_cast<size_t>(at)]) continue;
    visited[static_cast<size_t>(at)] = true;
    out.push_back(at);
    const Expr& e = expr(at);
    look(e.index);
    for (const Condition& c : e.guard) look(c.index);
    todo.insert(todo.end(), e.operands.begin(), e.operands.end());
  }
  return out;
}

std::vector<bool> Nest::axes_of(ExprId id) const {
  std::vector<bool> seen(static_cast<size_t>(space.axis_count()), false);
  const auto see = [&](const std::vector<AxisId>& axes) {
    for (const AxisId axis : axes) seen[static_cast<size_t>(axis)] = true;
  };
  const auto look = [&](const Index& index) {
    space.visit(
        index, [&](AxisId axis) { seen[static_cast<size_t>(axis)] = true; }, [](ExprId) {});
  };
  for (const ExprId at : made_of(id)) {
    const Expr& e = expr(at);
    look(e.index);
    for (const Condition& c : e.guard) look(c.index);
    if (e.kind == Expr::Kind::kReduced) {  // the same for the whole row, whatever its input runs over
      see(parallel);
    } else if (e.kind == Expr::Kind::kScanned) {
      see(parallel);
      see(reduce);
    } else if (e.kind == Expr::Kind::kProduct && kind == Kind::kAttend) {
      see(parallel);
    } else if (e.kind == Expr::Kind::kProduct) {
      see(contraction.batch);
      see(contraction.rows);
      see(contraction.columns);
    } else if (e.kind == Expr::Kind::kScore) {
      see(attention.batch);
      see({attention.row, attention.key});
    }
  }
  return seen;
}

int64_t last_offset(const TensorType& type) {
  int64_t last = 0;
  for (size_t d = 0; d < type.shape.size(); ++d) last += (type.shape[d].value() - 1) * type.stride[d].value();
  return last;
}

bool is_host_view(const Node& node) {
  static constexpr std::array<std::string_view, 9> kViews = {
      "aten.permute.default",   "aten.view.default", "aten.expand.default",   "aten.slice.Tensor", "aten.select.int",
      "aten.unsqueeze.default", "aten.squeeze.dims", "aten.diagonal.default", "aten.alias.default"};
  return std::find(kViews.begin(), kViews.end(), node.op) != kViews.end();
}

GraphFacts::GraphFacts(const Graph& of) : graph(of), users(of.users()), transparent(of.nodes.size(), false) {
  std::vector<bool> from_nothing(of.nodes.size(), false);  // computed without reading memory
  for (size_t i = 0; i < of.nodes.size(); ++i) {
    const Node& node = of.nodes[i];
    const OpRow* row = op_table().find(node.op);
    KA_CHECK(row != nullptr, "an operator outside the table survived decomposition: " + node.op);
    bool sources_only = row->op_class == OpClass::kSource || row->op_class == OpClass::kPointwise || is_host_view(node);
    for (const ValueId operand : Graph::operands(node)) {
      const NodeId producer = of.value(operand).producer;
      sources_only = sources_only && producer != kNone && from_nothing[static_cast<size_t>(producer)];
    }
    from_nothing[i] = sources_only;
    transparent[i] = sources_only || is_host_view(node) || row->op_class == OpClass::kSource || node.op == "ka.window";
  }
}

namespace {

/// Rebuilds every index of a nest with some axes replaced.
template <class Replace>
void substitute_axes(Nest& nest, Replace&& replace) {
  for (Expr& e : nest.exprs) {
    e.index = nest.space.substitute(e.index, replace);
    for (Condition& c : e.guard) c.index = nest.space.substitute(c.index, replace);
  }
  for (Write& w : nest.writes) {
    w.offset = nest.space.substitute(w.offset, replace);
    for (Condition& c : w.guard) c.index = nest.space.substitute(c.index, replace);
  }
}

/// Calls `visit` with every linear form in use, those inside divisions included.
template <class Visit>
void each_linear_form(const Nest& nest, Visit&& visit) {
  const auto descend = [&](const auto& self, const Index& index) -> void {
    visit(index);
    for (const auto& term : index.terms) {
      const Atom& atom = nest.space.atom(term.first);
      if (atom.kind == Atom::Kind::kDiv || atom.kind == Atom::Kind::kMod) self(self, atom.inner);
    }
  };
  for (const Expr& e : nest.exprs) {
    descend(descend, e.index);
    for (const Condition& c : e.guard) descend(descend, c.index);
  }
  for (const Write& w : nest.writes) {
    descend(descend, w.offset);
    for (const Condition& c : w.guard) descend(descend, c.index);
  }
}

int64_t coefficient_of(const IndexSpace& space, const Index& index, AxisId axis) {
  for (const auto& [id, coefficient] : index.terms) {
    const Atom& atom = space.atom(id);
    if (atom.kind == Atom::Kind::kAxis && atom.id == axis) return coefficient;
  }
  return 0;
}

/// Merges mergeable neighbours of one list of axes.
void merge_list(Nest& nest, std::vector<AxisId>& axes) {
  std::erase_if(axes, [&](AxisId axis) { return nest.space.extent(axis) == 1; });
  for (size_t i = axes.size(); i-- > 1;) {
    const AxisId outer = axes[i - 1];
    const AxisId inner = axes[i];
    bool walks_as_one = true;
    each_linear_form(nest, [&](const Index& index) {
      walks_as_one = walks_as_one && coefficient_of(nest.space, index, outer) ==
                                         nest.space.extent(inner) * coefficient_of(nest.space, index, inner);
    });
    if (!walks_as_one) continue;
    const AxisId merged = nest.space.add_axis(nest.space.extent(outer) * nest.space.extent(inner));
    substitute_axes(nest, [&](AxisId axis) {
      if (axis == outer) return IndexSpace::constant(0);
      return nest.space.axis(axis == inner ? merged : axis);
    });
    axes[i - 1] = merged;
    axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

constexpr int64_t kSmallestPart = 16;  // a shorter innermost depth axis would leave a tensor core's step unfilled

/// Cuts a contraction's depth at the divisors that index expressions divide it by, if they form a chain.
void cut_depth(Nest& nest) {
  std::vector<AxisId>& depth = nest.contraction.depth;
  if (depth.size() != 1 || nest.space.extent(depth[0]) == 1) return;
  const Index whole = nest.space.axis(depth[0]);
  std::set<int64_t> divisors;
  each_linear_form(nest, [&](const Index& index) {
    for (const auto& term : index.terms) {
      const Atom& atom = nest.space.atom(term.first);
      if ((atom.kind == Atom::Kind::kDiv || atom.kind == Atom::Kind::kMod) && atom.inner == whole) divisors.insert(atom.divisor);
    }
  });
  if (divisors.empty() || *divisors.begin() < kSmallestPart) return;
  divisors.insert(nest.space.extent(depth[0]));
  int64_t inner = 1;
  for (const int64_t divisor : divisors) {
    if (divisor % inner != 0) return;
    inner = divisor;
  }
  std::vector<AxisId> parts;
  Index position;
  inner = 1;
  for (const int64_t divisor : divisors) {
    parts.insert(parts.begin(), nest.space.add_axis(divisor / inner));
    position = nest.space.add(position, nest.space.scale(nest.space.axis(parts.front()), inner));
    inner = divisor;
  }
  substitute_axes(nest, [&](AxisId axis) { return axis == depth[0] ? position : nest.space.axis(axis); });
  depth = std::move(parts);
}

/// How far the innermost of some axes carries an index expression, alone or under a remainder; 0 where it does not appear so.
int64_t stride_of(const IndexSpace& space, const Index& index, AxisId axis) {
  for (const auto& [id, coefficient] : index.terms) {
    const Atom& atom = space.atom(id);
    if (atom.kind == Atom::Kind::kAxis && atom.id == axis) return coefficient;
    if (atom.kind == Atom::Kind::kMod && coefficient_of(space, atom.inner, axis) == 1) return coefficient;
  }
  return 0;
}

constexpr int64_t kMostWoven = 8;

/// Gives rows that lie between neighbouring columns of every write an axis of their own, where few lie there.
void cut_woven_rows(Nest& nest) {
  Contraction& c = nest.contraction;
  if (c.rows.size() != 1 || c.columns.empty()) return;
  const int64_t count = stride_of(nest.space, nest.writes.front().offset, c.columns.back());
  if (count < 2 || count > kMostWoven || !std::has_single_bit(static_cast<uint64_t>(count))) return;
  if (nest.space.extent(c.rows[0]) % count != 0) return;
  Nest cut = nest;
  const AxisId outer = cut.space.add_axis(nest.space.extent(c.rows[0]) / count);
  const AxisId inner = cut.space.add_axis(count);
  const Index position = cut.space.add(cut.space.scale(cut.space.axis(outer), count), cut.space.axis(inner));
  substitute_axes(cut, [&](AxisId axis) { return axis == c.rows[0] ? position : cut.space.axis(axis); });
  for (const Write& w : cut.writes) {
    if (stride_of(cut.space, w.offset, c.columns.back()) != count || coefficient_of(cut.space, w.offset, inner) != 1) return;
  }
  cut.contraction.rows = {outer, inner};
  cut.contraction.woven = true;
  nest = std::move(cut);
}

}  // namespace

void merge_axes(Nest& nest) {
  if (nest.kind == Nest::Kind::kRecur || nest.kind == Nest::Kind::kAttend) return;  // every axis has a part of its own
  if (nest.kind == Nest::Kind::kContract) {
    Contraction& c = nest.contraction;
    cut_depth(nest);
    for (auto* axes : {&c.batch, &c.rows, &c.columns, &c.depth}) merge_list(nest, *axes);
    cut_woven_rows(nest);
    nest.parallel.clear();
    for (const auto* axes : {&c.batch, &c.rows, &c.columns})
      nest.parallel.insert(nest.parallel.end(), axes->begin(), axes->end());
    return;
  }
  merge_list(nest, nest.parallel);
  merge_list(nest, nest.reduce);
}

Status verify(const Graph& graph, const Nest& nest) {
  const auto wrong = [](std::string what) { return fail(Fault::kInternal, "nest: " + std::move(what)); };
  for (size_t i = 0; i < nest.exprs.size(); ++i) {
    const Expr& e = nest.exprs[i];
    for (const ExprId operand : e.operands) {
      if (operand < 0 || static_cast<size_t>(operand) >= i) return wrong("an expression uses a later one");
    }
    if (e.kind == Expr::Kind::kReduced && static_cast<size_t>(e.number) >= nest.reductions.size())
      return wrong("unknown reduction");
    if (e.kind == Expr::Kind::kScanned && static_cast<size_t>(e.number) >= nest.scans.size()) return wrong("unknown scan");
    if (e.kind == Expr::Kind::kLoad && e.guard.empty()) {
      const Range r = nest.space.range(e.index);
      if (r.low < 0 || r.high > last_offset(graph.type(e.tensor)))
        return wrong("a read of " + graph.value(e.tensor).name + " leaves the tensor");
    }
  }
  for (const Reduction& r : nest.reductions) {
    if (r.input < 0 || static_cast<size_t>(r.input) >= nest.exprs.size()) return wrong("a reduction has no input");
  }
  for (const Scan& s : nest.scans) {
    if (s.input < 0 || static_cast<size_t>(s.input) >= nest.exprs.size()) return wrong("a scan has no input");
  }
  return {};
}

}  // namespace ka
