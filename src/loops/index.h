#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ka {

using AxisId = int32_t;
using AtomId = int32_t;
using ExprId = int32_t;  ///< a scalar expression of a nest (nest.h)

/// A linear index expression: constant + Σ coefficient · atom, atoms in ascending order, no zero coefficients.
struct Index {
  int64_t constant = 0;
  std::vector<std::pair<AtomId, int64_t>> terms;

  bool is_constant() const { return terms.empty(); }
  auto operator<=>(const Index&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy's mistake
};

/// Bounds of an index expression, both inclusive.
struct Range {
  int64_t low = 0;
  int64_t high = 0;
};

/// What a term of an Index is: a loop axis, a floor division or remainder of an Index, or an integer read from memory.
struct Atom {
  enum class Kind { kAxis, kDiv, kMod, kData } kind = Kind::kAxis;
  int32_t id = 0;       ///< kAxis: the axis; kData: the expression that yields it
  Index inner;          ///< kDiv, kMod
  int64_t divisor = 1;  ///< kDiv, kMod
  auto operator<=>(const Atom&) const = default;
};

/// Owns atoms and does exact integer arithmetic on index expressions, simplifying with the known ranges of the axes. All divisions
/// floor, all divisors are positive. The identities used: c | t ⇒ ⌊(t+r)/c⌋ = t/c + ⌊r/c⌋; 0 ≤ r < c ⇒ ⌊r/c⌋ = 0, r mod c = r;
/// ⌊(g·x+k)/(g·c)⌋ = ⌊x/c⌋ and (g·x+k) mod g·c = g·(x mod c) + k for 0 ≤ k < g; ⌊⌊x/a⌋/b⌋ = ⌊x/(a·b)⌋; c·⌊x/c⌋ + x mod c = x;
/// c·(⌊x/c⌋ mod d) + x mod c = x mod c·d; ⌊(x mod c·d)/c⌋ = ⌊x/c⌋ mod d; (x mod c·d) mod c = x mod c.
class IndexSpace {
 public:
  AxisId add_axis(int64_t extent);  ///< a new axis with values 0 … extent − 1
  int64_t extent(AxisId axis) const { return extents_[static_cast<size_t>(axis)]; }
  int axis_count() const { return static_cast<int>(extents_.size()); }

  static Index constant(int64_t value) { return Index{value, {}}; }
  Index axis(AxisId axis);  ///< the axis itself; the constant 0 where its extent is 1
  /// An integer from memory that the reads' guards confine to low … high.
  Index data(int32_t expression, int64_t low, int64_t high);

  Index add(const Index& a, const Index& b);
  Index add(const Index& a, int64_t b) const;
  Index scale(const Index& a, int64_t factor) const;
  Index divide(const Index& a, int64_t divisor);
  Index modulo(const Index& a, int64_t divisor);

  Range range(const Index& index) const;
  const Atom& atom(AtomId id) const { return atoms_[static_cast<size_t>(id)]; }
  /// Calls `visit(axis)` for every axis the expression depends on, through divisions; data atoms are passed to `visit_data`.
  template <class VisitAxis, class VisitData>
  void visit(const Index& index, VisitAxis&& visit_axis, VisitData&& visit_data) const {
    for (const auto& [id, coefficient] : index.terms) {
      const Atom& a = atom(id);
      if (a.kind == Atom::Kind::kAxis)
        visit_axis(a.id);
      else if (a.kind == Atom::Kind::kData)
        visit_data(a.id);
      else
        visit(a.inner, visit_axis, visit_data);
    }
  }
  /// Rebuilds the expression with every axis replaced by `replace(axis)`.
  template <class Replace>
  Index substitute(const Index& index, Replace&& replace) {
    Index out = constant(index.constant);
    for (const auto& [id, coefficient] : index.terms) {
      const Atom a = atom(id);
      Index piece;
      if (a.kind == Atom::Kind::kAxis)
        piece = replace(a.id);
      else if (a.kind == Atom::Kind::kData)
        piece = Index{0, {{id, 1}}};
      else if (a.kind == Atom::Kind::kDiv)
        piece = divide(substitute(a.inner, replace), a.divisor);
      else
        piece = modulo(substitute(a.inner, replace), a.divisor);
      out = add(out, scale(piece, coefficient));
    }
    return out;
  }

 private:
  AtomId intern(Atom atom, Range range);
  Index of_atom(Atom atom, Range range) { return Index{0, {{intern(std::move(atom), range), 1}}}; }
  Index recombine(Index index);
  struct Layers {
    int64_t factor = 1;
    Index outer, inner;
  };
  Layers layers(const Index& a, int64_t divisor) const;

  std::vector<int64_t> extents_;
  std::vector<Atom> atoms_;
  std::vector<Range> ranges_;
  std::map<Atom, AtomId> ids_;
};

/// Coordinates of one element, one Index per dimension.
using Coordinates = std::vector<Index>;

/// Row-major position of coordinates in an array of the given extents.
Index ravel(IndexSpace& space, const Coordinates& at, const std::vector<int64_t>& extents);
/// Coordinates of a row-major position.
Coordinates unravel(IndexSpace& space, const Index& position, const std::vector<int64_t>& extents);
/// Σ coordinate · stride.
Index dot(IndexSpace& space, const Coordinates& at, const std::vector<int64_t>& strides);

}  // namespace ka
