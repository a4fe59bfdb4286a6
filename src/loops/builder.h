#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "loops/nest.h"

namespace ka {

/// Builds one nest by asking for each output's element at symbolic coordinates and following producers (see build_nest).
class NestBuilder {
 public:
  NestBuilder(const GraphFacts& facts, const std::vector<NodeId>& members);

  /// Chooses the iteration domain and lowers every output. On failure `reason()` says why.
  bool build(const std::vector<ValueId>& outputs);
  Nest take() { return std::move(nest_); }
  const std::string& reason() const { return reason_; }

 private:
  // domain.cpp: which axes there are, and where each value's elements lie on them
  bool choose_domain(const std::vector<ValueId>& outputs);
  /// Where a value's element lies for a point of the domain; outside the guard the point has none.
  struct Place {
    Coordinates at;
    Guard guard;
  };
  void spread_coordinates();
  void spread_to(ValueId value, Coordinates at, Guard guard);
  void spread_through(const Node& node, ValueId from, const Place& place);
  void spread_inside(ValueId value, Coordinates at, Guard guard);
  std::optional<Place> output_place(ValueId output);
  bool is_at_home(ValueId value, const Coordinates& at) const;
  bool is_followed(NodeId node) const;
  bool depends_on(const Index& index, const std::vector<AxisId>& axes) const;
  bool depends_on(const Guard& guard, const std::vector<AxisId>& axes) const;

  // attention.cpp
  void choose_attention(const std::vector<AxisId>& axes);
  ExprId attended(const Node& node, ValueId value, const Coordinates& at);
  ExprId scored(const Node& node, ValueId value, const Coordinates& at);

  // recurrence.cpp
  bool build_recurrence(const Node& node, ValueId output);

  // element.cpp: what an element is
  ExprId element(ValueId value, const Coordinates& at, const Guard& guard);
  /// The same for an operand of an operator, or of a view that gives something else where a guard fails.
  ExprId element_below(bool is_operator, ValueId value, const Coordinates& at, const Guard& guard);
  /// May a tensor be read whatever a guard says? What an operator makes of it is dropped where the guard fails; and a small tensor is near,
  /// so that one read without a guard serves all that need it, where a large one's guard saves reads.
  bool needs_no_guard(ValueId value, const Coordinates& at);
  ExprId compute(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId pointwise(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId load(ValueId value, const Coordinates& at, const Guard& guard);
  ExprId reduced(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId scanned(const Node& node, ValueId value, const Coordinates& at);
  ExprId product(const Node& node, ValueId value, const Coordinates& at);

  // views.cpp: views, sources and gathers
  std::optional<Coordinates> through_view(const Node& node, const Coordinates& at);
  ExprId guarded_view(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId concatenated(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId gathered(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);
  ExprId source(const Node& node, ValueId value, const Coordinates& at, const Guard& guard);

  ExprId add(Expr expr);
  ExprId constant(Argument literal, Dtype type);
  ExprId select(Guard guard, ExprId yes, ExprId no, Dtype type);
  ExprId refuse(std::string reason);
  /// Do the ranges prove low ≤ index < high? Data is never proven.
  bool always_within(const Index& index, int64_t low, int64_t high) const;
  /// Adds low ≤ index < high unless it is always so.
  void require(Guard& guard, const Index& index, int64_t low, int64_t high) const;
  Coordinates axes_coordinates(const std::vector<AxisId>& axes);
  const TensorType& type(ValueId value) const { return graph_.type(value); }

  const GraphFacts& facts_;
  const Graph& graph_;
  std::unordered_set<NodeId> members_;
  std::vector<NodeId> ordered_members_;
  Nest nest_;
  std::string reason_;
  NodeId domain_node_ = kNone;    ///< the reduction, scan or contraction that sets the axes
  ValueId domain_value_ = kNone;  ///< the value whose dims the axes are
  std::unordered_map<ValueId, Place> places_;
  std::vector<ValueId> spreading_;
  bool below_operator_ = false;  ///< does one stand between the element being lowered and the view that guards it?
  Guard beyond_;  ///< of the output being lowered: where it fails, nothing is stored and nothing outside a tensor read
  std::map<std::tuple<ValueId, Coordinates, Guard>, ExprId> elements_;
  std::map<std::pair<NodeId, Coordinates>, int32_t> reductions_;
  std::map<NodeId, int32_t> scans_;
  std::vector<int> ready_after_;  ///< by expression: the sweep after which it can be computed
  std::unordered_set<NodeId> visited_nodes_;
};

/// Reads a dim argument list normalised to 0 … rank − 1, ascending; an empty list means all dims.
std::vector<int64_t> normal_dims(const Argument& dims, int64_t rank);
/// The dims a reduction node reduces over, or the one dim a scan runs along.
std::vector<int64_t> reduced_dims(const Graph& graph, const Node& node);
bool is_reduction(const Node& node);
bool is_scan(const Node& node);
bool is_contraction(const Node& node);
bool is_recurrence(const Node& node);
bool is_attention(const Node& node);
bool keeps_dims(const Node& node);

}  // namespace ka
