#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"
#include "compose/test_case.h"

namespace ka {
namespace {

constexpr std::string_view kElementwise = R"(@triton.jit
def {{name}}_kernel({{parameters}}, BLOCK: tl.constexpr):
    # {{expression}}
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < {{count}}
{{loads}}
    tl.store({{output}}_out + at, {{expression}}, mask=inside)
)";

/// Reads the lines below `--`.
class CaseReader {
 public:
  explicit CaseReader(ComposeCase& to) : to_(to), graph_(to.plan.graph) {}

  void line(const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    if (words.front() == "views") {
      for (size_t i = 1; i < words.size(); ++i) to_.plan.host_views.push_back(node(words[i]));
    } else if (words.front() == "launches") {
      to_.replay = true;
    } else {
      kernel(text);
    }
  }

 private:
  static std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words = split(text, ' ');
    std::erase(words, "");
    return words;
  }

  NodeId node(const std::string& name) const {
    const auto found =
        std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& item) { return item.name == name; });
    KA_CHECK(found != graph_.nodes.end(), "no node " + name);
    return static_cast<NodeId>(found - graph_.nodes.begin());
  }

  void kernel(const std::string& text) {
    const size_t colon = text.find(':');
    const size_t arrow = text.find(" -> ");
    const size_t equals = text.find(" = ");
    const std::string name = text.substr(7, colon - 7);
    Subgraph subgraph;
    subgraph.title = name;
    subgraph.id = fmt::format("sg_{:02}_{}", to_.plan.subgraphs.size(), name);
    for (const std::string& word : words_of(text.substr(colon + 1, arrow - colon - 1))) subgraph.nodes.push_back(node(word));
    for (const std::string& word : words_of(text.substr(arrow + 4, equals == std::string::npos ? equals : equals - arrow - 4))) {
      subgraph.outputs.push_back(graph_.node(node(word)).outputs.front());
    }
    std::set<ValueId> inside;
    for (const NodeId id : subgraph.nodes) {
      for (const ValueId operand : Graph::operands(graph_.node(id))) {
        const bool known = std::find(subgraph.inputs.begin(), subgraph.inputs.end(), operand) != subgraph.inputs.end();
        if (!inside.contains(operand) && !known) subgraph.inputs.push_back(operand);
      }
      inside.insert(graph_.node(id).outputs.begin(), graph_.node(id).outputs.end());
    }
    const int index = static_cast<int>(to_.plan.subgraphs.size());
    subgraph.representative = first_.try_emplace(name, index).first->second;
    to_.plan.subgraphs.push_back(subgraph);
    to_.kernels.push_back(subgraph.representative == index ? elementwise(name, subgraph, text.substr(equals + 3)) : Kernel());
  }

  Kernel elementwise(const std::string& name, const Subgraph& subgraph, std::string expression) const {
    Kernel kernel;
    kernel.name = name;
    kernel.author = "codegen";
    const auto option = [&](std::string_view word) {
      const size_t at = expression.find(word);
      const std::string rest = at == std::string::npos ? "" : expression.substr(at + word.size());
      expression.resize(std::min(at, expression.size()));
      return std::pair(at != std::string::npos, rest);
    };
    const auto [in_place, pair] = option(" in_place");
    const auto [scratch, unused] = option(" scratch");
    kernel.summary = expression;
    const std::string output = graph_.value(subgraph.outputs.front()).name;
    std::vector<std::string> parameters, loads;
    Launch launch;
    launch.entry = name + "_kernel";
    launch.grid = {"1"};
    for (const ValueId id : subgraph.inputs) {
      const Value& value = graph_.value(id);
      kernel.buffers.push_back({value.name, Role::kInput, value.type, ""});
      parameters.push_back(value.name + "_in");
      const bool scalar = value.type.rank() == 0;
      loads.push_back(fmt::format("    {0} = tl.load({0}_in{1})", value.name, scalar ? "" : " + at, mask=inside"));
    }
    kernel.buffers.push_back({output, Role::kOutput, graph_.type(subgraph.outputs.front()), ""});
    parameters.push_back(output + "_out");
    if (scratch) {
      kernel.buffers.push_back({"partial", Role::kScratch, graph_.type(subgraph.outputs.front()), ""});
      kernel.buffers.push_back({"sums", Role::kScratch, {Dtype::kInt32, {4}, {1}, 0}, "zeros"});
      parameters.insert(parameters.end(), {"partial_scratch", "sums_scratch"});
    }
    for (size_t i = 0; i < kernel.buffers.size(); ++i) launch.arguments.push_back({parameters[i], kernel.buffers[i].name, true});
    launch.arguments.push_back({"BLOCK", "32", false});
    kernel.launches = {launch};
    std::string source = replace_all(std::string(kElementwise), "{{name}}", name);
    source = replace_all(std::move(source), "{{parameters}}", join(parameters, ", "));
    source = replace_all(std::move(source), "{{loads}}", join(loads, "\n"));
    source = replace_all(std::move(source), "{{count}}", std::to_string(graph_.type(subgraph.outputs.front()).element_count()));
    source = replace_all(std::move(source), "{{output}}", output);
    kernel.source = replace_all(std::move(source), "{{expression}}", expression);
    if (in_place) {
      const std::vector<std::string> words = words_of(pair);
      kernel.in_place = {{words.at(0), words.at(1)}};
    }
    return kernel;
  }

  ComposeCase& to_;
  const Graph& graph_;
  std::map<std::string, int> first_;
};

}  // namespace

ComposeCase read_compose_case(const std::filesystem::path& folder) {
  ComposeCase read;
  read.problem = *read_file(folder / "problem.py");
  const std::string text = *read_file(folder / "plan.txt");
  const size_t end = text.find("--\n");
  KA_CHECK(end != std::string::npos, "plan.txt has no line --");
  Result<Graph> graph = parse_graph(std::string_view(text).substr(0, end));
  KA_CHECK(graph.has_value(), graph ? "" : to_text(graph.error()));
  KA_CHECK(verify(*graph).has_value(), "plan.txt: " + (verify(*graph) ? "" : verify(*graph).error().message));
  read.plan.graph = read.plan.traced = std::move(*graph);
  CaseReader reader(read);
  for (const std::string& line : split_lines(std::string_view(text).substr(end + 3))) reader.line(line);
  return read;
}

}  // namespace ka
