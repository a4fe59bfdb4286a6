#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "loops/nest.h"

namespace ka {

/// Hands out Python identifiers, each once; keywords, tl's and helper functions' names are taken.
class Names {
 public:
  Names();
  /// Turns any text into an identifier that is free, and takes it ("fc.weight" → "fc_weight", "fc_weight_1", …).
  std::string fresh(std::string_view wanted);

 private:
  std::set<std::string> taken_;
};

/// Makes an identifier of any text.
std::string identifier(std::string_view text);

/// The type a value has inside a kernel: half types are float32 there.
Dtype register_type(Dtype dtype);
/// "tl.float32"; bool is tl.int1.
std::string triton_type(Dtype dtype);
/// A number as Python text of the given type: 2 → "2.0" for floats, infinities and NaN as float("inf").
std::string literal_text(const Argument& number, Dtype dtype);
/// Wraps an atom in a conversion where the types differ.
std::string convert(const std::string& atom, Dtype from, Dtype to);

/// A block of code in which expressions are computed, and what is known in it.
struct Scope {
  std::vector<std::string> lines;
  std::map<ExprId, std::string> values;     ///< expressions already named
  std::map<AtomId, std::string> quotients;  ///< divisions and remainders already named
  std::map<Index, std::string> sums;        ///< parts of index expressions that scopes inside share
  std::vector<bool> bound;                  ///< axes whose text is defined here (by axis)
};

/// Writes a nest's expressions as lines of Triton, each once, in the outermost scope that knows their axes.
class ExpressionWriter {
 public:
  ExpressionWriter(const Graph& graph, const Nest& nest, Names& names) : graph_(graph), nest_(nest), names_(names) {}

  /// Says how an axis reads in the scopes from now on; `mask` is the condition that keeps it in range, empty if always true.
  void bind(AxisId axis, std::string text, std::string mask);
  void name_tensor(ValueId tensor, std::string pointer) { pointers_[tensor] = std::move(pointer); }
  void name_reduction(int32_t number, int32_t result, std::string text) { reduced_[{number, result}] = std::move(text); }
  const std::string& reduction(int32_t number) const { return reduced_.at({number, 0}); }
  void name_scan(int32_t number, std::string text) { scanned_[number] = std::move(text); }
  void name_product(std::string text) { product_ = std::move(text); }
  void name_score(std::string text) { score_ = std::move(text); }

  void open_scope(const std::vector<AxisId>& axes);    ///< the axes bound in this scope, besides those of the scopes around it
  void extend_scope(const std::vector<AxisId>& axes);  ///< binds more axes in the innermost scope
  std::vector<std::string> close_scope();
  void line(std::string text) { scopes_.back().lines.push_back(std::move(text)); }

  /// Computes an expression and returns a name or literal for it. Loads of half types arrive as float32 unless `raw`.
  std::string value(ExprId expr, bool raw = false);
  std::string index(const Index& index);
  /// The conjunction of range masks of the axes an index depends on and of a guard; empty if always true.
  std::string mask(const Index& at, const Guard& guard);
  /// A store. Where the tensor has one element, `position` and `position_mask` pick the one lane that writes it.
  std::string store(const Write& write, const std::string& value, const std::string& position, const std::string& position_mask);

 private:
  std::string compute(ExprId id, const Expr& e, bool raw);
  std::string operator_text(const Expr& e);
  std::string guard_text(const Guard& guard);
  /// Does a guard depend on an axis that the index does not (a gather from a dim of one element)?
  bool guard_reaches_further(const Index& at, const Guard& guard) const;
  std::string atom_text(AtomId atom);
  std::string sum_text(const Index& index);
  /// Names the sum in the scope `place`, once.
  std::string outer_sum(const Index& index, size_t place);
  size_t scope_for(const std::vector<bool>& axes) const;
  std::vector<bool> axes_of(const Index& index) const;
  std::string name_for(const Expr& e);

  const Graph& graph_;
  const Nest& nest_;
  Names& names_;
  std::map<AxisId, std::string> axis_text_;
  std::map<AxisId, std::string> axis_mask_;
  std::map<ValueId, std::string> pointers_;
  std::map<std::pair<int32_t, int32_t>, std::string> reduced_;
  std::map<int32_t, std::string> scanned_;
  std::string product_, score_;
  std::vector<Scope> scopes_;
};

}  // namespace ka
