#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace ka {

/// Writes values of a plan as plain PyTorch. A traced operator whose parts all lie in the nodes at hand is written as the call the
/// user's program made; what was cut apart is written primitive by primitive.
class PyTorchText {
 public:
  /// `nodes` are the computing nodes that may be written; everything else must be named beforehand (views and sources follow freely).
  PyTorchText(const Plan& plan, const std::vector<NodeId>& nodes);

  /// Gives a value a name, which none of the text's own will have.
  void name(ValueId value, std::string text) {
    taken_.insert(text);
    names_[value] = std::move(text);
  }
  /// Writes whatever `value` needs and returns its Python name.
  std::string write(ValueId value);
  const std::vector<std::string>& lines() const { return lines_; }
  /// Where tensors made from nothing live: an expression such as "x.device"; empty for the default device.
  void set_device(std::string text) { device_ = std::move(text); }

 private:
  bool can_write_traced(NodeId traced, std::set<NodeId>& seen) const;
  std::string write_traced(ValueId value, NodeId traced);
  std::string write_primitive(ValueId value);
  std::string call(const Graph& graph, const Node& node, bool traced);
  std::string argument(const Argument& argument, bool traced);
  std::string fresh(std::string_view wanted);

  const Plan& plan_;
  std::set<NodeId> nodes_;
  std::map<std::string, ValueId> by_name_;       ///< values of the decomposed graph
  std::map<NodeId, std::vector<NodeId>> parts_;  ///< traced node → computing nodes it became
  std::map<ValueId, std::string> names_;
  std::map<NodeId, std::vector<std::string>> written_;  ///< traced node → names of its outputs
  std::set<std::string> taken_;
  std::vector<std::string> lines_;
  std::string device_;
};

/// The imports, and the functions for primitives that are not ATen operators, which `text` calls.
std::string subgraph_prelude(std::string_view text);

/// The nn.Module class of one subgraph: forward takes its inputs and returns its outputs (one tensor, or a tuple).
std::string subgraph_class(const Plan& plan, int index, const std::string& class_name);

/// A problem file in KernelBench form whose Model is one subgraph, for judging its kernel.
std::string subgraph_problem(const Plan& plan, int index);

/// The expression that draws a `ka.draw` node's numbers as the problem draws them; `device` is an expression, empty for the default one.
std::string draw_text(const Graph& graph, const Node& node, const std::string& device);

/// Python identifiers for a subgraph's inputs, in order.
std::vector<std::string> subgraph_parameters(const Plan& plan, int index);

}  // namespace ka
