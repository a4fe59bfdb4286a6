#include "plan/fusion.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/check.h"
#include "loops/builder.h"
#include "ops/naming.h"
#include "ops/table.h"
#include "plan/passes.h"

namespace ka {
namespace {

constexpr size_t kMostMembers = 48;  // keeps generated kernels readable and compile times bounded
constexpr size_t kMostTensors = 24;  // pointers one kernel should juggle
constexpr int64_t kRepeatable = 4;   // recomputing an expensive element up to this often beats a trip through memory

/// Greedy grouping. Groups are named by an index; a merged group leaves an empty one behind.
class Fuser {
 public:
  Fuser(const GraphFacts& facts, const Placement& placement) : facts_(facts), graph_(facts.graph), placement_(placement) {
    group_of_.assign(graph_.nodes.size(), kNone);
  }

  Grouping run() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!facts_.transparent[i] && !is_draw(graph_.nodes[i])) adopt(static_cast<NodeId>(i));
    }
    while (merge_neighbours() || merge_siblings()) {}
    merge_counters();
    return collect();
  }

 private:
  using Members = std::vector<NodeId>;

  /// Starts a group of one node and joins it with its producers' groups, the largest operand's first.
  void adopt(NodeId node) {
    const int own = static_cast<int>(groups_.size());
    groups_.push_back({node});
    group_of_[static_cast<size_t>(node)] = own;
    std::vector<NodeId> producers = placement_.sources(node);
    std::stable_sort(producers.begin(), producers.end(), [&](NodeId a, NodeId b) { return size(a) > size(b); });
    for (const NodeId producer : producers) {
      const int from = group_of_[static_cast<size_t>(producer)];
      const int to = group_of_[static_cast<size_t>(node)];
      if (from != kNone && from != to && refusal(from, to).empty()) merge(from, to);
    }
  }

  int64_t size(NodeId node) const {
    for (const ValueId output : graph_.node(node).outputs) {
      if (output != kNone) return graph_.type(output).element_count();
    }
    return 0;
  }

  void merge(int from, int to) {
    for (const NodeId node : groups_[static_cast<size_t>(to)]) group_of_[static_cast<size_t>(node)] = from;
    Members& into = groups_[static_cast<size_t>(from)];
    into.insert(into.end(), groups_[static_cast<size_t>(to)].begin(), groups_[static_cast<size_t>(to)].end());
    std::sort(into.begin(), into.end());
    groups_[static_cast<size_t>(to)].clear();
  }

  /// Calls `visit` with the group of everything outside of a group that reads what it computes, some more than once.
  void for_each_consumer(int from, const auto& visit) const {
    for (const NodeId node : groups_[static_cast<size_t>(from)]) {
      for (const ValueId value : graph_.node(node).outputs) {
        if (value == kNone) continue;
        for (const NodeId reader : placement_.readers(value)) {
          const int group = group_of_[static_cast<size_t>(reader)];
          if (group != kNone && group != from) visit(group);
        }
      }
    }
  }

  std::set<int> consumers(int from) const {
    std::set<int> out;
    for_each_consumer(from, [&](int group) { out.insert(group); });
    return out;
  }

  /// Is there a way from one group to the other that leaves both?
  bool has_detour(int from, int to) const {
    std::vector<bool> seen(groups_.size());
    std::vector<int> todo;
    const auto visit = [&](int group) {
      if (!seen[static_cast<size_t>(group)]) todo.push_back(group);
      seen[static_cast<size_t>(group)] = true;
    };
    for_each_consumer(from, [&](int group) { group != to ? visit(group) : void(); });
    while (!todo.empty() && !seen[static_cast<size_t>(to)]) {
      const int at = todo.back();
      todo.pop_back();
      for_each_consumer(at, visit);
    }
    return seen[static_cast<size_t>(to)];
  }

  /// Values of `members` that somebody else reads.
  std::vector<ValueId> outputs(const Members& members) const {
    const std::unordered_set<NodeId> inside(members.begin(), members.end());
    std::vector<ValueId> out;
    for (const NodeId node : members) {
      for (const ValueId value : graph_.node(node).outputs) {
        if (value == kNone) continue;
        bool read = placement_.is_shown(value);
        for (const NodeId reader : placement_.readers(value)) read = read || !inside.contains(reader);
        if (read) out.push_back(value);
      }
    }
    return out;
  }

  bool any(const Members& members, bool (*is)(const Node&)) const {
    return std::any_of(members.begin(), members.end(), [&](NodeId node) { return is(graph_.node(node)); });
  }

  /// Why a producing group should not be recomputed inside its consumer as often as that would need, or empty.
  std::string repetition(const Members& producer, const Members& consumer) const {
    if (any(producer, is_reduction) || any(producer, is_scan) || any(producer, is_contraction)) return {};
    int64_t largest = 1;
    for (const NodeId node : producer) largest = std::max(largest, size(node));
    int64_t walked = 1;
    for (const NodeId node : consumer) {
      const Node& n = graph_.node(node);
      walked = std::max(walked, is_reduction(n) ? graph_.type(n.at("self").ref()).element_count() : size(node));
    }
    const bool contracts = any(consumer, is_contraction) || any(consumer, is_attention);
    if (!contracts && walked <= largest * kRepeatable) return {};
    for (const NodeId node : producer) {
      const OpRow& row = *op_table().find(graph_.node(node).op);
      if (row.op_class == OpClass::kPointwise && !row.cheap && (contracts || largest > 65536)) {
        return "recomputing " + operator_word(graph_.node(node).op) +
               (contracts ? " for every tile that reads it" : " for every element that reads it") +
               " costs more than storing it once";
      }
    }
    return {};
  }

  /// Does a group join three or more tensors in memory, such as a transposed convolution's phases? Each element then costs a load of each.
  bool picks_among_tensors(const Members& members) const {
    return std::any_of(members.begin(), members.end(), [&](NodeId node) {
      const Node& n = graph_.node(node);
      if (n.op != "aten.cat.default") return false;
      std::set<int> sources;
      for (const NodeId producer : placement_.sources(node)) sources.insert(group_of_[static_cast<size_t>(producer)]);
      sources.erase(group_of_[static_cast<size_t>(node)]);
      return sources.size() > 2;
    });
  }

  /// Does a group's convolution read what another computes through windows, each element for several taps?
  bool is_read_in_windows(int from, int to) const {
    std::vector<std::pair<ValueId, bool>> todo;
    for (const NodeId node : groups_[static_cast<size_t>(to)]) {
      if (!is_contraction(graph_.node(node))) continue;
      for (const ValueId operand : Graph::operands(graph_.node(node))) todo.emplace_back(operand, false);
    }
    while (!todo.empty()) {
      const auto [value, in_windows] = todo.back();
      todo.pop_back();
      const NodeId producer = graph_.value(value).producer;
      if (producer == kNone) continue;
      if (group_of_[static_cast<size_t>(producer)] == from && in_windows) return true;
      if (!facts_.transparent[static_cast<size_t>(producer)]) continue;
      const Node& view = graph_.node(producer);
      bool several = in_windows;
      if (view.op == "ka.window") {
        for (const int64_t taps : view.at("kernel").integers()) several = several || taps > 1;
      }
      for (const ValueId operand : Graph::operands(view)) todo.emplace_back(operand, several);
    }
    return false;
  }

  /// Says why two groups cannot or should not be one; empty if they should.
  std::string refusal(int from, int to) const {
    const Members& a = groups_[static_cast<size_t>(from)];
    const Members& b = groups_[static_cast<size_t>(to)];
    for (const Members* members : {&a, &b}) {
      for (const NodeId node : *members) {
        if (const std::string op = opaque_operator(graph_.node(node)); op != graph_.node(node).op)
          return op + " is left to another author";
      }
    }
    if (any(a, is_recurrence) || any(b, is_recurrence)) return "a recurrence is a launch of its own";
    if (any(a, is_attention) && (any(b, is_attention) || any(b, is_contraction) || any(b, is_reduction) || any(b, is_scan)))
      return "attention is a launch of its own";
    if (any(b, is_attention) && (any(a, is_reduction) || any(a, is_scan)))
      return "attention reads its operands tile by tile, many times: they must be complete";
    if (a.size() + b.size() > kMostMembers)
      return "one kernel of " + std::to_string(a.size() + b.size()) + " operators would be unreadable";
    if (any(a, is_contraction) && any(b, is_reduction)) return "a reduction over a matmul's output needs all of its tiles first";
    if (any(a, is_contraction) && any(b, is_contraction)) return "each matmul is a launch of its own";
    if (any(a, is_reduction) && any(b, is_contraction))
      return "a matmul reads its operands tile by tile, many times: they must be complete";
    if (any(b, is_contraction) && is_read_in_windows(from, to))
      return "a convolution reads each element for several taps: it is stored once";
    if (std::string why = repetition(a, b); !why.empty()) return why;
    if (any(b, is_reduction) && picks_among_tensors(a))
      return "picking elements from several tensors is done once, not for every pass";
    if (any(b, is_contraction) || any(b, is_attention)) {
      const std::unordered_set<NodeId> inside(b.begin(), b.end());
      for (const ValueId value : outputs(a)) {
        for (const NodeId reader : placement_.readers(value)) {
          if (!inside.contains(reader)) return "the matmul's operand is also needed elsewhere, so it is stored anyway";
        }
        if (placement_.is_shown(value)) return "the matmul's operand is also a result, so it is stored anyway";
      }
    }
    if (has_detour(from, to)) return "something between them has to run first";
    Members both = a;
    both.insert(both.end(), b.begin(), b.end());
    std::sort(both.begin(), both.end());
    const std::vector<ValueId> written = outputs(both);
    if (written.empty()) return "nothing reads them";
    const auto built = build_nest(facts_, both, written);
    if (const Decision* decision = std::get_if<Decision>(&built)) return decision->reason;
    const Nest& nest = std::get<Nest>(built);
    if (nest.reads().size() + nest.writes.size() > kMostTensors) return "one kernel would read and write too many tensors";
    return {};
  }

  /// Tries every producer and consumer once more; true if any merged.
  bool merge_neighbours() {
    bool changed = false;
    for (int from = 0; from < static_cast<int>(groups_.size()); ++from) {
      if (groups_[static_cast<size_t>(from)].empty()) continue;
      for (const int to : consumers(from)) {
        if (!refusal(from, to).empty()) continue;
        merge(from, to);
        changed = true;
        break;
      }
    }
    return changed;
  }

  /// Merges reductions that walk the same rows of the same tensor; true if any merged.
  bool merge_siblings() {
    std::map<ValueId, std::vector<int>> by_input;
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].empty() || !any(groups_[g], is_reduction)) continue;
      for (const NodeId node : groups_[g]) {
        for (const ValueId operand : Graph::operands(graph_.node(node))) {
          std::vector<int>& there = by_input[operand];
          if (there.empty() || there.back() != static_cast<int>(g)) there.push_back(static_cast<int>(g));
        }
      }
    }
    bool changed = false;
    for (const auto& [value, there] : by_input) {
      for (size_t i = 0; i + 1 < there.size(); ++i) {
        for (size_t j = i + 1; j < there.size(); ++j) {
          const int from = there[i];
          const int to = there[j];
          if (groups_[static_cast<size_t>(from)].empty() || groups_[static_cast<size_t>(to)].empty()) continue;
          if (has_detour(to, from) || !refusal(from, to).empty()) continue;
          merge(from, to);
          changed = true;
        }
      }
    }
    return changed;
  }

  /// Joins groups that compute single numbers from inputs alone for nobody inside the program, such as batch norms' counters of batches:
  /// what they cost is launching.
  void merge_counters() {
    const auto is_counter = [&](const Members& members) {
      return !members.empty() && std::all_of(members.begin(), members.end(), [&](NodeId node) {
        return size(node) == 1 && placement_.sources(node).empty() && !any({node}, is_reduction);
      });
    };
    int into = kNone;
    for (int g = 0; g < static_cast<int>(groups_.size()); ++g) {
      if (!is_counter(groups_[static_cast<size_t>(g)]) || !consumers(g).empty()) continue;
      if (into != kNone && refusal(into, g).empty()) {
        merge(into, g);
      } else {
        into = g;
      }
    }
  }

  /// Numbers the groups in an execution order and records why neighbours stayed apart.
  Grouping collect() const {
    std::vector<int> order;
    std::vector<int> waits(groups_.size(), 0);
    std::set<std::pair<NodeId, int>> ready;  // by first member, so that the order follows the program
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].empty()) continue;
      for (const int to : consumers(static_cast<int>(g))) ++waits[static_cast<size_t>(to)];
    }
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (!groups_[g].empty() && waits[g] == 0) ready.insert({groups_[g].front(), static_cast<int>(g)});
    }
    while (!ready.empty()) {
      const int g = ready.begin()->second;
      ready.erase(ready.begin());
      order.push_back(g);
      for (const int to : consumers(g)) {
        if (--waits[static_cast<size_t>(to)] == 0) ready.insert({groups_[static_cast<size_t>(to)].front(), to});
      }
    }
    Grouping out;
    std::vector<int> number(groups_.size(), kNone);
    for (const int g : order) {
      number[static_cast<size_t>(g)] = static_cast<int>(out.launches.size());
      out.launches.push_back({groups_[static_cast<size_t>(g)], outputs(groups_[static_cast<size_t>(g)])});
    }
    size_t living = 0;
    for (const Members& members : groups_) living += members.empty() ? 0U : 1U;
    KA_CHECK(order.size() == living, "the launches depend on each other in a circle");
    for (const int g : order) {
      for (const int to : consumers(g)) {
        out.apart[{number[static_cast<size_t>(g)], number[static_cast<size_t>(to)]}] = refusal(g, to);
      }
    }
    return out;
  }

  const GraphFacts& facts_;
  const Graph& graph_;
  const Placement& placement_;
  std::vector<Members> groups_;
  std::vector<int> group_of_;
};

}  // namespace

Grouping group(const GraphFacts& facts, const Placement& placement) { return Fuser(facts, placement).run(); }

}  // namespace ka
