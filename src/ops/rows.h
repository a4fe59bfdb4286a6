#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "ops/rewriter.h"
#include "ops/table.h"

namespace ka {

using Choose = std::string (*)(const Graph&, const Node&);
using Decompose = Status (*)(Rewriter&, const Node&);
using Condition = Decision (*)(const Graph&, const Node&);
using Names = std::initializer_list<const char*>;

/// What a pointwise row costs: floating-point operations per element, and whether consumers should recompute it.
struct OperatorPrice {
  double flops = 1;
  bool cheap = true;
};
inline constexpr OperatorPrice kCheap = {1, true};
inline constexpr OperatorPrice kDivision = {8, false};
inline constexpr OperatorPrice kFunction = {16, false};  ///< one hardware or short polynomial function (exp, log, tanh)
inline constexpr OperatorPrice kLongFunction = {40, false};

/// Adds a pointwise row per name, all with the same text.
void pointwise(OpTable& table, Names names, Compute compute, std::string expression, OperatorPrice price = kCheap);
/// Adds a pointwise row per name whose text depends on the node.
void pointwise(OpTable& table, Names names, Compute compute, Choose choose, OperatorPrice price = kCheap);
/// Adds a row per name that is rewritten into primitives.
void composite(OpTable& table, Names names, Decompose decompose);
/// The same for operators whose result may share its operand's memory.
void aliasing(OpTable& table, Names names, Decompose decompose);
/// Adds a primitive of another class; `canonical` (may be null) brings a traced node's arguments into the canonical form.
void primitive(OpTable& table, Names names, OpClass op_class, Decompose canonical = nullptr, double flops = 1);
/// Gives rows that were added before a canonical form; CHECKs that they exist.
void rewrite(OpTable& table, Names names, Decompose canonical);
/// Adds a row per name that is never emitted, with the reason and what to do.
void refused(OpTable& table, Names names, const std::string& reason);

/// Failure of a decomposition: the reason alone; decompose() adds operator and place.
inline tl::unexpected<Error> cannot(std::string reason) { return fail(Fault::kInput, std::move(reason)); }

/// Reads an argument of a traced node, with a default where it is absent or None.
int64_t integer_or(const Node& node, std::string_view argument, int64_t fallback);
double number_or(const Node& node, std::string_view argument, double fallback);
bool truth_or(const Node& node, std::string_view argument, bool fallback);
std::string text_or(const Node& node, std::string_view argument, std::string fallback);
Shape integers_or_empty(const Node& node, std::string_view argument);
bool is_absent(const Node& node, std::string_view argument);  ///< missing or None

/// Prints a number as Python float text: "0.5", "3.0", "1e-05", float("inf").
std::string float_text(double number);
/// Does the node compute in float64 (its first tensor operand, or its result where it has none, is float64)?
bool is_float64(const Graph& graph, const Node& node);
/// Condition: refuses float64, for functions whose text is accurate to float32 only.
Decision not_float64(const Graph& graph, const Node& node);
/// Adds a condition to rows that were added before; CHECKs that they exist.
void restrict(OpTable& table, Names names, Condition condition);

/// The dtype of the node's first output that is used.
Dtype result_dtype(const Graph& graph, const Node& node);

}  // namespace ka
