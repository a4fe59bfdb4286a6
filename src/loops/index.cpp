#include "loops/index.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace ka {

AxisId IndexSpace::add_axis(int64_t extent) {
  extents_.push_back(extent);
  return static_cast<AxisId>(extents_.size() - 1);
}

AtomId IndexSpace::intern(Atom atom, Range range) {
  const auto [place, is_new] = ids_.try_emplace(atom, static_cast<AtomId>(atoms_.size()));
  if (is_new) {
    atoms_.push_back(std::move(atom));
    ranges_.push_back(range);
  }
  return place->second;
}

Index IndexSpace::axis(AxisId axis) {
  if (extent(axis) == 1) return constant(0);
  return of_atom({Atom::Kind::kAxis, axis, {}, 1}, {0, extent(axis) - 1});
}

Index IndexSpace::data(int32_t expression, int64_t low, int64_t high) {
  return of_atom({Atom::Kind::kData, expression, {}, 1}, {low, std::max(low, high)});
}

Range IndexSpace::range(const Index& index) const {
  Range out{index.constant, index.constant};
  for (const auto& [id, coefficient] : index.terms) {
    const Range r = ranges_[static_cast<size_t>(id)];
    out.low += coefficient * (coefficient > 0 ? r.low : r.high);
    out.high += coefficient * (coefficient > 0 ? r.high : r.low);
  }
  return out;
}

Index IndexSpace::add(const Index& a, int64_t b) const {
  Index out = a;
  out.constant += b;
  return out;
}

Index IndexSpace::scale(const Index& a, int64_t factor) const {
  if (factor == 0) return {};
  Index out = a;
  out.constant *= factor;
  for (auto& term : out.terms) term.second *= factor;
  return out;
}

Index IndexSpace::add(const Index& a, const Index& b) {
  Index out{a.constant + b.constant, {}};
  auto x = a.terms.begin();
  auto y = b.terms.begin();
  while (x != a.terms.end() || y != b.terms.end()) {
    if (y == b.terms.end() || (x != a.terms.end() && x->first < y->first)) {
      out.terms.push_back(*x++);
    } else if (x == a.terms.end() || y->first < x->first) {
      out.terms.push_back(*y++);
    } else {
      if (x->second + y->second != 0) out.terms.emplace_back(x->first, x->second + y->second);
      ++x, ++y;
    }
  }
  return recombine(std::move(out));
}

/// Replaces m·(x mod c) + m·c·⌊x/c⌋ by m·x, and m·(x mod c) + m·c·(⌊x/c⌋ mod d) by m·(x mod c·d).
Index IndexSpace::recombine(Index index) {
  for (size_t i = 0; i < index.terms.size(); ++i) {
    const Atom mod = atom(index.terms[i].first);
    if (mod.kind != Atom::Kind::kMod) continue;
    const int64_t m = index.terms[i].second;
    const Index quotient = divide(mod.inner, mod.divisor);  // ⌊⌊y/a⌋/c⌋ is written ⌊y/(a·c)⌋
    const bool is_atom = quotient.constant == 0 && quotient.terms.size() == 1 && quotient.terms[0].second == 1;
    for (size_t j = 0; j < index.terms.size(); ++j) {
      if (j == i || index.terms[j].second != m * mod.divisor) continue;
      const Atom other = atom(index.terms[j].first);
      const bool whole = is_atom && index.terms[j].first == quotient.terms[0].first;
      if (!whole && (other.kind != Atom::Kind::kMod || other.inner != quotient)) continue;
      Index rest = index;
      rest.terms.erase(rest.terms.begin() + static_cast<std::ptrdiff_t>(std::max(i, j)));
      rest.terms.erase(rest.terms.begin() + static_cast<std::ptrdiff_t>(std::min(i, j)));
      return add(rest, scale(whole ? mod.inner : modulo(mod.inner, mod.divisor * other.divisor), m));
    }
  }
  return index;
}

namespace {

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// Splits an index into c·quotient + remainder with every remainder coefficient in 0 … c − 1 where the term is not a multiple.
std::pair<Index, Index> split(const Index& a, int64_t c) {
  Index quotient{floor_div(a.constant, c), {}};
  Index remainder{a.constant - c * quotient.constant, {}};
  for (const auto& [id, coefficient] : a.terms) {
    if (coefficient % c == 0)
      quotient.terms.emplace_back(id, coefficient / c);
    else
      remainder.terms.emplace_back(id, coefficient);
  }
  return {quotient, remainder};
}

}  // namespace

/// Writes an index as g·outer + inner with 0 ≤ inner < g, for a factor g > 1 of the divisor; g is 1 where there is none.
IndexSpace::Layers IndexSpace::layers(const Index& a, int64_t divisor) const {
  std::vector<int64_t> factors = {divisor};  // of all terms, then of each
  for (const auto& [id, coefficient] : a.terms) {
    factors[0] = std::gcd(factors[0], coefficient);
    factors.push_back(std::gcd(divisor, coefficient));
  }
  for (const int64_t g : factors) {
    if (g == 1) continue;
    auto [outer, inner] = split(a, g);
    if (const Range r = range(inner); r.low >= 0 && r.high < g) return {g, std::move(outer), std::move(inner)};
  }
  return {};
}

Index IndexSpace::divide(const Index& a, int64_t divisor) {
  KA_CHECK(divisor > 0, "division by a non-positive extent");
  if (divisor == 1) return a;
  auto [quotient, rest] = split(a, divisor);
  const Range r = range(rest);
  if (floor_div(r.low, divisor) == floor_div(r.high, divisor)) return add(quotient, floor_div(r.low, divisor));
  if (const Layers two = layers(rest, divisor); two.factor > 1) return add(quotient, divide(two.outer, divisor / two.factor));
  if (rest.constant == 0 && rest.terms.size() == 1 && rest.terms[0].second == 1) {
    const Atom single = atom(rest.terms[0].first);
    if (single.kind == Atom::Kind::kDiv) return add(quotient, divide(single.inner, single.divisor * divisor));
    if (single.kind == Atom::Kind::kMod && single.divisor % divisor == 0)
      return add(quotient, modulo(divide(single.inner, divisor), single.divisor / divisor));
  }
  return add(quotient, of_atom({Atom::Kind::kDiv, 0, rest, divisor}, {floor_div(r.low, divisor), floor_div(r.high, divisor)}));
}

Index IndexSpace::modulo(const Index& a, int64_t divisor) {
  KA_CHECK(divisor > 0, "remainder by a non-positive extent");
  if (divisor == 1) return {};
  const Index rest = split(a, divisor).second;
  const Range r = range(rest);
  const int64_t turn = floor_div(r.low, divisor);
  if (turn == floor_div(r.high, divisor)) return add(rest, -turn * divisor);
  if (const Layers two = layers(rest, divisor); two.factor > 1)
    return add(scale(modulo(two.outer, divisor / two.factor), two.factor), two.inner);
  if (rest.constant == 0 && rest.terms.size() == 1 && rest.terms[0].second == 1) {
    const Atom single = atom(rest.terms[0].first);
    if (single.kind == Atom::Kind::kMod && single.divisor % divisor == 0) return modulo(single.inner, divisor);
  }
  return of_atom({Atom::Kind::kMod, 0, rest, divisor}, {0, divisor - 1});
}

Index ravel(IndexSpace& space, const Coordinates& at, const std::vector<int64_t>& extents) {
  Index out;
  for (size_t i = 0; i < extents.size(); ++i) out = space.add(space.scale(out, extents[i]), at[i]);
  return out;
}

Coordinates unravel(IndexSpace& space, const Index& position, const std::vector<int64_t>& extents) {
  Coordinates out(extents.size());
  Index rest = position;
  for (size_t i = extents.size(); i-- > 0;) {
    if (extents[i] <= 1) continue;
    // The leading coordinate needs no remainder: positions are in range by construction.
    bool leading = true;
    for (size_t j = 0; j < i; ++j) leading = leading && extents[j] == 1;
    out[i] = leading ? rest : space.modulo(rest, extents[i]);
    rest = space.divide(rest, extents[i]);
  }
  return out;
}

Index dot(IndexSpace& space, const Coordinates& at, const std::vector<int64_t>& strides) {
  Index out;
  for (size_t i = 0; i < strides.size(); ++i) out = space.add(out, space.scale(at[i], strides[i]));
  return out;
}

}  // namespace ka
