#include "ops/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "ops/rewriter.h"

namespace ka {
namespace {

using testing::HasSubstr;

/// One node over float32 inputs of the given shapes ("x0", "x1", ...), and its output's type.
Graph one_node(const std::string& op, std::vector<NamedArgument> arguments, const std::vector<TensorType>& inputs,
               const std::vector<TensorType>& outputs) {
  Graph graph;
  graph.name = "One";
  for (size_t i = 0; i < inputs.size(); ++i) {
    graph.values.push_back({fmt::format("x{}", i), inputs[i], kNone, 0});
    graph.inputs.push_back({.kind = InputKind::kTensor,
                            .name = graph.values.back().name,
                            .value = static_cast<ValueId>(i),
                            .scalar_type = {},
                            .example = {}});
  }
  Node node;
  node.name = "node";
  node.op = op;
  node.arguments = std::move(arguments);
  node.location = {"problem.py", 7, "y = f(x)"};
  for (size_t i = 0; i < outputs.size(); ++i) {
    node.outputs.push_back(static_cast<ValueId>(graph.values.size()));
    graph.values.push_back({fmt::format("y{}", i), outputs[i], 0, static_cast<int>(i)});
    graph.outputs.push_back({.kind = OutputKind::kUser, .value = node.outputs.back(), .target = kNone});
  }
  graph.nodes.push_back(std::move(node));
  return graph;
}

Argument x(ValueId id) { return Argument{Ref{id}}; }
TensorType f32(const Shape& size) { return contiguous_type(Dtype::kFloat32, size); }

TEST(OpTable, IsSortedAndComplete) {
  const std::vector<OpRow>& rows = op_table().rows();
  EXPECT_GT(rows.size(), 600U);
  for (size_t i = 0; i < rows.size(); ++i) {
    const OpRow& row = rows[i];
    if (i > 0) {
      EXPECT_LT(rows[i - 1].name, row.name);
    }
    if (!row.refusal.empty()) continue;
    const bool pointwise = row.op_class == OpClass::kPointwise;
    EXPECT_EQ(pointwise, !row.expression.empty() || row.choose != nullptr) << row.name;
    if (row.op_class == OpClass::kComposite) {
      EXPECT_NE(row.decompose, nullptr) << row.name;
    }
    EXPECT_EQ(op_table().find(row.name), &row);
  }
  EXPECT_EQ(op_table().find("aten.nothing.default"), nullptr);
}

/// The primitives that lowering knows; a new one is a decision, not an accident.
TEST(OpTable, PrimitivesAreTheContract) {
  std::set<std::string> primitives;
  for (const OpRow& row : op_table().rows()) {
    if (row.op_class != OpClass::kPointwise && row.op_class != OpClass::kComposite) primitives.insert(row.name);
  }
  const std::set<std::string> contract = {"aten.permute.default",
                                          "aten.view.default",
                                          "aten.expand.default",
                                          "aten.slice.Tensor",
                                          "aten.select.int",
                                          "aten.unsqueeze.default",
                                          "aten.squeeze.dims",
                                          "aten.flip.default",
                                          "aten.diagonal.default",
                                          "aten.constant_pad_nd.default",
                                          "aten.cat.default",
                                          "ka.roll",
                                          "ka.window",
                                          "aten.index.Tensor",
                                          "aten.index_select.default",
                                          "aten.gather.default",
                                          "aten.embedding.default",
                                          "aten.full.default",
                                          "aten.arange.start_step",
                                          "aten.sum.dim_IntList",
                                          "ka.draw",
                                          "ka.prod",
                                          "aten.amax.default",
                                          "aten.amin.default",
                                          "aten.any.dims",
                                          "aten.all.dims",
                                          "aten.argmax.default",
                                          "aten.argmin.default",
                                          "ka.moments",
                                          "ka.opaque",
                                          "aten.cumsum.default",
                                          "aten.cumprod.default",
                                          "aten.logcumsumexp.default",
                                          "ka.cummax",
                                          "ka.cummin",
                                          "ka.lstm",
                                          "ka.gru",
                                          "ka.rnn_tanh",
                                          "ka.rnn_relu",
                                          "aten.mm.default",
                                          "aten.bmm.default",
                                          "ka.attend"};
  EXPECT_EQ(primitives, contract);
}

TEST(CanEmit, SaysHowAndWhyNot) {
  const Graph add = one_node("aten.add.Tensor", {{"self", x(0)}, {"other", x(1)}, {"alpha", Argument{int64_t{1}}}},
                             {f32({4}), f32({4})}, {f32({4})});
  EXPECT_EQ(can_emit(add, add.nodes[0]).reason, "pointwise");

  const Graph unknown = one_node("aten.nothing.default", {{"self", x(0)}}, {f32({4})}, {f32({4})});
  EXPECT_FALSE(can_emit(unknown, unknown.nodes[0]));
  EXPECT_THAT(can_emit(unknown, unknown.nodes[0]).reason, HasSubstr("aten.nothing.default: has no row"));

  const Graph refused = one_node("aten.linalg_matrix_exp.default", {{"self", x(0)}}, {f32({4})}, {f32({4})});
  EXPECT_THAT(can_emit(refused, refused.nodes[0]).reason, HasSubstr("matrix factorisations are not emitted"));

  const TensorType complex = contiguous_type(Dtype::kComplex64, {4});
  const Graph imaginary = one_node("aten.exp.default", {{"self", x(0)}}, {complex}, {complex});
  EXPECT_THAT(can_emit(imaginary, imaginary.nodes[0]).reason, HasSubstr("complex"));
}

TEST(CanEmit, TriesADecomposition) {
  const auto dropout = [](bool train) {
    return one_node("aten.dropout.default", {{"input", x(0)}, {"p", Argument{0.5}}, {"train", Argument{train}}}, {f32({4})},
                    {f32({4})});
  };
  const Graph eval = dropout(false);
  const Graph live = dropout(true);
  EXPECT_TRUE(can_emit(eval, eval.nodes[0]));
  EXPECT_TRUE(can_emit(live, live.nodes[0])) << "PyTorch draws, the rest is ours";
  const Graph drawn = one_node("aten.poisson.default", {{"input", x(0)}}, {f32({4})}, {f32({4})});
  EXPECT_THAT(can_emit(drawn, drawn.nodes[0]).reason, HasSubstr("random"));
}

TEST(CanEmit, RefusesWhatOneStepOfADecompositionCannotDo) {
  const TensorType wide = contiguous_type(Dtype::kFloat64, {4});
  const TensorType one = contiguous_type(Dtype::kFloat64, {});
  const Graph norm = one_node("aten.norm.Scalar", {{"self", x(0)}, {"p", Argument{3.0}}}, {wide}, {one});
  EXPECT_THAT(can_emit(norm, norm.nodes[0]).reason, HasSubstr("needs aten.pow.Tensor_Scalar"));
}

TEST(Expression, DependsOnArgumentsAndTypes) {
  const auto text = [](const Graph& graph) { return expression(*op_table().find(graph.nodes[0].op), graph, graph.nodes[0]); };
  const auto scaled = [&](int64_t alpha) {
    return text(one_node("aten.add.Tensor", {{"self", x(0)}, {"other", x(1)}, {"alpha", Argument{alpha}}}, {f32({4}), f32({4})},
                         {f32({4})}));
  };
  EXPECT_EQ(scaled(1), "{self} + {other}");
  EXPECT_EQ(scaled(2), "{self} + {alpha} * {other}");
  const auto divided = [&](double by) {
    return text(one_node("aten.div.Tensor", {{"self", x(0)}, {"other", Argument{by}}}, {f32({4})}, {f32({4})}));
  };
  EXPECT_EQ(divided(8), "{self} * 0.125");
  EXPECT_EQ(divided(3), "tl.math.div_rn({self}, {other})");
  const TensorType f64 = contiguous_type(Dtype::kFloat64, {4});
  EXPECT_EQ(text(one_node("aten.sqrt.default", {{"self", x(0)}}, {f64}, {f64})), "tl.sqrt({self})");
  EXPECT_EQ(text(one_node("aten.sqrt.default", {{"self", x(0)}}, {f32({4})}, {f32({4})})), "tl.sqrt_rn({self})");
}

TEST(Promotion, FollowsCategoriesAndDimensions) {
  EXPECT_EQ(promote(Dtype::kFloat16, Dtype::kBFloat16), Dtype::kFloat32);
  EXPECT_EQ(promote(Dtype::kUint8, Dtype::kInt8), Dtype::kInt16);
  EXPECT_EQ(promote(Dtype::kInt64, Dtype::kFloat16), Dtype::kFloat16);
  EXPECT_EQ(promote(Dtype::kBool, Dtype::kUint8), Dtype::kUint8);
  const auto with = [](Dtype a, const Shape& shape_a, Argument other, const TensorType* b) {
    std::vector<TensorType> inputs = {contiguous_type(a, shape_a)};
    if (b != nullptr) inputs.push_back(*b);
    const Graph graph = one_node("aten.mul.Tensor", {{"self", x(0)}, {"other", std::move(other)}}, inputs, {f32({4})});
    return promoted_operand_type(graph, graph.nodes[0]);
  };
  EXPECT_EQ(with(Dtype::kFloat16, {4}, Argument{2.5}, nullptr), Dtype::kFloat16);
  EXPECT_EQ(with(Dtype::kInt32, {4}, Argument{2.5}, nullptr), Dtype::kFloat32);
  EXPECT_EQ(with(Dtype::kInt8, {4}, Argument{int64_t{3}}, nullptr), Dtype::kInt8);
  EXPECT_EQ(with(Dtype::kBool, {4}, Argument{int64_t{3}}, nullptr), Dtype::kInt64);
  const TensorType scalar = contiguous_type(Dtype::kFloat64, {});
  EXPECT_EQ(with(Dtype::kFloat32, {4}, x(1), &scalar), Dtype::kFloat32);
  EXPECT_EQ(with(Dtype::kInt64, {4}, x(1), &scalar), Dtype::kFloat64);
}

TEST(CostOf, CountsBytesOnceAndOperations) {
  const Graph add = one_node("aten.add.Tensor", {{"self", x(0)}, {"other", x(1)}}, {f32({100}), f32({1})}, {f32({100})});
  EXPECT_EQ(cost(add, add.nodes[0]).bytes, 804);
  EXPECT_EQ(cost(add, add.nodes[0]).flops, 100);
  const Graph mm = one_node("aten.mm.default", {{"self", x(0)}, {"mat2", x(1)}}, {f32({64, 32}), f32({32, 16})}, {f32({64, 16})});
  EXPECT_EQ(cost(mm, mm.nodes[0]).flops, 2.0 * 64 * 32 * 16);
  const Graph linear = one_node("aten.linear.default", {{"input", x(0)}, {"weight", x(1)}, {"bias", Argument{}}},
                                {f32({64, 32}), f32({16, 32})}, {f32({64, 16})});
  EXPECT_EQ(cost(linear, linear.nodes[0]).flops, 2.0 * 64 * 32 * 16);
  const Graph conv = one_node("aten.conv2d.default", {{"input", x(0)}, {"weight", x(1)}, {"bias", Argument{}}},
                              {f32({1, 3, 8, 8}), f32({4, 3, 3, 3})}, {f32({1, 4, 6, 6})});
  EXPECT_EQ(cost(conv, conv.nodes[0]).flops, 2.0 * (4 * 6 * 6) * (3 * 3 * 3));
  const Graph view = one_node("aten.view.default", {{"self", x(0)}, {"size", integer_list({16})}}, {f32({4, 4})}, {f32({16})});
  EXPECT_EQ(cost(view, view.nodes[0]).bytes, 0);
}

}  // namespace
}  // namespace ka
