#include "plan/canonical.h"

#include <map>

#include "base/text.h"

namespace ka {

std::string canonical_text(const Graph& graph, const Subgraph& subgraph) {
  std::map<ValueId, size_t> numbers;
  const auto number = [&](ValueId value) { return numbers.try_emplace(value, numbers.size()).first->second; };
  const auto type_text = [&](ValueId value) {
    const TensorType& t = graph.type(value);
    return fmt::format("{}[{}]({})", name(t.dtype), fmt::join(t.sizes(), ","), fmt::join(t.strides(), ","));
  };
  std::string out;
  for (const ValueId value : subgraph.inputs) out += fmt::format("in {} {}\n", number(value), type_text(value));
  const auto text = [&](const auto& self, const Argument& a) -> std::string {
    if (a.is_ref()) return fmt::format("%{}", number(a.ref()));
    if (a.is_none()) return "none";
    if (const auto* s = std::get_if<std::string>(&a.value)) return "'" + *s + "'";
    if (const auto* d = std::get_if<Dtype>(&a.value)) return std::string(name(*d));
    if (const auto* f = std::get_if<double>(&a.value)) return fmt::format("{}f", *f);
    if (!a.is_list()) return std::to_string(a.integer());
    std::string list = "[";
    for (const Argument& element : a.list()) list += self(self, element) + ",";
    return list + "]";
  };
  for (const NodeId id : subgraph.nodes) {
    const Node& node = graph.node(id);
    out += node.op;
    for (const NamedArgument& argument : node.arguments) out += " " + argument.name + "=" + text(text, argument.value);
    for (const ValueId value : node.outputs) {
      if (value != kNone) out += fmt::format(" -> {} {}", number(value), type_text(value));
    }
    out += "\n";
  }
  for (const Launchable& launch : subgraph.launches) {
    out += "launch";
    for (const ValueId value : launch.outputs) out += fmt::format(" {}", number(value));
    out += "\n";
  }
  for (const ValueId value : subgraph.outputs) out += fmt::format("out {}\n", number(value));
  return out;
}

}  // namespace ka
