#include "plan/plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/check.h"
#include "base/digest.h"
#include "loops/builder.h"
#include "ops/naming.h"
#include "ops/table.h"
#include "plan/fusion.h"
#include "plan/passes.h"

namespace ka {
namespace {

/// Gives every computed value a layout without gaps or overlaps: the traced one where it is such, else row-major.
void settle_layouts(Graph& graph) {
  for (Value& value : graph.values) {
    if (value.producer == kNone) continue;
    const Shape sizes = value.type.sizes();
    const Shape strides = value.type.strides();
    std::vector<size_t> order(sizes.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return strides[a] > strides[b]; });
    int64_t expected = 1;
    bool dense = true;
    for (size_t i = order.size(); i-- > 0;) {
      if (sizes[order[i]] == 1) continue;
      dense = dense && strides[order[i]] == expected;
      expected *= sizes[order[i]];
    }
    if (dense || is_host_view(graph.node(value.producer))) continue;
    const Shape fresh = contiguous_strides(sizes);
    value.type.stride.assign(fresh.begin(), fresh.end());
    value.type.offset = 0;
  }
}

/// Joins launches that compute parts of one traced operator, unless that would make a circle.
std::vector<std::vector<int>> join_by_origin(const Graph& graph, const Grouping& grouping) {
  const int count = static_cast<int>(grouping.launches.size());
  std::vector<int> root(static_cast<size_t>(count));
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](int x) {
    while (root[static_cast<size_t>(x)] != x) x = root[static_cast<size_t>(x)];
    return x;
  };
  std::map<NodeId, int> first;
  for (int l = 0; l < count; ++l) {
    for (const NodeId node : grouping.launches[static_cast<size_t>(l)].members) {
      const NodeId origin = graph.node(node).origin;
      const auto [place, is_new] = first.try_emplace(origin, l);
      if (is_new) continue;
      // Launches are in execution order: joining a run that nothing outside interrupts keeps the order.
      const int a = find(place->second);
      const int b = find(l);
      if (a == b) continue;
      std::vector<int> saved = root;
      root[static_cast<size_t>(b)] = a;
      // A circle exists if some launch outside lies on a path between two inside.
      std::vector<int> state(static_cast<size_t>(count), 0);  // 1: reached from inside through an outside launch
      bool circle = false;
      for (int at = 0; at < count && !circle; ++at) {
        for (const auto& [edge, why] : grouping.apart) {
          if (edge.second != at) continue;
          const bool from_inside = find(edge.first) == a;
          const bool tainted = state[static_cast<size_t>(edge.first)] == 1;
          if (find(at) == a)
            circle = circle || (tainted && !from_inside);
          else if (from_inside || tainted)
            state[static_cast<size_t>(at)] = 1;
        }
      }
      if (circle) root = saved;
    }
  }
  std::map<int, std::vector<int>> sets;
  for (int l = 0; l < count; ++l) sets[find(l)].push_back(l);
  std::vector<std::vector<int>> out;
  for (auto& [key, set] : sets) out.push_back(std::move(set));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.back() < b.back(); });
  return out;
}

/// The graph with an opaque node for every operator that cannot be emitted.
Graph leave_unemitted(const Graph& traced) {
  Graph graph = traced;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!can_emit(traced, traced.nodes[i])) make_opaque(graph.nodes[i]);
  }
  return graph;
}

class Planner {
 public:
  explicit Planner(Plan& plan) : plan_(plan), facts_(plan.graph), placement_(facts_) {}

  void run() {
    grouping_ = group(facts_, placement_);
    std::vector<int> subgraph_of(grouping_.launches.size(), kNone);
    for (const std::vector<int>& set : join_by_origin(plan_.graph, grouping_)) {
      for (const int l : set) subgraph_of[static_cast<size_t>(l)] = static_cast<int>(plan_.subgraphs.size());
      plan_.subgraphs.push_back(assemble(set));
    }
    plan_.host_views = placement_.host_views();
    for (size_t i = 0; i < plan_.graph.nodes.size(); ++i) {
      if (is_draw(plan_.graph.nodes[i])) plan_.draws.push_back(static_cast<NodeId>(i));
    }
    for (const auto& [edge, why] : grouping_.apart) {
      const int from = subgraph_of[static_cast<size_t>(edge.first)];
      const int to = subgraph_of[static_cast<size_t>(edge.second)];
      plan_.cuts.push_back({from, to, shared_value(edge.first, edge.second), why});
    }
    name_subgraphs();
  }

  /// Makes one subgraph of all that `run` has planned.
  void join_all() {
    if (plan_.subgraphs.size() < 2) return;
    Subgraph all;
    all.type = "mixed";
    std::set<NodeId> nodes;
    std::set<ValueId> inside;
    for (const Subgraph& part : plan_.subgraphs) {
      nodes.insert(part.nodes.begin(), part.nodes.end());
      inside.insert(part.outputs.begin(), part.outputs.end());
      all.launches.insert(all.launches.end(), part.launches.begin(), part.launches.end());
    }
    std::set<ValueId> inputs;
    for (const Subgraph& part : plan_.subgraphs) {
      for (const ValueId value : part.inputs)
        if (!inside.contains(value) && inputs.insert(value).second) all.inputs.push_back(value);
      for (const ValueId value : part.outputs)
        if (placement_.is_shown(value)) all.outputs.push_back(value);
    }
    all.nodes.assign(nodes.begin(), nodes.end());
    plan_.subgraphs = {std::move(all)};
    for (Cut& cut : plan_.cuts) cut.producer = cut.consumer = 0;
    name_subgraphs();
  }

 private:
  Subgraph assemble(const std::vector<int>& set) {
    Subgraph out;
    std::set<NodeId> nodes;
    std::set<std::string> kinds;
    std::vector<ValueId> written;
    for (const int l : set) {
      const Launchable& launch = grouping_.launches[static_cast<size_t>(l)];
      if (is_opaque(launch)) return assemble_opaque(launch);
      out.launches.push_back(launch);
      const auto built = build_nest(facts_, launch.members, launch.outputs);
      KA_CHECK(std::holds_alternative<Nest>(built), "a planned launch cannot be lowered: " + std::get<Decision>(built).reason);
      const Nest& nest = std::get<Nest>(built);
      nodes.insert(nest.nodes.begin(), nest.nodes.end());
      kinds.emplace(name(nest.kind));
      for (const ValueId value : nest.reads()) {
        const bool own = std::find(written.begin(), written.end(), value) != written.end();
        if (!own && std::find(out.inputs.begin(), out.inputs.end(), value) == out.inputs.end()) out.inputs.push_back(value);
      }
      written.insert(written.end(), launch.outputs.begin(), launch.outputs.end());
    }
    std::set<NodeId> members;
    for (const Launchable& launch : out.launches) members.insert(launch.members.begin(), launch.members.end());
    for (const ValueId value : written) {
      bool read = placement_.is_shown(value);
      for (const NodeId reader : placement_.readers(value)) read = read || !members.contains(reader);
      if (read) out.outputs.push_back(value);
    }
    out.nodes.assign(nodes.begin(), nodes.end());
    out.type = kinds.size() == 1 ? *kinds.begin() : "mixed";
    return out;
  }

  bool is_opaque(const Launchable& launch) const {
    return op_table().find(plan_.graph.node(launch.members.front()).op)->op_class == OpClass::kOpaque;
  }

  /// One operator that lowers to no nest, with the views and sources before it.
  Subgraph assemble_opaque(const Launchable& launch) {
    Subgraph out;
    out.type = "opaque";
    out.launches = {launch};
    out.outputs = launch.outputs;
    std::set<NodeId> nodes = {launch.members.front()};
    std::vector<NodeId> open = {launch.members.front()};
    while (!open.empty()) {
      const NodeId node = open.back();
      open.pop_back();
      for (const ValueId operand : Graph::operands(plan_.graph.node(node))) {
        const NodeId producer = plan_.graph.value(operand).producer;
        if (producer != kNone && facts_.transparent[static_cast<size_t>(producer)]) {
          if (nodes.insert(producer).second) open.push_back(producer);
        } else if (std::find(out.inputs.begin(), out.inputs.end(), operand) == out.inputs.end()) {
          out.inputs.push_back(operand);
        }
      }
    }
    std::sort(out.inputs.begin(), out.inputs.end());
    out.nodes.assign(nodes.begin(), nodes.end());
    return out;
  }

  /// The value by which a launch feeds another.
  ValueId shared_value(int from, int to) const {
    const std::vector<NodeId>& readers = grouping_.launches[static_cast<size_t>(to)].members;
    for (const ValueId value : grouping_.launches[static_cast<size_t>(from)].outputs) {
      for (const NodeId reader : placement_.readers(value)) {
        if (std::find(readers.begin(), readers.end(), reader) != readers.end()) return value;
      }
    }
    return kNone;
  }

  /// Prints operators, arguments and types with values numbered by first use: equal texts need the same kernel.
  std::string canonical_text(const Subgraph& subgraph) const {
    const Graph& graph = plan_.graph;
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

  void name_subgraphs() {
    std::map<std::string, int> seen;
    for (size_t i = 0; i < plan_.subgraphs.size(); ++i) {
      Subgraph& subgraph = plan_.subgraphs[i];
      std::vector<std::string> words;
      std::set<NodeId> origins;
      for (const Launchable& launch : subgraph.launches) {
        for (const NodeId node : launch.members) origins.insert(plan_.graph.node(node).origin);
      }
      for (const NodeId origin : origins) words.push_back(origin == kNone ? "op" : operator_word(plan_.traced.node(origin).op));
      std::string slug;
      const size_t most = 4;
      for (size_t w = 0; w < words.size() && w < most; ++w) {
        subgraph.title += (w == 0 ? "" : " + ") + words[w];
        slug += "_" + words[w];
      }
      if (words.size() > most) subgraph.title += fmt::format(" + {} more", words.size() - most);
      subgraph.id = fmt::format("sg_{:02}{}", i + 1, slug);
      subgraph.signature = sha256(canonical_text(subgraph));
      subgraph.representative = seen.try_emplace(subgraph.signature, static_cast<int>(i)).first->second;
    }
  }

  Plan& plan_;
  GraphFacts facts_;
  Placement placement_;
  Grouping grouping_;
};

Result<Plan> make_plan(Graph traced, const PlanTerms& terms, bool whole) {
  KA_CHECK_OK(verify(traced));
  Plan plan;
  plan.traced = std::move(traced);
  KA_TRY(plan.graph,
         run_passes(terms.unemitted == Unemitted::kLeave ? leave_unemitted(plan.traced) : plan.traced, terms.left_out));
  settle_layouts(plan.graph);
  Planner planner(plan);
  planner.run();
  if (whole) planner.join_all();
  return plan;
}

}  // namespace

Result<Plan> make_plan(Graph traced, const PlanTerms& terms) { return make_plan(std::move(traced), terms, false); }

void number_from(Plan& plan, size_t first) {
  for (Subgraph& subgraph : plan.subgraphs)
    subgraph.id = fmt::format("sg_{:02}{}", first++, subgraph.id.substr(subgraph.id.find('_', 3)));
}

Result<Plan> make_whole_plan(Graph traced) { return make_plan(std::move(traced), {Unemitted::kLeave}, true); }

}  // namespace ka
