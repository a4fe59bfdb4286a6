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
#include "plan/canonical.h"
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
    std::vector<int> all(plan_.subgraphs.size());
    std::iota(all.begin(), all.end(), 0);
    plan_.subgraphs = {merged(all)};
    for (Cut& cut : plan_.cuts) cut.producer = cut.consumer = 0;
    name_subgraphs();
  }

  /// Makes one subgraph of several. Nothing may lie on a way from one of them to another, and each must share a value with the others.
  Status join(const std::vector<std::string>& ids) {
    std::vector<int> members;
    for (const std::string& id : ids) {
      const auto found =
          std::find_if(plan_.subgraphs.begin(), plan_.subgraphs.end(), [&](const Subgraph& one) { return one.id == id; });
      if (found == plan_.subgraphs.end()) return fail(Fault::kInput, fmt::format("there is no subgraph {}", id));
      members.push_back(static_cast<int>(found - plan_.subgraphs.begin()));
    }
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    if (members.size() < 2) return fail(Fault::kInput, "it takes two subgraphs to make one of them");
    KA_CHECK_OK(check_neighbours(members));
    Subgraph one = merged(members);
    one.id =
        fmt::format("sg_{}to{}", number_of(plan_.subgraphs[at(members.front())]), number_of(plan_.subgraphs[at(members.back())]));
    entitle(one);
    // The members take the place of one of them; what feeds them comes before, what they feed behind.
    const std::set<int> inside(members.begin(), members.end());
    std::vector<int> before, behind;
    std::set<int> fed = inside;
    for (int i = 0; i < static_cast<int>(plan_.subgraphs.size()); ++i) {
      if (inside.contains(i)) continue;
      const bool later = std::any_of(fed.begin(), fed.end(), [&](int from) { return feeds(from, i); });
      if (later) fed.insert(i);
      (later ? behind : before).push_back(i);
    }
    std::vector<int> place(plan_.subgraphs.size());
    std::vector<Subgraph> order;
    const auto put = [&](int i) {
      place[at(i)] = static_cast<int>(order.size());
      order.push_back(std::move(plan_.subgraphs[at(i)]));
    };
    for (const int i : before) put(i);
    for (const int i : members) place[at(i)] = static_cast<int>(order.size());
    order.push_back(std::move(one));
    for (const int i : behind) put(i);
    plan_.subgraphs = std::move(order);
    for (Cut& cut : plan_.cuts) cut.producer = place[at(cut.producer)], cut.consumer = place[at(cut.consumer)];
    represent();
    return {};
  }

 private:
  static size_t at(int index) { return static_cast<size_t>(index); }

  /// "02" of "sg_02_linear_gelu".
  static std::string number_of(const Subgraph& subgraph) { return subgraph.id.substr(3, subgraph.id.find('_', 3) - 3); }

  /// Does one subgraph read what another writes?
  bool feeds(int from, int to) const {
    const std::vector<ValueId>& inputs = plan_.subgraphs[at(to)].inputs;
    const std::vector<ValueId>& outputs = plan_.subgraphs[at(from)].outputs;
    return std::any_of(outputs.begin(), outputs.end(),
                       [&](ValueId value) { return std::find(inputs.begin(), inputs.end(), value) != inputs.end(); });
  }

  bool reads_the_same(int a, int b) const {
    const std::vector<ValueId>&left = plan_.subgraphs[at(a)].inputs, &right = plan_.subgraphs[at(b)].inputs;
    return std::any_of(left.begin(), left.end(),
                       [&](ValueId value) { return std::find(right.begin(), right.end(), value) != right.end(); });
  }

  Status check_neighbours(const std::vector<int>& members) const {
    std::set<int> met = {members.front()};
    for (size_t round = 0; round < members.size(); ++round) {
      for (const int one : members)
        if (std::any_of(met.begin(), met.end(),
                        [&](int other) { return feeds(one, other) || feeds(other, one) || reads_the_same(one, other); }))
          met.insert(one);
    }
    for (const int one : members)
      if (!met.contains(one))
        return fail(Fault::kInput, fmt::format("{} shares no value with the others", plan_.subgraphs[at(one)].id));
    const std::set<int> inside(members.begin(), members.end());
    std::set<int> outside;  // reached from inside
    for (int i = members.front() + 1; i < static_cast<int>(plan_.subgraphs.size()); ++i) {
      const auto through = std::find_if(outside.begin(), outside.end(), [&](int from) { return feeds(from, i); });
      if (inside.contains(i) && through != outside.end())
        return fail(Fault::kInput, fmt::format("{} lies between them", plan_.subgraphs[at(*through)].id));
      const bool reached =
          through != outside.end() || std::any_of(inside.begin(), inside.end(), [&](int from) { return feeds(from, i); });
      if (!inside.contains(i) && reached) outside.insert(i);
    }
    return {};
  }

  Subgraph merged(const std::vector<int>& members) const {
    Subgraph all;
    all.type = "mixed";
    std::set<NodeId> nodes, computing;
    std::set<ValueId> written;
    for (const int member : members) {
      const Subgraph& part = plan_.subgraphs[at(member)];
      if (part.type == "opaque" && members.size() < plan_.subgraphs.size()) all.type = "opaque";
      nodes.insert(part.nodes.begin(), part.nodes.end());
      written.insert(part.outputs.begin(), part.outputs.end());
      all.launches.insert(all.launches.end(), part.launches.begin(), part.launches.end());
      for (const Launchable& launch : part.launches) computing.insert(launch.members.begin(), launch.members.end());
    }
    std::set<ValueId> inputs;
    for (const int member : members) {
      const Subgraph& part = plan_.subgraphs[at(member)];
      for (const ValueId value : part.inputs)
        if (!written.contains(value) && inputs.insert(value).second) all.inputs.push_back(value);
      for (const ValueId value : part.outputs) {
        const std::vector<NodeId>& readers = placement_.readers(value);
        if (placement_.is_shown(value) ||
            std::any_of(readers.begin(), readers.end(), [&](NodeId reader) { return !computing.contains(reader); }))
          all.outputs.push_back(value);
      }
    }
    all.nodes.assign(nodes.begin(), nodes.end());
    return all;
  }

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

  /// Gives a title, a signature, and the rest of an id.
  void entitle(Subgraph& subgraph) {
    std::vector<std::string> words;
    std::set<NodeId> origins;
    for (const Launchable& launch : subgraph.launches) {
      for (const NodeId node : launch.members) origins.insert(plan_.graph.node(node).origin);
    }
    for (const NodeId origin : origins) words.push_back(origin == kNone ? "op" : operator_word(plan_.traced.node(origin).op));
    const size_t most = 4;
    for (size_t w = 0; w < words.size() && w < most; ++w) {
      subgraph.title += (w == 0 ? "" : " + ") + words[w];
      subgraph.id += "_" + words[w];
    }
    if (words.size() > most) subgraph.title += fmt::format(" + {} more", words.size() - most);
    subgraph.signature = sha256(canonical_text(plan_.graph, subgraph));
  }

  void name_subgraphs() {
    for (size_t i = 0; i < plan_.subgraphs.size(); ++i) {
      plan_.subgraphs[i].id = fmt::format("sg_{:02}", i + 1);
      entitle(plan_.subgraphs[i]);
    }
    represent();
  }

  /// The first of equal subgraphs stands for all.
  void represent() {
    std::map<std::string, int> seen;
    for (size_t i = 0; i < plan_.subgraphs.size(); ++i)
      plan_.subgraphs[i].representative = seen.try_emplace(plan_.subgraphs[i].signature, static_cast<int>(i)).first->second;
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
  for (const std::vector<std::string>& ids : terms.joined) KA_CHECK_OK(planner.join(ids));
  return plan;
}

}  // namespace

Result<Plan> make_plan(Graph traced, const PlanTerms& terms) { return make_plan(std::move(traced), terms, false); }

void number_from(Plan& plan, size_t first) {
  if (first == 1) return;
  for (Subgraph& subgraph : plan.subgraphs)
    subgraph.id = fmt::format("sg_{:02}{}", first++, subgraph.id.substr(subgraph.id.find('_', 3)));
}

Result<Plan> make_whole_plan(Graph traced) { return make_plan(std::move(traced), {Unemitted::kLeave}, true); }

}  // namespace ka
