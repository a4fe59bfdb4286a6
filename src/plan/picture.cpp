#include <graphviz/gvc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

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

constexpr size_t kCareful = 600;  ///< edges that graphviz may take its time for: about a second

/// Large networks whose layers read many earlier ones (DenseNet) would take graphviz minutes.
std::string effort(const Plan& plan) {
  size_t edges = 0;
  for (const Subgraph& subgraph : plan.subgraphs) edges += subgraph.inputs.size();
  return edges <= kCareful ? "" : "  splines=line; nslimit=1; nslimit1=1; mclimit=0.05;\n";
}

}  // namespace

std::string plan_dot(const Plan& plan) {
  std::string out = "digraph plan {\n  rankdir=TB; bgcolor=\"transparent\";\n" + effort(plan) +
                    "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, color=\"#5a6772\"];\n"
                    "  edge [fontname=\"Helvetica\", fontsize=9, color=\"#5a6772\"];\n";
  std::map<ValueId, size_t> writer;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    const Subgraph& s = plan.subgraphs[i];
    out += fmt::format(
        "  s{} [label={}, fillcolor=\"{}\", tooltip={}];\n", i,
        dot_string(fmt::format("{}\n{}", s.title, plural(static_cast<int64_t>(s.launches.size()), "launch", "launches"))),
        colour(s.type), dot_string(join(cut_reasons(plan, static_cast<int>(i)), "; ")));
    for (const ValueId value : s.outputs) writer[value] = i;
  }
  std::map<ValueId, bool> shown;
  for (size_t i = 0; i < plan.subgraphs.size(); ++i) {
    for (const ValueId value : plan.subgraphs[i].inputs) {
      const std::string label = shape_text(plan.graph.type(value));
      if (const auto from = writer.find(value); from != writer.end()) {
        out += fmt::format("  s{} -> s{} [label={}];\n", from->second, i, dot_string(label));
        continue;
      }
      const auto input = plan.graph.input_of(value);
      if (!input || plan.graph.inputs[static_cast<size_t>(*input)].kind != InputKind::kTensor)
        continue;  // weights would crowd the picture
      if (!shown[value]) {
        out += fmt::format("  v{} [label={}, shape=plaintext, style=\"\"];\n", value,
                           dot_string(plan.graph.inputs[static_cast<size_t>(*input)].name));
        shown[value] = true;
      }
      out += fmt::format("  v{} -> s{} [label={}];\n", value, i, dot_string(label));
    }
  }
  for (size_t o = 0; o < plan.graph.outputs.size(); ++o) {
    ValueId value = plan.graph.outputs[o].value;
    while (!writer.contains(value) && plan.graph.value(value).producer != kNone) {
      const Argument* self = plan.graph.node(plan.graph.value(value).producer).find("self");
      if (self == nullptr || !self->is_ref()) break;
      value = self->ref();
    }
    const auto from = writer.find(value);
    if (from == writer.end()) continue;
    const bool user = plan.graph.outputs[o].kind == OutputKind::kUser;
    const std::string label = user ? "output" : plan.graph.inputs[static_cast<size_t>(plan.graph.outputs[o].target)].name;
    out += fmt::format("  o{} [label={}, shape=plaintext, style=\"\"];\n  s{} -> o{} [label={}];\n", o, dot_string(label),
                       from->second, o, dot_string(shape_text(plan.graph.type(value))));
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
