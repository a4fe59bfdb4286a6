#include "codegen/generate.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "base/templates.h"
#include "base/text.h"
#include "codegen/skeleton.h"
#include "codegen/stack.h"
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

/// Adds the scratch that holds an operand's parts.
OperandParts declare_parts(Kernel& kernel, Names& names, const Nest& nest, const Operand& operand, const std::string& side,
                           bool with_low) {
  const int64_t rows = nest.extent(operand.across) * (operand.batched ? nest.extent(nest.contraction.batch) : 1);
  const int64_t depth = padded_depth(nest);
  const auto declare = [&](const std::string& what, TensorType type) {
    kernel.buffers.push_back({names.fresh(side + "_" + what), Role::kScratch, std::move(type), ""});
    return kernel.buffers.back().name;
  };
  const TensorType part{Dtype::kFloat16, {rows, depth}, {depth, 1}, 0};
  OperandParts parts;
  parts.high = declare("high", part);
  if (with_low) parts.low = declare("low", part);
  parts.scale = declare("scale", {Dtype::kFloat32, {rows}, {1}, 0});
  return parts;
}

/// Adds the scratch that holds images with their channels last, and the launch that fills it; returns both buffers' names.
std::pair<std::string, std::string> declare_windows(Kernel& kernel, Names& names, Windows windows, const std::string& source) {
  const int64_t image = windows.positions * windows.channels;
  windows.buffer = names.fresh(source + "_channels_last");
  windows.lost = names.fresh(source + "_lost");
  kernel.buffers.push_back(
      {windows.buffer,
       Role::kScratch,
       {Dtype::kFloat16, {windows.images, windows.positions, windows.channels}, {image, windows.channels, 1}, 0},
       ""});
  kernel.buffers.push_back({windows.lost, Role::kScratch, {Dtype::kInt32, {windows.images}, {1}, 0}, "zeros"});
  kernel.launches.push_back(channels_last_launch(windows, source));
  return {windows.buffer, windows.lost};
}

/// Adds a launch and its jit function to a kernel.
void append(Kernel& kernel, const std::string& schedule, LaunchText text) {
  if (!kernel.source.empty()) kernel.source += "\n\n";
  kernel.source += "# Schedule: " + schedule + "\n" + text.source;
  kernel.schedule += (kernel.schedule.empty() ? "" : "; ") + schedule;
  kernel.launches.push_back(std::move(text.launch));
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
  std::vector<Nest> nests;
  for (const Launchable& launch : subgraph.launches) {
    auto built = build_nest(facts, launch.members, launch.outputs);
    if (const Decision* decision = std::get_if<Decision>(&built)) {
      return fail(Fault::kInternal, "a planned launch cannot be lowered: " + decision->reason, subgraph.id);
    }
    nests.push_back(std::move(std::get<Nest>(built)));
    KA_CHECK_OK(verify(graph, nests.back()));
  }
  for (const Stack& stack : stack_parts(graph, nests, subgraph.outputs)) {
    const std::string name = names.fresh(graph.value(stack.parts[0]).name + "_parts");
    for (const ValueId part : stack.parts) buffers[part] = name;
    Shape size = graph.type(stack.parts[0]).sizes();
    size.insert(size.begin(), static_cast<int64_t>(stack.parts.size()));
    const Shape strides = contiguous_strides(size);
    kernel.buffers.push_back({name,
                              Role::kScratch,
                              {graph.type(stack.parts[0]).dtype, {size.begin(), size.end()}, {strides.begin(), strides.end()}, 0},
                              ""});
  }
  for (const Launchable& launch : subgraph.launches) {
    for (const ValueId value : launch.outputs) declare(value, Role::kScratch);
  }

  std::map<ValueId, std::pair<std::string, std::string>> channels_last;  // buffers by tensor: launches share them
  for (size_t l = 0; l < subgraph.launches.size(); ++l) {
    const Launchable& launch = subgraph.launches[l];
    Nest& nest = nests[l];
    merge_axes(nest);
    const std::vector<Schedule> choices = candidates(graph, nest, target, rounds_operands(plan, nest));
    const Schedule schedule = choices[std::min(rank, choices.size() - 1)];
    const std::string entry =
        kernel.name + (subgraph.launches.size() == 1 ? "_kernel" : fmt::format("_{}_{}", l + 1, name(nest.kind)));
    const std::string summary = summary_of(plan, nest, launch.members);
    SkeletonInput input{graph, nest, schedule, entry, summary, {}};
    if (nest.kind == Nest::Kind::kContract && (is_split(schedule) || is_rounded(schedule))) {
      for (const Operand& operand : {left_operand(nest), right_operand(nest)}) {
        const bool left = operand.expr == nest.contraction.left;
        if (!left && is_rounded(schedule)) break;
        const std::string side = left ? "left" : "right";
        const Schedule parts = parts_schedule(nest, operand.expr);
        SkeletonInput cut{graph,
                          nest,
                          parts,
                          entry + "_" + side + "_parts",
                          fmt::format("The {} operand of {}, in float16, and the scale of each row.", side, summary),
                          {},
                          {declare_parts(kernel, names, nest, operand, side, is_split(schedule))}};
        for (const ValueId value : nest.reads(operand.expr)) cut.tensors.emplace_back(value, buffers.at(value));
        input.parts.push_back(cut.parts.front());
        append(kernel, print_parts(parts), write_operand_parts(cut, operand));
      }
    }
    if (is_rounded(schedule)) {
      const ValueId image = nest.expr(nest.contraction.right).tensor;
      input.windows = windows_of(graph, nest);
      const auto [known, is_new] = channels_last.try_emplace(image);
      if (is_new) known->second = declare_windows(kernel, names, *input.windows, buffers.at(image));
      input.windows->buffer = known->second.first;
      input.windows->lost = known->second.second;
    }
    for (const ValueId value : nest.reads()) input.tensors.emplace_back(value, buffers.at(value));
    for (const Write& write : nest.writes) {  // a recurrence writes all of its states into one tensor
      if (input.tensors.empty() || input.tensors.back().first != write.tensor)
        input.tensors.emplace_back(write.tensor, buffers.at(write.tensor));
    }
    append(kernel, print(schedule, nest.kind),
           nest.kind == Nest::Kind::kMap      ? write_map(input)
           : nest.kind == Nest::Kind::kReduce ? write_reduce(input)
           : nest.kind == Nest::Kind::kScan   ? write_scan(input)
           : nest.kind == Nest::Kind::kRecur  ? write_recur(input)
                                              : write_contract(input));
  }
  kernel.helpers = helpers_called_by(kernel.source);
  if (!channels_last.empty()) kernel.helpers.emplace_back(template_text("templates/launch/channels_last.py"));
  return kernel;
}

}  // namespace ka
