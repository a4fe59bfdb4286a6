#include "loops/index.h"

#include <gtest/gtest.h>

#include <random>

namespace ka {
namespace {

/// Evaluates an index at given axis values, by its definition.
int64_t evaluate(const IndexSpace& space, const Index& index, const std::vector<int64_t>& axes) {
  int64_t out = index.constant;
  for (const auto& [id, coefficient] : index.terms) {
    const Atom& atom = space.atom(id);
    int64_t value = 0;
    if (atom.kind == Atom::Kind::kAxis) {
      value = axes[static_cast<size_t>(atom.id)];
    } else {
      const int64_t inner = evaluate(space, atom.inner, axes);
      const int64_t floor = inner >= 0 ? inner / atom.divisor : -((-inner + atom.divisor - 1) / atom.divisor);
      value = atom.kind == Atom::Kind::kDiv ? floor : inner - floor * atom.divisor;
    }
    out += coefficient * value;
  }
  return out;
}

TEST(Index, ReshapeOfReshapeIsTheIdentity) {
  IndexSpace space;
  const AxisId a = space.add_axis(6);
  const AxisId b = space.add_axis(20);
  const Coordinates at = {space.axis(a), space.axis(b)};
  const Coordinates there = unravel(space, ravel(space, at, {6, 20}), {2, 3, 4, 5});
  EXPECT_EQ(unravel(space, ravel(space, there, {2, 3, 4, 5}), {6, 20}), at);
}

TEST(Index, DivisionDropsWhatCannotCarry) {
  IndexSpace space;
  const AxisId a = space.add_axis(7);
  const AxisId b = space.add_axis(8);
  const Index position = space.add(space.scale(space.axis(a), 8), space.axis(b));
  EXPECT_EQ(space.divide(position, 8), space.axis(a));
  EXPECT_EQ(space.modulo(position, 8), space.axis(b));
}

/// Three coordinates of a flattened position (image, row, column of a convolution's output) give the position back.
TEST(Index, CoordinatesRavelToTheirPosition) {
  IndexSpace space;
  const Index position = space.axis(space.add_axis(4 * 9 * 11));
  const std::vector<int64_t> extents = {4, 9, 11};
  EXPECT_EQ(ravel(space, unravel(space, position, extents), extents), position);
}

TEST(Index, RemaindersOfOnePositionBecomeOne) {
  IndexSpace space;
  const Index n = space.axis(space.add_axis(1960));  // 10 images of 14 x 14
  const Coordinates at = unravel(space, n, {10, 14, 14});
  EXPECT_EQ(space.add(space.scale(at[1], 14), at[2]), space.modulo(n, 196));
  EXPECT_EQ(dot(space, at, {50176, 14, 1}), space.add(space.scale(space.divide(n, 196), 50176), space.modulo(n, 196)));
}

TEST(Index, AxesOfOneElementVanish) {
  IndexSpace space;
  EXPECT_EQ(space.axis(space.add_axis(1)), IndexSpace::constant(0));
}

/// Random expressions keep their values under every simplification, at every point.
TEST(Index, SimplificationKeepsValues) {
  std::mt19937 random(20240607);
  const auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int round = 0; round < 400; ++round) {
    IndexSpace space;
    const std::vector<int64_t> extents = {pick(1, 6), pick(1, 6), pick(1, 6)};
    std::vector<Index> pool;
    std::vector<std::vector<int64_t>> expected;  // by expression, at every point
    std::vector<std::vector<int64_t>> points;
    for (int64_t x = 0; x < extents[0]; ++x)
      for (int64_t y = 0; y < extents[1]; ++y)
        for (int64_t z = 0; z < extents[2]; ++z) points.push_back({x, y, z});
    for (size_t axis = 0; axis < 3; ++axis) {
      pool.push_back(space.axis(space.add_axis(extents[axis])));
      std::vector<int64_t> values;
      for (const auto& point : points) values.push_back(point[axis]);
      expected.push_back(values);
    }
    for (int step = 0; step < 12; ++step) {
      const auto i = static_cast<size_t>(pick(0, static_cast<int64_t>(pool.size()) - 1));
      const auto j = static_cast<size_t>(pick(0, static_cast<int64_t>(pool.size()) - 1));
      const int64_t c = pick(1, 12);
      const int64_t kind = pick(0, 4);
      std::vector<int64_t> values;
      for (size_t p = 0; p < points.size(); ++p) {
        const int64_t v = expected[i][p];
        const int64_t floor = v >= 0 ? v / c : -((-v + c - 1) / c);
        values.push_back(kind == 0   ? v + expected[j][p]
                         : kind == 1 ? v * (c - 4)
                         : kind == 2 ? floor
                         : kind == 3 ? v - floor * c
                                     : v - c);
      }
      pool.push_back(kind == 0   ? space.add(pool[i], pool[j])
                     : kind == 1 ? space.scale(pool[i], c - 4)
                     : kind == 2 ? space.divide(pool[i], c)
                     : kind == 3 ? space.modulo(pool[i], c)
                                 : space.add(pool[i], -c));
      expected.push_back(values);
      const Range r = space.range(pool.back());
      for (size_t p = 0; p < points.size(); ++p) {
        ASSERT_EQ(evaluate(space, pool.back(), points[p]), values[p]) << "round " << round << " step " << step;
        ASSERT_LE(r.low, values[p]);
        ASSERT_GE(r.high, values[p]);
      }
    }
  }
}

}  // namespace
}  // namespace ka
