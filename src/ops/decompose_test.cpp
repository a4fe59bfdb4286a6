#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "ops/contraction.h"
#include "ops/rewriter.h"
#include "ops/table.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A small program, written as one.
class Program {
 public:
  Program() { graph_.name = "Program"; }

  ValueId input(const Shape& size, Dtype dtype = Dtype::kFloat32) {
    const ValueId id = value(fmt::format("x{}", graph_.inputs.size()), contiguous_type(dtype, size), kNone, 0);
    graph_.inputs.push_back(
        {.kind = InputKind::kTensor, .name = graph_.value(id).name, .value = id, .scalar_type = {}, .example = {}});
    return id;
  }
  ValueId call(const std::string& name, const std::string& op, std::vector<NamedArgument> arguments, TensorType type) {
    return calls(name, op, std::move(arguments), {std::move(type)}).front();
  }
  std::vector<ValueId> calls(const std::string& name, const std::string& op, std::vector<NamedArgument> arguments,
                             const std::vector<TensorType>& types) {
    Node node;
    node.name = name;
    node.op = op;
    node.arguments = std::move(arguments);
    node.location = {"problem.py", 12, "self.fc(x)"};
    node.module = "fc";
    const auto id = static_cast<NodeId>(graph_.nodes.size());
    for (size_t i = 0; i < types.size(); ++i) {
      node.outputs.push_back(value(types.size() == 1 ? name : fmt::format("{}_{}", name, i), types[i], id, static_cast<int>(i)));
    }
    graph_.nodes.push_back(node);
    return node.outputs;
  }
  void output(ValueId id) { graph_.outputs.push_back({.kind = OutputKind::kUser, .value = id, .target = kNone}); }

  const Graph& graph() const { return graph_; }
  Graph decomposed() const {
    Result<Graph> out = decompose(graph_);
    EXPECT_TRUE(out.has_value()) << to_text(out.error());
    const Status valid = verify(*out);
    EXPECT_TRUE(valid.has_value()) << to_text(valid.error());
    return std::move(*out);
  }
  std::string failure() const {
    const Result<Graph> out = decompose(graph_);
    EXPECT_FALSE(out.has_value());
    return out ? std::string() : to_text(out.error());
  }

 private:
  ValueId value(const std::string& name, TensorType type, NodeId producer, int index) {
    graph_.values.push_back({name, std::move(type), producer, index});
    return static_cast<ValueId>(graph_.values.size()) - 1;
  }
  Graph graph_;
};

Argument r(ValueId id) { return Argument{Ref{id}}; }
Argument n(int64_t number) { return Argument{number}; }
TensorType f32(const Shape& size) { return contiguous_type(Dtype::kFloat32, size); }

std::vector<std::string> ops(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.op);
  return names;
}

TEST(Decompose, LinearKeepsItsNameAndOrigin) {
  Program p;
  const ValueId x = p.input({32, 64});
  const ValueId w = p.input({48, 64});
  const ValueId b = p.input({48});
  p.output(p.call("linear", "aten.linear.default", {{"input", r(x)}, {"weight", r(w)}, {"bias", r(b)}}, f32({32, 48})));
  const Graph out = p.decomposed();
  EXPECT_THAT(ops(out), ElementsAre("aten.permute.default", "aten.mm.default", "aten.add.Tensor"));
  EXPECT_EQ(out.value(out.outputs[0].value).name, "linear");
  for (const Node& node : out.nodes) {
    EXPECT_EQ(node.origin, 0);
    EXPECT_EQ(node.module, "fc");
    EXPECT_EQ(node.location.line, 12);
  }
}

TEST(Decompose, HalfLinearRoundsOnce) {
  Program p;
  const ValueId x = p.input({32, 64}, Dtype::kFloat16);
  const ValueId w = p.input({48, 64}, Dtype::kFloat16);
  const ValueId b = p.input({48}, Dtype::kFloat16);
  p.output(p.call("linear", "aten.linear.default", {{"input", r(x)}, {"weight", r(w)}, {"bias", r(b)}},
                  contiguous_type(Dtype::kFloat16, {32, 48})));
  const Graph out = p.decomposed();
  const auto mm = std::find_if(out.nodes.begin(), out.nodes.end(), [](const Node& node) { return node.op == "aten.mm.default"; });
  ASSERT_NE(mm, out.nodes.end());
  EXPECT_EQ(out.type(mm->outputs[0]).dtype, Dtype::kFloat32);
  EXPECT_EQ(out.nodes.back().op, "aten.to.dtype");
}

TEST(Decompose, UnusedOutputsAndDeadNodesCostNothing) {
  Program p;
  const ValueId x = p.input({8, 16});
  const std::vector<ValueId> both = p.calls("max", "aten.max.dim", {{"self", r(x)}, {"dim", n(1)}, {"keepdim", Argument{false}}},
                                            {f32({8}), contiguous_type(Dtype::kInt64, {8})});
  p.call("sorted", "aten.sort.default", {{"self", r(x)}, {"dim", n(-1)}, {"descending", Argument{false}}},
         f32({8, 16}));  // refused, but dead
  p.output(both[0]);
  EXPECT_THAT(ops(p.decomposed()), ElementsAre("aten.amax.default"));
}

TEST(Decompose, CopiesVanishUnlessTheyAreReturned) {
  Program p;
  const ValueId x = p.input({4});
  const ValueId y = p.call("clone", "aten.clone.default", {{"self", r(x)}, {"memory_format", Argument{}}}, f32({4}));
  const ValueId z = p.call("relu", "aten.relu.default", {{"self", r(y)}}, f32({4}));
  p.output(z);
  EXPECT_THAT(ops(p.decomposed()), ElementsAre("aten.relu.default"));

  p.output(p.call("view", "aten.view.default", {{"self", r(y)}, {"size", integer_list({2, 2})}}, f32({2, 2})));
  const Graph out = p.decomposed();
  EXPECT_THAT(ops(out), ElementsAre("aten.clone.default", "aten.relu.default", "aten.view.default"));
}

TEST(Decompose, ReturnedLayoutsKeepTheirStrides) {
  Program p;
  const ValueId x = p.input({4, 6});
  TensorType turned = f32({6, 4});
  turned.stride = {1, 6};
  const ValueId t = p.call("t", "aten.t.default", {{"self", r(x)}}, turned);
  p.output(t);
  p.output(p.call("contiguous", "aten.contiguous.default", {{"self", r(t)}, {"memory_format", n(0)}}, f32({6, 4})));
  const Graph out = p.decomposed();
  EXPECT_EQ(out.type(out.outputs[0].value).strides(), (Shape{1, 6}));
  EXPECT_EQ(out.type(out.outputs[1].value).strides(), (Shape{4, 1}));
  EXPECT_THAT(ops(out), ElementsAre("aten.permute.default", "aten.clone.default"));
}

TEST(Decompose, CanonicalArguments) {
  Program p;
  const ValueId x = p.input({4, 6});
  p.output(p.call("slice", "aten.slice.Tensor",
                  {{"self", r(x)}, {"dim", n(-1)}, {"start", n(-4)}, {"end", n(9223372036854775807)}, {"step", n(2)}},
                  f32({4, 2})));
  p.output(p.call("sum", "aten.sum.default", {{"self", r(x)}, {"dtype", Argument{}}}, f32({})));
  const Graph out = p.decomposed();
  EXPECT_EQ(out.nodes[0].at("dim").integer(), 1);
  EXPECT_EQ(out.nodes[0].at("start").integer(), 2);
  EXPECT_EQ(out.nodes[0].at("end").integer(), 6);
  EXPECT_EQ(out.nodes[1].at("dim").integers(), (Shape{0, 1}));
}

TEST(Decompose, FailureNamesOperatorPlaceAndWayOut) {
  Program p;
  const ValueId x = p.input({4});
  p.output(p.call("mode", "aten.linalg_matrix_exp.default", {{"self", r(x)}}, f32({4})));
  EXPECT_THAT(p.failure(), HasSubstr("aten.linalg_matrix_exp.default: matrix factorisations"));
  EXPECT_THAT(p.failure(), HasSubstr("problem.py:12"));
  EXPECT_THAT(p.failure(), HasSubstr("hint:"));
}

TEST(Decompose, WrongShapesAreOursToReport) {
  Program p;
  const ValueId x = p.input({4, 6});
  p.output(p.call("sum", "aten.sum.default", {{"self", r(x)}, {"dtype", Argument{}}}, f32({3})));
  const Result<Graph> out = decompose(p.graph());
  ASSERT_FALSE(out.has_value());
  EXPECT_EQ(out.error().fault, Fault::kInternal);
  EXPECT_THAT(out.error().message, HasSubstr("rewritten as float32[], traced as float32[3]"));
}

TEST(Decompose, IsAFixedPoint) {
  Program p;
  const ValueId x = p.input({32, 64});
  const ValueId s = p.call("softmax", "aten.softmax.int", {{"self", r(x)}, {"dim", n(-1)}, {"dtype", Argument{}}}, f32({32, 64}));
  p.output(p.call("norm", "aten.layer_norm.default",
                  {{"input", r(s)},
                   {"normalized_shape", integer_list({64})},
                   {"weight", Argument{}},
                   {"bias", Argument{}},
                   {"eps", Argument{1e-5}}},
                  f32({32, 64})));
  const Graph once = p.decomposed();
  const Result<Graph> twice = decompose(once);
  ASSERT_TRUE(twice.has_value());
  EXPECT_EQ(ops(*twice), ops(once));
  for (const Node& node : once.nodes) EXPECT_TRUE(can_emit(once, node)) << node.op;
}

TEST(Contraction, FormFollowsExtents) {
  const auto form = [](int64_t m, int64_t n, int64_t k, Dtype dtype = Dtype::kFloat32) {
    return choose_contraction(1, m, n, k, dtype).form;
  };
  EXPECT_EQ(form(4096, 4096, 4096), ContractionForm::kDot);
  EXPECT_EQ(form(2048, 1, 1048576), ContractionForm::kReduce);  // a matrix times a vector
  EXPECT_EQ(form(15, 512, 512), ContractionForm::kReduce);
  EXPECT_EQ(form(3, 25088, 4096), ContractionForm::kReduce);
  EXPECT_EQ(form(10, 4096, 25088), ContractionForm::kSplit);  // few rows, but a large matrix
  EXPECT_EQ(form(10, 4096, 1024), ContractionForm::kDot);
  EXPECT_EQ(form(64, 64, 64, Dtype::kInt64), ContractionForm::kReduce);
  EXPECT_EQ(form(256, 256, 4096), ContractionForm::kDot);
  const ContractionChoice split = choose_contraction(1, 256, 256, 524288, Dtype::kFloat32);
  EXPECT_EQ(split.form, ContractionForm::kSplit);
  EXPECT_EQ(split.pieces, 128);
  EXPECT_EQ(form(256, 256, 8191), ContractionForm::kDot);     // K does not split evenly
  EXPECT_EQ(form(4096, 4096, 16384), ContractionForm::kDot);  // enough tiles already
}

TEST(Contraction, SplitSumsPartialProducts) {
  Program p;
  const ValueId a = p.input({256, 524288});
  const ValueId b = p.input({524288, 256});
  p.output(p.call("mm", "aten.mm.default", {{"self", r(a)}, {"mat2", r(b)}}, f32({256, 256})));
  const Graph out = p.decomposed();
  EXPECT_THAT(ops(out), ElementsAre("aten.view.default", "aten.permute.default", "aten.view.default", "aten.bmm.default",
                                    "aten.sum.dim_IntList"));
  EXPECT_EQ(out.type(out.nodes[3].outputs[0]).sizes(), (Shape{128, 256, 256}));
}

TEST(Decompose, IsFast) {
  Program p;
  ValueId x = p.input({32, 64});
  const ValueId w = p.input({64, 64});
  for (int i = 0; i < 2500; ++i) {
    x = p.call(fmt::format("linear_{}", i), "aten.linear.default", {{"input", r(x)}, {"weight", r(w)}, {"bias", Argument{}}},
               f32({32, 64}));
    x = p.call(fmt::format("relu_{}", i), "aten.relu.default", {{"self", r(x)}}, f32({32, 64}));
    x = p.call(fmt::format("add_{}", i), "aten.add.Tensor", {{"self", r(x)}, {"other", n(1)}, {"alpha", n(1)}}, f32({32, 64}));
    x = p.call(fmt::format("view_{}", i), "aten.reshape.default", {{"self", r(x)}, {"shape", integer_list({32, 64})}},
               f32({32, 64}));
  }
  p.output(x);
  const auto start = std::chrono::steady_clock::now();
  const Result<Graph> out = decompose(p.graph());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->nodes.size(), 2500U * 4);
  RecordProperty("seconds", std::to_string(seconds));
  std::printf("10,000 nodes in %.1f ms\n", seconds * 1e3);
  EXPECT_LT(seconds, 5.0);  // a debug build under a sanitizer on a busy machine; release takes under 50 ms
}

}  // namespace
}  // namespace ka
