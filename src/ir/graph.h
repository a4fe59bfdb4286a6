#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ir/types.h"

namespace ka {

using ValueId = int32_t;
using NodeId = int32_t;
inline constexpr int32_t kNone = -1;

/// Refers to a tensor (or lifted scalar) value of the graph.
struct Ref {
  ValueId id = kNone;
  bool operator==(const Ref&) const = default;
};

/// One argument of an operator call: absent, a literal, a reference, or a list of arguments.
struct Argument {
  using List = std::vector<Argument>;
  std::variant<std::monostate, bool, int64_t, double, std::string, Dtype, Ref, List> value;

  bool is_none() const { return std::holds_alternative<std::monostate>(value); }
  bool is_ref() const { return std::holds_alternative<Ref>(value); }
  bool is_list() const { return std::holds_alternative<List>(value); }
  /// True for a Python number or bool literal (not a reference).
  bool is_number() const;
  ValueId ref() const { return std::get<Ref>(value).id; }
  const List& list() const { return std::get<List>(value); }
  double number() const;                  ///< bool, int or float as a double; CHECKs is_number()
  int64_t integer() const;                ///< bool or int; CHECKs
  bool truth() const;                     ///< bool or int as bool; CHECKs
  std::vector<int64_t> integers() const;  ///< a list of ints, or one int as a list of one; none as empty
  bool operator==(const Argument&) const = default;
};

struct NamedArgument {
  std::string name;  ///< the schema's parameter name
  Argument value;
  bool operator==(const NamedArgument&) const = default;
};

/// Points at the user's source line that made a node.
struct Location {
  std::string file;
  int line = 0;
  std::string text;
  bool operator==(const Location&) const = default;
};

/// A tensor (or a scalar lifted to a 0-d tensor) with its producer.
struct Value {
  std::string name;
  TensorType type;
  NodeId producer = kNone;  ///< kNone for graph inputs
  int output_index = 0;     ///< which of the producer's outputs
};

/// One call of an ATen operator. Arguments are complete (defaults included) and in schema order.
struct Node {
  std::string name;
  std::string op;  ///< "aten.add.Tensor"
  std::vector<NamedArgument> arguments;
  std::vector<ValueId> outputs;  ///< kNone where an output is unused or absent
  Location location;
  std::string module;     ///< path of the owning nn.Module ("layers.0.fc"), or empty
  NodeId origin = kNone;  ///< in a decomposed graph: the node of the traced graph this one came from

  const Argument* find(std::string_view argument) const;
  const Argument& at(std::string_view argument) const;  ///< CHECKs that it exists
};

enum class InputKind { kTensor, kScalar, kParameter, kBuffer, kAttribute, kConstant };
std::string_view name(InputKind kind);
std::optional<InputKind> parse_input_kind(std::string_view name);

/// A graph input. Inputs stand in this order: user inputs as `forward` takes them, then state. Two inputs have one value where the
/// same tensor was passed twice and the program writes it.
struct Input {
  InputKind kind = InputKind::kTensor;
  std::string name;  ///< user inputs: the forward parameter; state: dotted path ("fc.weight")
  ValueId value = kNone;
  std::string scalar_type;  ///< kScalar: "int", "float", "bool", or baked: "none", "str", "object"; empty otherwise
  Json example;  ///< kScalar: the value seen while tracing; kConstant made in forward: its elements, row-major, where few
  std::string source =
      {};              ///< kConstant: "literal" (made in forward) or "attribute" (a plain attribute, by `name`); empty otherwise
  bool baked = false;  ///< kScalar whose value the program needs in Python: traced as a constant, guarded at run time
  bool persistent = true;  ///< kBuffer: in the state_dict
};

enum class OutputKind { kUser, kMutation };

/// A graph output: part of what `forward` returns, or the new contents of an input that the program mutates in place.
struct Output {
  OutputKind kind = OutputKind::kUser;
  ValueId value = kNone;
  int target = kNone;  ///< kMutation: index into Graph::inputs
};

/// A traced program: ATen operators in topological order.
struct Graph {
  std::string name;
  std::string mode = "train";  ///< "train" or "eval"
  std::vector<Value> values;
  std::vector<Input> inputs;
  std::vector<Node> nodes;
  std::vector<Output> outputs;
  /// How `forward` nests its outputs: {"output":i} leaves (i indexes the user outputs in order), {"tuple":[...]}, {"list":[...]},
  /// {"dict":[[key, tree], ...]}, {"literal": x}, {"none":true}.
  Json output_tree;

  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  const Node& node(NodeId id) const { return nodes[static_cast<size_t>(id)]; }
  const TensorType& type(ValueId id) const { return value(id).type; }
  /// Returns for each value the nodes that read it, in order, each node once.
  std::vector<std::vector<NodeId>> users() const;
  /// Returns the values a node reads, in argument order, repeated where it reads one twice.
  static std::vector<ValueId> operands(const Node& node);
  std::optional<int> input_of(ValueId id) const;  ///< index into `inputs` of the first with this value, if any
};

/// Lists every broken rule, one line each: names are unique, values are defined before use, outputs exist, strides match ranks, user
/// inputs stand before state, mutations fit their targets.
std::vector<std::string> problems(const Graph& graph);

/// Fails where a Dim is symbolic (the input's fault, said here and nowhere else) or where problems() finds one (ours); the error
/// carries the first line and how many more there are.
Status verify(const Graph& graph);

/// Reads the worker's graph JSON (docs/PROTOCOL.md, "Graph").
Result<Graph> graph_from_json(const Json& json);
Json to_json(const Graph& graph);

/// Prints the text form; `parse_graph(print(g))` gives the same graph and the same text.
std::string print(const Graph& graph);
Result<Graph> parse_graph(std::string_view text);

}  // namespace ka
