#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/decision.h"
#include "ir/graph.h"
#include "loops/attention.h"
#include "loops/contraction.h"
#include "loops/index.h"
#include "loops/recurrence.h"
#include "ops/table.h"

namespace ka {

/// Requires low ≤ index < high; dropped where the ranges prove it.
struct Condition {
  Index index;
  int64_t low = 0;
  int64_t high = 0;
  auto operator<=>(const Condition&) const = default;
};
using Guard = std::vector<Condition>;  ///< all must hold; sorted, unique

/// One scalar expression: what an element is.
struct Expr {
  enum class Kind {
    kConstant,  ///< a literal
    kPosition,  ///< the value of an index expression
    kLoad,      ///< an element of a tensor held in memory; zero where the guard fails
    kOperator,  ///< a pointwise row of the operator table over operands
    kSelect,    ///< operands[0] where the guard holds, else operands[1]
    kReduced,   ///< a result of one of the nest's reductions
    kScanned,   ///< a result of one of the nest's scans, at the same place in the row
    kProduct,   ///< the nest's contraction, or what its attention comes to
    kScore,     ///< the product below the scores of the nest's attention
    kState,     ///< a state of the nest's recurrence after a step
  } kind = Kind::kConstant;
  Dtype type = Dtype::kFloat32;  ///< the tensor type it stands for; half types are held in float32
  Argument literal;              ///< kConstant
  Index index;                   ///< kPosition: the value; kLoad: offset in elements
  Guard guard;                   ///< kLoad, kSelect
  ValueId tensor = kNone;        ///< kLoad
  NodeId node = kNone;           ///< kOperator: the graph node whose arguments the expression text names
  std::vector<ExprId> operands;  ///< kOperator: the node's reference arguments in order; kSelect: the two branches
  int32_t number = 0;            ///< kReduced, kScanned: which reduction or scan
  int32_t result = 0;            ///< kReduced: which of its results (moments have two)
};

enum class ReduceKind { kSum, kProd, kMax, kMin, kAny, kAll, kArgmax, kArgmin, kMoments };
std::string_view name(ReduceKind kind);

/// Combines an expression over all reduce axes of its nest.
struct Reduction {
  ReduceKind kind = ReduceKind::kSum;
  ExprId input = kNone;
  Dtype type = Dtype::kFloat32;  ///< of the result
  int sweep = 0;                 ///< reductions of one sweep share a pass over the row; later sweeps use earlier results
  NodeId node = kNone;
};

enum class ScanKind { kSum, kProd, kMax, kMin, kLogSumExp };
std::string_view name(ScanKind kind);

/// Combines, for every place in a row, all elements up to it. A scan may read another one's results at its own place.
struct Scan {
  ScanKind kind = ScanKind::kSum;
  ExprId input = kNone;
  Dtype type = Dtype::kFloat32;  ///< of the result, and of the running value
  NodeId node = kNone;
};

/// Stores an expression into a tensor.
struct Write {
  ValueId tensor = kNone;
  Index offset;
  ExprId value = kNone;
  bool per_row = false;  ///< does not depend on the reduce axes: written once a row
  Guard guard = {};      ///< where the axes walk beyond the tensor (a slice of what they walk), what holds inside
};

/// One launch's algorithm: axes, reads as index expressions, one expression per write. No schedule is chosen here.
struct Nest {
  enum class Kind { kMap, kReduce, kScan, kContract, kRecur, kAttend } kind = Kind::kMap;
  IndexSpace space;
  std::vector<Expr> exprs;
  std::vector<AxisId> parallel;  ///< outermost first; kContract, kAttend: batch, rows, columns
  std::vector<AxisId> reduce;    ///< the row's axes: kReduce: outermost first; kScan: the one that is scanned
  std::vector<Reduction> reductions;
  std::vector<Scan> scans;  ///< in an order in which they can run
  Contraction contraction;  ///< kContract
  Recurrence recurrence;    ///< kRecur; its writes are the states in order
  Attention attention;      ///< kAttend
  std::vector<Write> writes;
  std::vector<NodeId> nodes;  ///< the graph nodes it computes, views and sources included, in topological order

  const Expr& expr(ExprId id) const { return exprs[static_cast<size_t>(id)]; }
  int64_t parallel_extent() const { return extent(parallel); }
  int64_t reduce_extent() const { return extent(reduce); }
  int64_t extent(const std::vector<AxisId>& axes) const;
  std::vector<ValueId> reads() const;             ///< tensors loaded, in order of first use
  std::vector<ValueId> reads(ExprId root) const;  ///< those that one expression needs
  /// An expression and all that it is made of, through operands, indices and guards, each once.
  std::vector<ExprId> made_of(ExprId root) const;
  /// Axes an expression depends on, through loads, operands and divisions; a reduction's result depends on no reduce axis.
  std::vector<bool> axes_of(ExprId id) const;
};

/// What lowering asks of a graph again and again, computed once.
struct GraphFacts {
  explicit GraphFacts(const Graph& of);
  const Graph& graph;
  std::vector<std::vector<NodeId>> users;  ///< by value
  /// Nodes that every reader recomputes: views that change only indices, sources, and pointwise nodes over sources alone.
  std::vector<bool> transparent;
};

std::string_view name(Nest::Kind kind);

/// Lowers a closed set of nodes to one nest: `members` are its computing nodes; views and sources between them are followed freely.
/// `outputs` are the values that must end up in memory. Says why where one nest cannot do it.
/// The returned nest is exact: fusing is substituting a producer's expression at the consumer's index.
std::variant<Nest, Decision> build_nest(const GraphFacts& facts, const std::vector<NodeId>& members,
                                        const std::vector<ValueId>& outputs);

/// Merges neighbouring axes that every index expression walks as one; fewer divisions, plainer code, same elements. Before that, a
/// contraction's depth that is walked in parts of 16 or more (channels within a convolution's taps) is cut into axes; after it, rows of
/// which two, four or eight are written between neighbouring columns (a transposed convolution's phases) get an axis for these.
void merge_axes(Nest& nest);

/// The greatest offset of a tensor's elements, from its first.
int64_t last_offset(const TensorType& type);

/// True for views that PyTorch can make on the host without computing (permute, view, slice …).
bool is_host_view(const Node& node);

/// Checks a nest's own rules: operand ids in range, reads inside their tensors, sweeps ordered. For tests and the plan's verifier.
Status verify(const Graph& graph, const Nest& nest);

}  // namespace ka
