#include "loops/nest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

Graph graph_of(std::string_view text) {
  Result<Graph> graph = parse_graph(text);
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : to_text(graph.error()));
  return graph ? *graph : Graph{};
}

constexpr std::string_view kHeader = "graph Model mode=train\n";

/// Lowers all nodes of a graph to one nest that writes its outputs.
std::variant<Nest, Decision> lower(const Graph& graph) {
  const GraphFacts facts(graph);
  std::vector<NodeId> members;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!facts.transparent[i]) members.push_back(static_cast<NodeId>(i));
  }
  std::vector<ValueId> outputs;
  for (const Output& output : graph.outputs) outputs.push_back(output.value);
  return build_nest(facts, members, outputs);
}

TEST(Nest, ViewsBecomeIndexExpressions) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[4, 6]
t: float32[6, 4] stride [1, 6] = aten.permute.default(self=%x, dims=[1, 0])
r: float32[6, 4] = aten.relu.default(self=%t)
output %r
)");
  auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  Nest nest = std::get<Nest>(built);
  EXPECT_EQ(nest.kind, Nest::Kind::kMap);
  EXPECT_EQ(nest.reads(), std::vector<ValueId>{0});
  EXPECT_TRUE(verify(graph, nest).has_value());
  merge_axes(nest);
  EXPECT_EQ(nest.parallel.size(), 2U) << "a transposed read cannot be walked as one axis";
}

TEST(Nest, ContiguousAxesMerge) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[4, 6, 5]
r: float32[4, 6, 5] = aten.relu.default(self=%x)
output %r
)");
  auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built));
  Nest nest = std::get<Nest>(built);
  merge_axes(nest);
  EXPECT_EQ(nest.parallel.size(), 1U);
  EXPECT_EQ(nest.parallel_extent(), 120);
}

/// A matrix product, of whose columns some are kept.
Graph sliced_product(int first, int last) {
  return graph_of(std::string(kHeader) + fmt::format(R"(input tensor a: float32[8, 16]
input tensor b: float32[16, 12]
mm: float32[8, 12] = aten.mm.default(self=%a, mat2=%b)
s: float32[8, {2}] stride [12, 1] offset {0} = aten.slice.Tensor(self=%mm, dim=1, start={0}, end={1}, step=1)
r: float32[8, {2}] = aten.relu.default(self=%s)
output %r
)",
                                                     first, last, last - first));
}

TEST(Nest, ASliceIsStoredByWhatWalksTheWhole) {
  const Graph graph = sliced_product(1, 11);
  auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  Nest nest = std::get<Nest>(built);
  EXPECT_EQ(nest.kind, Nest::Kind::kContract);
  ASSERT_EQ(nest.writes.size(), 1U);
  ASSERT_EQ(nest.writes[0].guard.size(), 1U);
  EXPECT_EQ(nest.space.range(nest.writes[0].guard[0].index).low, -1) << "column 0 of the product has no place in the slice";
  EXPECT_TRUE(std::holds_alternative<Decision>(lower(sliced_product(1, 6)))) << "most of the walk would be for nothing";
}

TEST(Nest, AScanIsReadAndWrittenThroughFlips) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[4, 6]
f: float32[4, 6] = aten.flip.default(self=%x, dims=[1])
c: float32[4, 6] = aten.cumsum.default(self=%f, dim=1)
b: float32[4, 6] = aten.flip.default(self=%c, dims=[1])
output %b
)");
  auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  const Nest& nest = std::get<Nest>(built);
  EXPECT_EQ(nest.kind, Nest::Kind::kScan);
  EXPECT_EQ(nest.scans.size(), 1U);
  EXPECT_EQ(nest.reduce_extent(), 6);
  EXPECT_EQ(nest.writes[0].offset.constant, 5) << "the last place of a row is written first";
  EXPECT_TRUE(verify(graph, nest).has_value());
}

TEST(Nest, AScanCannotBeReadElsewhere) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[4, 6]
c: float32[4, 6] = aten.cumsum.default(self=%x, dim=1)
n: float32[4, 5] stride [6, 1] = aten.slice.Tensor(self=%c, dim=1, start=1, end=6, step=1)
o: float32[4, 5] stride [6, 1] = aten.slice.Tensor(self=%c, dim=1, start=0, end=5, step=1)
d: float32[4, 5] = aten.sub.Tensor(self=%n, other=%o, alpha=1)
output %d
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Decision>(built));
}

/// [M, K] x [K, N] over windows whose depth is ordered as the lines say.
Nest convolution(int64_t channels, std::string_view order) {
  const Graph graph = graph_of(
      std::string(kHeader) + fmt::format(R"(input tensor w: float32[32, {1}]
input tensor x: float32[2, {0}, 8, 8]
win: float32[2, {0}, 8, 8, 3, 3] = ka.window(self=%x, dims=[2, 3], kernel=[3, 3], stride=[1, 1], padding=[1, 1], dilation=[1, 1], value=0.0)
p: float32[{2}, 2, 8, 8] = aten.permute.default(self=%win, dims=[{3}, 0, 2, 3])
v: float32[{1}, 128] = aten.view.default(self=%p, size=[{1}, 128])
y: float32[32, 128] = aten.mm.default(self=%w, mat2=%v)
output %y
)",
                                         channels, channels * 9,
                                         order == "taps" ? fmt::format("3, 3, {}", channels) : fmt::format("{}, 3, 3", channels),
                                         order == "taps" ? "4, 5, 1" : "1, 4, 5"));
  auto built = lower(graph);
  EXPECT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  Nest nest = std::get<Nest>(built);
  merge_axes(nest);
  EXPECT_TRUE(verify(graph, nest).has_value());
  return nest;
}

TEST(Nest, DepthIsCutWhereItsPartsFillAStep) {
  const Nest taps = convolution(16, "taps");
  ASSERT_EQ(taps.contraction.depth.size(), 3U);
  EXPECT_EQ(taps.space.extent(taps.contraction.depth.back()), 16);
  EXPECT_EQ(taps.extent(taps.contraction.depth), 144);
  EXPECT_EQ(convolution(8, "taps").contraction.depth.size(), 1U) << "8 channels would leave half a step empty";
  EXPECT_EQ(convolution(16, "channels").contraction.depth.size(), 1U) << "3 columns of taps would";
}

TEST(Nest, SweepsFollowDependencies) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[4, 6]
m: float32[4, 1] = aten.amax.default(self=%x, dim=[1], keepdim=True)
d: float32[4, 6] = aten.sub.Tensor(self=%x, other=%m, alpha=1)
e: float32[4, 6] = aten.exp.default(self=%d)
s: float32[4, 1] = aten.sum.dim_IntList(self=%e, dim=[1], keepdim=True, dtype=None)
o: float32[4, 6] = aten.div.Tensor(self=%e, other=%s)
output %o
)");
  auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  const Nest& nest = std::get<Nest>(built);
  ASSERT_EQ(nest.reductions.size(), 2U);
  EXPECT_EQ(nest.reductions[0].sweep, 0);
  EXPECT_EQ(nest.reductions[1].sweep, 1);
  EXPECT_FALSE(nest.writes[0].per_row);
}

TEST(Nest, RefusesResultsOfOtherRows) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[6, 6]
s: float32[6] = aten.sum.dim_IntList(self=%x, dim=[1], keepdim=False, dtype=None)
o: float32[6, 6] = aten.div.Tensor(self=%x, other=%s)
output %o
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Decision>(built));
  EXPECT_EQ(std::get<Decision>(built).reason, "it needs the reduction's results of other rows");
}

TEST(Nest, RefusesReductionsBehindMatmul) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor a: float32[32, 16]
input tensor b: float32[16, 32]
p: float32[32, 32] = aten.mm.default(self=%a, mat2=%b)
s: float32[32] = aten.sum.dim_IntList(self=%p, dim=[1], keepdim=False, dtype=None)
output %s
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Decision>(built));
  EXPECT_EQ(std::get<Decision>(built).reason, "a reduction over a matmul's output needs all of its tiles first");
}

TEST(Nest, RefusesDifferentExtents) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[6, 8]
input tensor y: float32[5]
r: float32[6, 8] = aten.relu.default(self=%x)
q: float32[5] = aten.relu.default(self=%y)
output %r
output %q
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Decision>(built));
  EXPECT_EQ(std::get<Decision>(built).reason, "they run over different extents");
}

TEST(Nest, WhatAnOperatorReadsNearbyNeedsNoGuard) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor x: float32[2, 3, 400, 400]
input tensor s: float32[3, 1, 1]
m: float32[2, 3, 400, 400] = aten.mul.Tensor(self=%x, other=%s)
p: float32[2, 3, 402, 402] = aten.constant_pad_nd.default(self=%m, pad=[1, 1, 1, 1], value=0)
q: float32[2, 3, 402, 402] = aten.relu.default(self=%p)
output %q
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  const Nest& nest = std::get<Nest>(built);
  int loads = 0;
  for (const Expr& e : nest.exprs) {
    if (e.kind != Expr::Kind::kLoad) continue;
    ++loads;
    EXPECT_EQ(e.guard.empty(), e.tensor == 1) << "the image's reads are guarded, the three scales' are not";
  }
  EXPECT_EQ(loads, 2);
}

TEST(Nest, GatheredReadsAreGuarded) {
  const Graph graph = graph_of(std::string(kHeader) + R"(input tensor w: float32[10, 4]
input tensor i: int64[3]
e: float32[3, 4] = aten.embedding.default(weight=%w, indices=%i, padding_idx=-1, scale_grad_by_freq=False, sparse=False)
output %e
)");
  const auto built = lower(graph);
  ASSERT_TRUE(std::holds_alternative<Nest>(built)) << std::get<Decision>(built).reason;
  const Nest& nest = std::get<Nest>(built);
  bool guarded = false;
  for (const Expr& e : nest.exprs) guarded = guarded || (e.kind == Expr::Kind::kLoad && e.tensor == 0 && !e.guard.empty());
  EXPECT_TRUE(guarded) << "an index from memory must not lead outside the table";
}

}  // namespace
}  // namespace ka
