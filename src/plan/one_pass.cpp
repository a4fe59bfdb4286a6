// Attention in one pass: bmm(softmax(scores), values) becomes ka.attend(scores, values), whose kernel never stores the scores.
//
// Why it is exact: softmax(x)·V = (Σ exp(xⱼ − m) vⱼ) / (Σ exp(xⱼ − m)) for any m, and both sums can be carried from one block of keys to
// the next, multiplied by exp(m − m') where the largest score so far grows from m to m' (Milakov, Gimelshein 2018, "Online normalizer
// calculation for softmax"; Dao et al. 2022, "FlashAttention"). The softmax's own definition divides before the product and this one
// after it, which for rows of numbers differs by rounding alone; a row of −∞, NaN or +∞ ends as it did.
#include <algorithm>
#include <limits>
#include <optional>

#include "loops/nest.h"
#include "plan/passes.h"

namespace ka {
namespace {

constexpr int64_t kFewest = 2;         ///< of rows, keys and columns: fewer are a vector's product
constexpr int64_t kEnoughRows = 1024;  ///< that a GPU is kept busy with, a block of 16 rows a program
constexpr int64_t kManyKeys = 4096;    ///< keys from which on few programs take longer than three launches of many

/// The pieces of a softmax over the last dim, followed from what they give back to what they are given.
class SoftmaxProduct {
 public:
  SoftmaxProduct(const Graph& graph, const std::vector<std::vector<NodeId>>& users) : graph_(graph), users_(users) {
    shown_.resize(graph.values.size(), false);
    for (const Output& output : graph.outputs) shown_[static_cast<size_t>(output.value)] = true;
  }

  /// What lies between the softmax and the product: views that leave rows whole, in order, the product's operand last.
  struct Match {
    ValueId scores = kNone;
    std::vector<NodeId> views;
    bool safe = false;
  };

  std::optional<Match> of(const Node& product) const {
    Match match;
    ValueId at = product.at("self").ref();
    for (;;) {
      const Node* node = only_read_by_one(at);
      if (node == nullptr) return std::nullopt;
      if (node->op == "aten.view.default" && row_of(node->at("self").ref()) == row_of(at))
        match.views.insert(match.views.begin(), graph_.value(at).producer);
      else if (node->op != "aten.to.dtype" || !is_floating(graph_.type(at).dtype))
        break;
      at = node->at("self").ref();
    }
    const Node* node = only_read_by_one(at);
    ValueId largest_seen = kNone;
    if (node->op == "aten.where.self") {
      if (!is_number(node->at("self"), 0) || !node->at("other").is_ref()) return std::nullopt;
      const Node* empty = producer(node->at("condition").ref());
      if (empty == nullptr || empty->op != "aten.eq.Scalar" || !is_number(empty->at("other"), -kInfinity)) return std::nullopt;
      largest_seen = empty->at("self").ref();
      match.safe = true;
      node = only_read_by_one(node->at("other").ref());
    }
    if (node == nullptr || node->op != "aten.div.Tensor" || !node->at("other").is_ref()) return std::nullopt;
    const ValueId powers = node->at("self").ref();
    const Node* total = producer(node->at("other").ref());
    const Node* power = producer(powers);
    if (total == nullptr || total->op != "aten.sum.dim_IntList" || total->at("self").ref() != powers || !over_row(*total))
      return std::nullopt;
    if (power == nullptr || power->op != "aten.exp.default" || shown_[static_cast<size_t>(powers)]) return std::nullopt;
    const Node* shifted = only_read_by_one(power->at("self").ref());
    if (shifted == nullptr || shifted->op != "aten.sub.Tensor" || !shifted->at("other").is_ref()) return std::nullopt;
    const Node* largest = producer(shifted->at("other").ref());
    match.scores = shifted->at("self").ref();
    if (largest == nullptr || largest->op != "aten.amax.default" || largest->at("self").ref() != match.scores ||
        !over_row(*largest))
      return std::nullopt;
    if (match.safe && largest_seen != shifted->at("other").ref()) return std::nullopt;
    if (graph_.type(match.scores).dtype != Dtype::kFloat32) return std::nullopt;
    return match;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  const Node* producer(ValueId value) const {
    const NodeId id = graph_.value(value).producer;
    return id == kNone ? nullptr : &graph_.node(id);
  }
  /// A value that somebody else wants has to be stored all the same.
  const Node* only_read_by_one(ValueId value) const {
    const bool once = users_[static_cast<size_t>(value)].size() == 1 && !shown_[static_cast<size_t>(value)];
    return once ? producer(value) : nullptr;
  }
  int64_t row_of(ValueId value) const {
    const Shape size = graph_.type(value).sizes();
    return size.empty() ? 0 : size.back();
  }
  bool over_row(const Node& reduction) const {
    const int64_t last = graph_.type(reduction.at("self").ref()).rank() - 1;
    return reduction.at("dim").integers() == std::vector<int64_t>{last} && reduction.at("keepdim").truth();
  }
  static bool is_number(const Argument& argument, double number) { return argument.is_number() && argument.number() == number; }

  const Graph& graph_;
  const std::vector<std::vector<NodeId>>& users_;
  std::vector<bool> shown_;
};

/// Is one pass the faster way? It walks all keys for every block of rows, and holds a block's columns.
bool pays(const Graph& graph, const Node& product) {
  const Shape scores = graph.type(product.at("self").ref()).sizes();
  const int64_t columns = graph.type(product.at("mat2").ref()).sizes().back();
  if (std::min({scores[1], scores[2], columns}) < kFewest || columns > kWidestHead) return false;
  return scores[0] * scores[1] >= kEnoughRows || scores[2] < kManyKeys;
}

}  // namespace

Result<Graph> attend_in_one_pass(const Graph& graph) {
  const std::vector<std::vector<NodeId>> users = graph.users();
  const SoftmaxProduct pattern(graph, users);
  Graph out = graph;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& product = graph.nodes[i];
    if (product.op != "aten.bmm.default" || !pays(graph, product)) continue;
    const std::optional<SoftmaxProduct::Match> match = pattern.of(product);
    if (!match) continue;
    // The views are made of the scores instead; conversions between are left out, the kernel rounds the softmax as they did.
    ValueId scores = match->scores;
    for (const NodeId view : match->views) {
      for (NamedArgument& argument : out.nodes[static_cast<size_t>(view)].arguments) {
        if (argument.name == "self") argument.value = Argument{Ref{scores}};
      }
      scores = graph.node(view).outputs[0];
      out.value(scores).type.dtype = Dtype::kFloat32;
    }
    Node& attend = out.nodes[i];
    attend.op = "ka.attend";
    attend.arguments = {{"self", Argument{Ref{scores}}}, {"mat2", product.at("mat2")}, {"safe", Argument{match->safe}}};
  }
  return drop_dead_code(out);
}

}  // namespace ka
