#include <graphviz/gvc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/build_info.h"
#include "base/text.h"
#include "plan/artifacts.h"

namespace ka {
namespace {

std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string shape_text(const TensorType& type) { return fmt::format("{}[{}]", name(type.dtype), fmt::join(type.sizes(), ", ")); }

std::string_view colour(std::string_view type) {
  if (type == "map") return "#dcebf7";
  if (type == "reduce") return "#e3f2df";
  if (type == "contract") return "#fbe9d7";
  return "#ece4f4";
}

/// The one context of this process, never freed: graphviz's text plugin keeps a pointer to the name of the font it saw last, which
/// belongs to the context.
GVC_t* graphviz_context() {
  static GVC_t* const context = [] {
    // A bundle carries graphviz's plugins; an installed graphviz finds its own.
    if (const std::filesystem::path plugins = graphviz_dir(); !plugins.empty()) setenv("GVBINDIR", plugins.c_str(), 0);
    return gvContext();
  }();
  return context;
}

constexpr size_t kManyEdges = 600;  ///< from which on only those are drawn that no longer way implies
constexpr size_t kFar = 24;         ///< levels that an arrow of such a picture may cross: graphviz lays out every one of them

/// The arrows between subgraphs, and what of them is drawn.
class Arrows {
 public:
  explicit Arrows(const Plan& plan) : next_(plan.subgraphs.size()), level_(plan.subgraphs.size()) {
    for (size_t i = 0; i < plan.subgraphs.size(); ++i)
      for (const ValueId value : plan.subgraphs[i].outputs) writer_[value] = i;
    for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
      edges_ += plan.subgraphs[i].inputs.size();
      for (const ValueId value : plan.subgraphs[i].inputs)
        if (const auto from = writer(value)) {
          next_[*from].insert(i);
          level_[i] = std::max(level_[i], level_[*from] + 1);
        }
    }
    if (sparse()) find_reachable();
  }

  /// Networks whose layers read many earlier ones (DenseNet) would take graphviz minutes, and nobody could read the picture.
  bool sparse() const { return edges_ > kManyEdges; }
  std::optional<size_t> writer(ValueId value) const {
    const auto found = writer_.find(value);
    return found == writer_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Is there another way to a subgraph, through one of `readers` of the same value?
  bool is_implied(const std::set<size_t>& readers, size_t to) const {
    return std::any_of(readers.begin(), readers.end(), [&](size_t between) { return between != to && reachable_[between][to]; });
  }
  /// Is the arrow between two subgraphs one that a sparse picture does without?
  bool is_dispensable(size_t from, size_t to) const { return is_implied(next_[from], to) || level_[to] - level_[from] > kFar; }

 private:
  /// Subgraphs stand in execution order: whatever reads one comes later.
  void find_reachable() {
    const size_t count = next_.size();
    reachable_.assign(count, std::vector<bool>(count));
    for (size_t i = count; i-- > 0;) {
      for (const size_t reader : next_[i]) {
        reachable_[i][reader] = true;
        for (size_t far = reader; far < count; ++far)
          if (reachable_[reader][far]) reachable_[i][far] = true;
      }
    }
  }

  std::map<ValueId, size_t> writer_;
  std::vector<std::set<size_t>> next_;  ///< per subgraph: those that read it
  std::vector<size_t> level_;           ///< per subgraph: how many come before it on the longest way
  std::vector<std::vector<bool>> reachable_;
  size_t edges_ = 0;
};

std::string arrow(std::string_view from, std::string_view to, const std::string& label) {
  return label.empty() ? fmt::format("  {} -> {};\n", from, to)
                       : fmt::format("  {} -> {} [label={}];\n", from, to, dot_string(label));
}

}  // namespace

std::string plan_dot(const Plan& plan) {
  const Arrows arrows(plan);
  const bool sparse = arrows.sparse();
  std::string out = "digraph plan {\n  rankdir=TB; bgcolor=\"transparent\";\n";
  if (sparse)
    out +=
        "  splines=line; fontname=\"Helvetica\"; label=\"Arrows that others imply, very long ones, and state that is written are left out.\";\n";
  out +=
      "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, color=\"#5a6772\"];\n"
      "  edge [fontname=\"Helvetica\", fontsize=9, color=\"#5a6772\"];\n";
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& s = plan.subgraphs[i];
    out += fmt::format(
        "  s{} [label={}, fillcolor=\"{}\", tooltip={}];\n", i,
        dot_string(fmt::format("{}\n{}", s.title, plural(static_cast<int64_t>(s.launches.size()), "launch", "launches"))),
        colour(s.type), dot_string(join(cut_reasons(plan, static_cast<int>(i)), "; ")));
  }
  std::map<ValueId, std::set<size_t>> shown;  ///< inputs, and who reads them
  std::set<std::pair<size_t, size_t>> drawn;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    for (const ValueId value : plan.subgraphs[i].inputs) {
      const std::string label = sparse ? "" : shape_text(plan.graph.type(value));
      if (const auto from = arrows.writer(value)) {
        if (sparse && (!drawn.emplace(*from, i).second || arrows.is_dispensable(*from, i))) continue;
        out += arrow(fmt::format("s{}", *from), fmt::format("s{}", i), label);
        continue;
      }
      const auto input = plan.graph.input_of(value);
      if (!input || plan.graph.inputs[static_cast<size_t>(*input)].kind != InputKind::kTensor)
        continue;  // weights would crowd the picture
      std::set<size_t>& readers = shown[value];
      if (sparse && arrows.is_implied(readers, i)) continue;
      if (readers.empty()) {
        out += fmt::format("  v{} [label={}, shape=plaintext, style=\"\"];\n", value,
                           dot_string(plan.graph.inputs[static_cast<size_t>(*input)].name));
      }
      readers.insert(i);
      out += arrow(fmt::format("v{}", value), fmt::format("s{}", i), label);
    }
  }
  for (size_t o = 0; o < plan.graph.outputs.size(); ++o) {
    const Output& output = plan.graph.outputs[o];
    const bool user = output.kind == OutputKind::kUser;
    ValueId value = output.value;
    while (!arrows.writer(value) && plan.graph.value(value).producer != kNone) {
      const Argument* self = plan.graph.node(plan.graph.value(value).producer).find("self");
      if (self == nullptr || !self->is_ref()) break;
      value = self->ref();
    }
    const auto from = arrows.writer(value);
    if (!from || (sparse && !user)) continue;
    const std::string label = user ? "output" : plan.graph.inputs[static_cast<size_t>(output.target)].name;
    out += fmt::format("  o{} [label={}, shape=plaintext, style=\"\"];\n", o, dot_string(label)) +
           arrow(fmt::format("s{}", *from), fmt::format("o{}", o), shape_text(plan.graph.type(value)));
  }
  return out + "}\n";
}

Result<std::string> plan_svg(const Plan& plan) {
  GVC_t* const context = graphviz_context();
  const std::unique_ptr<Agraph_t, int (*)(Agraph_t*)> graph(agmemread(plan_dot(plan).c_str()), agclose);
  if (graph == nullptr) return fail(Fault::kInternal, "graphviz cannot read the plan's description");
  if (gvLayout(context, graph.get(), "dot") != 0) {
    return fail(Fault::kEnvironment, "graphviz has no 'dot' layout here", {}, "install the package graphviz");
  }
  char* data = nullptr;
  unsigned int size = 0;
  const int failed = gvRenderData(context, graph.get(), "svg", &data, &size);
  std::string svg(failed == 0 ? std::string(data, size) : std::string());
  gvFreeRenderData(data);
  gvFreeLayout(context, graph.get());
  if (failed != 0) return fail(Fault::kEnvironment, "graphviz cannot draw SVG here", {}, "install the package graphviz");
  return svg;
}

}  // namespace ka
