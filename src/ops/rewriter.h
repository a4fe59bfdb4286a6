#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ops/shapes.h"

namespace ka {

/// Builds the decomposed graph from the traced one. Every call infers the new value's type (broadcast shape, given dtype,
/// contiguous strides) and marks the new node with the traced node it came from. Decompositions are written in terms of it.
class Rewriter {
 public:
  explicit Rewriter(const Graph& from);

  const Graph& from() const { return from_; }
  /// The new graph, with names for the nodes and values that stand for nothing traced: "linear_permute", "linear_permute_1".
  Graph& to();
  const Graph& so_far() const { return to_; }  ///< without those names
  const TensorType& type(ValueId value) const { return to_.type(value); }
  Dtype dtype(ValueId value) const { return type(value).dtype; }
  Shape shape(ValueId value) const { return type(value).sizes(); }
  int64_t rank(ValueId value) const { return type(value).rank(); }
  /// The type of a traced node's output; null where the output is unused.
  const TensorType* result(const Node& traced, size_t index = 0) const;

  /// The new graph's value for a traced value or for a node's argument.
  ValueId mapped(ValueId traced) const;
  ValueId operand(const Node& traced, std::string_view argument) const;   ///< CHECKs that it is a reference
  bool has_operand(const Node& traced, std::string_view argument) const;  ///< a reference, not None
  Argument mapped(const Argument& traced) const;  ///< references replaced, lists included; literals as they are

  /// May the traced value, or a view of it, be a graph output? There a copy must stay a copy and keep its strides.
  bool escapes(ValueId traced) const { return escapes_[static_cast<size_t>(traced)]; }

  /// Does any node or output read the traced value?
  bool is_read(ValueId traced) const { return read_[static_cast<size_t>(traced)]; }

  /// Sets which traced node the following calls belong to.
  void enter(NodeId traced) { origin_ = traced; }
  /// Says that the traced node's output `index` is `value`; the value takes the traced value's name and strides unless it already
  /// stands for another traced value. A shape or dtype that differs from the traced one becomes the rewriter's problem().
  void bind(const Node& traced, size_t index, ValueId value);
  /// Calls the traced node's operator on the mapped operands, and binds its outputs: a primitive stays as it was traced.
  void copy(const Node& traced);
  /// What the first wrong `bind` did, or empty.
  const std::string& problem() const { return problem_; }

  /// Appends a node and returns its first output. Neither has a name before it is bound or to() is called.
  ValueId call(std::string op, std::vector<NamedArgument> arguments, TensorType type);
  std::vector<ValueId> call_many(std::string op, std::vector<NamedArgument> arguments, std::vector<TensorType> types);

  // --- Pointwise, shapes broadcast ---
  ValueId unary(std::string op, ValueId self);                    ///< result dtype = operand's
  ValueId binary(std::string op, ValueId self, ValueId other);    ///< e.g. "aten.mul.Tensor"; dtype promoted
  ValueId binary(std::string op, ValueId self, double other);     ///< number operand; dtype of self
  ValueId compare(std::string op, ValueId self, Argument other);  ///< "aten.eq.Tensor"/"aten.eq.Scalar"; bool
  ValueId where(ValueId condition, Argument self, Argument other, Dtype dtype);
  ValueId cast(ValueId self, Dtype dtype);  ///< "aten.to.dtype"; nothing where equal

  // --- Views ---
  ValueId view(ValueId self, Shape size);
  ValueId permute(ValueId self, Shape dims);
  ValueId transpose(ValueId self, int64_t a, int64_t b);
  ValueId expand(ValueId self, Shape size);
  ValueId unsqueeze(ValueId self, int64_t dim);
  ValueId squeeze(ValueId self, Shape dims);
  ValueId slice(ValueId self, int64_t dim, int64_t start, int64_t end, int64_t step = 1);
  ValueId select(ValueId self, int64_t dim, int64_t index);

  // --- Sources: int64/float scalars and ranges ---
  ValueId full(Shape size, Argument value, Dtype dtype);                    ///< "aten.full.default"
  ValueId arange(int64_t start, int64_t count, int64_t step, Dtype dtype);  ///< "aten.arange.start_step", 1-d

  // --- Reductions; dims may be negative, empty means all ---
  ValueId reduce(
      std::string op, ValueId self, Shape dims, bool keepdim,
      Dtype dtype);  ///< aten.sum.dim_IntList, aten.amax.default, aten.amin.default, ka.prod, aten.any.dims, aten.all.dims
  ValueId sum(ValueId self, Shape dims, bool keepdim);                         ///< accumulates in, and gives, the operand's type
  ValueId argreduce(std::string op, ValueId self, int64_t dim, bool keepdim);  ///< argmax/argmin.default over one dim; int64
  /// "ka.moments": over dims, keepdim: {mean, sum of squared deviations}, in float32 (float64 for float64), one pass (Chan et al. 1979).
  std::pair<ValueId, ValueId> moments(ValueId self, Shape dims);

  // --- Contractions ---
  ValueId mm(ValueId lhs, ValueId rhs, Dtype dtype);   ///< [M,K] x [K,N]
  ValueId bmm(ValueId lhs, ValueId rhs, Dtype dtype);  ///< [B,M,K] x [B,K,N]

 private:
  std::string fresh_name(const std::string& base);

  const Graph& from_;
  Graph to_;
  std::vector<ValueId> mapped_;  ///< by traced value
  std::vector<bool> escapes_;    ///< by traced value
  std::vector<bool> read_;       ///< by traced value
  std::vector<bool> bound_;      ///< by new value: stands for an input or a traced value
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, int> counters_;
  size_t named_ = 0;  ///< nodes that have names
  std::string problem_;
  NodeId origin_ = kNone;
};

/// Rewrites every composite and aliasing operator into primitives, in topological order. The primitives are the rows of the
/// table whose class is not kComposite. Nodes that no output depends on are dropped. Fails with the operator's name, its line,
/// and what to do.
Result<Graph> decompose(const Graph& traced);
/// Decomposes one node of a graph by itself: its operands become inputs, its outputs outputs.
Result<Graph> decompose_alone(const Graph& graph, const Node& node);

}  // namespace ka
