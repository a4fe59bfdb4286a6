#include "codegen/generate.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "base/templates.h"
#include "base/text.h"
#include "codegen/skeleton.h"
#include "loops/builder.h"
#include "ops/naming.h"

namespace ka {
namespace {

/// Embedded helper functions by name.
const std::map<std::string, std::string_view, std::less<>>& helper_texts() {
  static const auto* const kTexts = [] {
    auto* texts = new std::map<std::string, std::string_view, std::less<>>;
    for (const std::string_view path : template_paths()) {
      if (!path.starts_with("templates/math/") && !path.starts_with("templates/reduce/")) continue;
      const size_t slash = path.rfind('/');
      texts->emplace(std::string(path.substr(slash + 1, path.size() - slash - 4)), template_text(path));
    }
    return texts;
  }();
  return *kTexts;
}

/// Calls `visit` with every identifier that is followed by "(" and not preceded by "." or "def ".
void each_call(std::string_view source, const std::function<void(std::string_view)>& visit) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (size_t i = 0; i < source.size();) {
    if (!is_word(source[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < source.size() && is_word(source[end])) ++end;
    const bool attribute = i > 0 && source[i - 1] == '.';
    const bool definition = i >= 4 && source.substr(i - 4, 4) == "def ";
    if (!attribute && !definition && end < source.size() && source[end] == '(') visit(source.substr(i, end - i));
    i = end;
  }
}

std::string buffer_name(const Graph& graph, ValueId value, Names& names) {
  if (const auto input = graph.input_of(value)) return names.fresh(graph.inputs[static_cast<size_t>(*input)].name);
  return names.fresh(graph.value(value).name);
}

std::string shape_text(const TensorType& type) { return fmt::format("{}[{}]", name(type.dtype), fmt::join(type.sizes(), ", ")); }

/// One line that says what a launch computes: its operators and the tensor they run over.
std::string summary_of(const Plan& plan, const Nest& nest, const std::vector<NodeId>& members) {
  std::vector<std::string> words;
  for (const NodeId node : members) {
    const NodeId origin = plan.graph.node(node).origin;
    std::string word = operator_word(origin == kNone ? plan.graph.node(node).op : plan.traced.node(origin).op);
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  }
  std::string out = join(words, " + ");
  if (nest.kind == Nest::Kind::kReduce || nest.kind == Nest::Kind::kScan) {
    out += fmt::format(", {} of {}", plural(nest.parallel_extent(), "row"), plural(nest.reduce_extent(), "element"));
  } else if (nest.kind == Nest::Kind::kContract) {
    out += fmt::format(", {} x {} x {}", nest.extent(nest.contraction.rows), nest.extent(nest.contraction.depth),
                       nest.extent(nest.contraction.columns));
  }
  return out + " -> " + shape_text(plan.graph.type(nest.writes.front().tensor));
}

/// cuDNN may round convolutions' float32 operands to TF32 (torch.backends.cudnn.allow_tf32, on by default); matrix products keep them
/// (torch.backends.cuda.matmul.allow_tf32, off by default).
bool rounds_operands(const Plan& plan, const Nest& nest) {
  if (nest.kind != Nest::Kind::kContract) return false;
  const NodeId origin = plan.graph.node(nest.contraction.node).origin;
  return origin != kNone && plan.traced.node(origin).op.find("conv") != std::string::npos;
}

}  // namespace

std::vector<std::string> helpers_called_by(std::string_view source) {
  std::vector<std::string> out;
  std::set<std::string, std::less<>> done;
  const std::function<void(std::string_view)> follow = [&](std::string_view text) {
    each_call(text, [&](std::string_view name) {
      const auto helper = helper_texts().find(name);
      if (helper == helper_texts().end() || !done.emplace(name).second) return;
      follow(helper->second);
      std::string body(helper->second);
      const size_t start = body.find("@triton.jit");
      out.push_back(start == std::string::npos ? body : body.substr(start));
    });
  };
  follow(source);
  return out;
}

Result<Kernel> generate(const Plan& plan, const Subgraph& subgraph, const Target& target, size_t rank) {
  const Graph& graph = plan.graph;
  GraphFacts facts(graph);
  for (const Launchable& launch : subgraph.launches) {
    for (const NodeId member : launch.members) facts.transparent[static_cast<size_t>(member)] = false;
  }
  Kernel kernel;
  kernel.name = identifier(subgraph.id.substr(subgraph.id.find('_', 3) + 1));
  kernel.author = "codegen";
  kernel.summary = subgraph.title;

  Names names;
  std::map<ValueId, std::string> buffers;
  const auto declare = [&](ValueId value, Role role) {
    if (buffers.contains(value)) return;
    TensorType type = graph.type(value);
    type.offset = 0;
    buffers[value] = buffer_name(graph, value, names);
    kernel.buffers.push_back({buffers[value], role, std::move(type), ""});
  };
  for (const ValueId value : subgraph.inputs) declare(value, Role::kInput);
  for (const ValueId value : subgraph.outputs) declare(value, Role::kOutput);
  for (const Launchable& launch : subgraph.launches) {
    for (const ValueId value : launch.outputs) declare(value, Role::kScratch);
  }

  for (size_t l = 0; l < subgraph.launches.size(); ++l) {
    const Launchable& launch = subgraph.launches[l];
    auto built = build_nest(facts, launch.members, launch.outputs);
    if (const Decision* decision = std::get_if<Decision>(&built)) {
      return fail(Fault::kInternal, "a planned launch cannot be lowered: " + decision->reason, subgraph.id);
    }
    Nest nest = std::move(std::get<Nest>(built));
    merge_axes(nest);
    KA_CHECK_OK(verify(graph, nest));
    const std::vector<Schedule> choices = candidates(graph, nest, target, rounds_operands(plan, nest));
    const Schedule schedule = choices[std::min(rank, choices.size() - 1)];
    SkeletonInput input{graph, nest, schedule, kernel.name, summary_of(plan, nest, launch.members), {}};
    input.entry += subgraph.launches.size() == 1 ? "_kernel" : fmt::format("_{}_{}", l + 1, name(nest.kind));
    for (const ValueId value : nest.reads()) input.tensors.emplace_back(value, buffers.at(value));
    for (const Write& write : nest.writes) {  // a recurrence writes all of its states into one tensor
      if (input.tensors.empty() || input.tensors.back().first != write.tensor)
        input.tensors.emplace_back(write.tensor, buffers.at(write.tensor));
    }
    LaunchText text = nest.kind == Nest::Kind::kMap      ? write_map(input)
                      : nest.kind == Nest::Kind::kReduce ? write_reduce(input)
                      : nest.kind == Nest::Kind::kScan   ? write_scan(input)
                      : nest.kind == Nest::Kind::kRecur  ? write_recur(input)
                                                         : write_contract(input);
    if (!kernel.source.empty()) kernel.source += "\n\n";
    kernel.source += "# Schedule: " + print(schedule, nest.kind) + "\n" + text.source;
    kernel.schedule += (kernel.schedule.empty() ? "" : "; ") + print(schedule, nest.kind);
    kernel.launches.push_back(std::move(text.launch));
  }
  kernel.helpers = helpers_called_by(kernel.source);
  return kernel;
}

}  // namespace ka
