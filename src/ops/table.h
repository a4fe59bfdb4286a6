#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/decision.h"
#include "ir/graph.h"

namespace ka {

class Rewriter;

/// What an operator is to the compiler.
enum class OpClass {
  kPointwise,  ///< one Triton expression over its operands at the same (broadcast) index
  kView,       ///< changes where an element is found, computes nothing; may guard (pad) or choose between sources (cat)
  kGather,     ///< reads at an index that is itself data
  kSource,     ///< makes a tensor from constants and positions (full, arange)
  kReduce,     ///< combines elements over some dims
  kScan,       ///< combines, for every place along a dim, all elements up to it
  kRecur,      ///< walks the steps of a recurrent layer
  kContract,   ///< sums products over a shared dim (mm, bmm)
  kAttend,     ///< multiplies the softmax of rows of scores with a matrix (ka.attend)
  kDraw,       ///< `ka.draw`: random numbers that the program has PyTorch draw, before its kernels, in the order of the program
  kOpaque,     ///< `ka.opaque`: an operator that only another author can write, as it was traced; its name is the argument "op"
  kComposite,  ///< rewritten into the classes above before planning
};

/// Which type the operands are brought to before the expression runs. Half types always compute in float32.
enum class Compute {
  kResult,   ///< the result's type
  kPromote,  ///< the operands' promoted type; the result has its own (comparisons give bool)
  kFloat,    ///< the operands' promoted type, integers and bool to float32 (division, exp); the result is that
  kLogical,  ///< operands become bool (x != 0)
  kAsIs,     ///< operands keep their own register types (casts, isnan); an operand named `condition` is bool under every Compute
};

/// One row of the operator table: everything the compiler knows about one ATen overload.
struct OpRow {
  std::string name;  ///< "aten.add.Tensor"
  OpClass op_class = OpClass::kPointwise;
  Compute compute = Compute::kResult;
  /// kPointwise: Triton text with the schema's parameters in braces, "{self} + {other}". Operands are atoms (names or literals):
  /// parentheses are needed only inside. Functions that `tl` lacks or that the interpreter lacks are named as in templates/math/.
  std::string expression;
  /// kPointwise: picks the text where an argument decides (gelu's approximate, clamp's absent bounds, add's alpha); overrides `expression`.
  std::string (*choose)(const Graph&, const Node&) = nullptr;
  /// Emits the replacement through the rewriter and binds the node's outputs. Fails with the reason. Views and reductions have one
  /// too: it brings their arguments to the canonical form (dims counted from the front, sizes written out).
  Status (*decompose)(Rewriter&, const Node&) = nullptr;
  /// Refuses attribute or dtype combinations that cannot be emitted, with the reason; null means no further condition.
  Decision (*condition)(const Graph&, const Node&) = nullptr;
  /// Why this operator is never emitted and what to do about it; empty for all others.
  std::string refusal;
  bool aliases = false;  ///< the result may share its operand's memory (views, reshape, contiguous)
  double flops = 1;      ///< per output element (kPointwise) or per input element (kReduce)
  bool cheap = true;     ///< worth recomputing for every consumer rather than storing (no exp, log, division chains)
};

/// The operator table, filled by the drawer (`ops/drawer/*.cpp`), sorted by name.
class OpTable {
 public:
  void add(OpRow row);             ///< CHECKs that the name is new
  OpRow& at(std::string_view op);  ///< CHECKs that it exists; for the drawer, which refines rows it has added
  const OpRow* find(std::string_view op) const;
  const std::vector<OpRow>& rows() const { return rows_; }

 private:
  std::vector<OpRow> rows_;
};

/// The one table of the process, built on first use.
const OpTable& op_table();

/// Can this node be emitted? No, with the operator's name and the reason; yes with how ("pointwise", "decomposed").
Decision can_emit(const Graph& graph, const Node& node);

/// Turns a traced node into the opaque primitive, which every pass leaves as it is.
void make_opaque(Node& node);
/// The operator that an opaque node stands for: "aten.convolution.default". Of any other node its own name.
std::string opaque_operator(const Node& node);

/// The part of can_emit that needs no rewriting: a row, no refusal, no complex numbers, the row's condition.
Decision row_accepts(const Graph& graph, const Node& node);

/// The Triton text of a pointwise node, parameters still in braces.
std::string expression(const OpRow& row, const Graph& graph, const Node& node);

/// Cost of one node from exact shapes: bytes read and written once each, and floating-point operations.
struct Cost {
  double bytes = 0;
  double flops = 0;
};
Cost cost(const Graph& graph, const Node& node);

/// PyTorch's promotion of two tensor dtypes (both with dimensions, or both without).
Dtype promote(Dtype a, Dtype b);
/// PyTorch's promotion over a node's tensor and number operands: dimensioned tensors before 0-d ones before numbers, by category.
Dtype promoted_operand_type(const Graph& graph, const Node& node);

}  // namespace ka
