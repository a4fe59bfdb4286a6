#include "codegen/generate.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "base/templates.h"
#include "base/text.h"
#include "codegen/choices.h"
#include "codegen/in_place.h"
#include "codegen/lowered.h"
#include "codegen/skeleton.h"
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
  } else if (nest.kind == Nest::Kind::kAttend) {
    out += fmt::format(", {} past {}", plural(nest.space.extent(nest.attention.row), "row"),
                       plural(nest.space.extent(nest.attention.key), "key"));
  }
  return out + " -> " + shape_text(plan.graph.type(nest.writes.front().tensor));
}

/// Writes a subgraph's launches one after another into a kernel.
class Generator {
 public:
  Generator(const Plan& plan, const Subgraph& subgraph, const std::vector<Schedule>& schedules)
      : plan_(plan), graph_(plan.graph), subgraph_(subgraph), schedules_(schedules) {}

  Result<Kernel> run() {
    kernel_.name = identifier(subgraph_.id.substr(subgraph_.id.find('_', 3) + 1));
    kernel_.author = "codegen";
    kernel_.summary = subgraph_.title;
    KA_TRY(const LoweredSubgraph lowered, lower(plan_, subgraph_));
    if (schedules_.size() != lowered.nests.size())
      return fail(Fault::kInternal, fmt::format("{} schedules for {} launches", schedules_.size(), lowered.nests.size()),
                  subgraph_.id);
    for (const ValueId value : subgraph_.inputs) declare(value, Role::kInput);
    for (const ValueId value : subgraph_.outputs) declare(value, Role::kOutput);
    for (const Stack& stack : lowered.stacks) declare(stack);
    for (const Launchable& launch : subgraph_.launches) {
      for (const ValueId value : launch.outputs) declare(value, Role::kScratch);
    }
    for (size_t l = 0; l < lowered.nests.size(); ++l) write(l, lowered.nests[l]);
    for (const auto& [output, input] : same_memory_pairs(graph_, lowered.nests, subgraph_.inputs, subgraph_.outputs))
      kernel_.in_place.emplace_back(buffers_.at(output), buffers_.at(input));
    kernel_.helpers = helpers_called_by(kernel_.source);
    if (!channels_last_.empty()) kernel_.helpers.emplace_back(template_text("templates/launch/channels_last.py"));
    return std::move(kernel_);
  }

 private:
  /// Adds a buffer for a value, once.
  void declare(ValueId value, Role role) {
    if (buffers_.contains(value)) return;
    TensorType type = graph_.type(value);
    type.offset = 0;
    buffers_[value] = buffer_name(graph_, value, names_);
    kernel_.buffers.push_back({buffers_[value], role, std::move(type), ""});
  }

  void declare(const Stack& stack) {
    Shape size = graph_.type(stack.parts[0]).sizes();
    size.insert(size.begin(), static_cast<int64_t>(stack.parts.size()));
    const std::string name = scratch(graph_.value(stack.parts[0]).name + "_parts", graph_.type(stack.parts[0]).dtype, size);
    for (const ValueId part : stack.parts) buffers_[part] = name;
  }

  /// Adds row-major scratch; returns its name.
  std::string scratch(const std::string& name, Dtype dtype, const Shape& size, std::string initial = "") {
    const Shape strides = contiguous_strides(size);
    kernel_.buffers.push_back({names_.fresh(name),
                               Role::kScratch,
                               {dtype, {size.begin(), size.end()}, {strides.begin(), strides.end()}, 0},
                               std::move(initial)});
    return kernel_.buffers.back().name;
  }

  void write(size_t l, const Nest& nest) {
    const std::vector<NodeId>& members = subgraph_.launches[l].members;
    const Schedule& schedule = schedules_[l];
    SkeletonInput input{graph_, nest, schedule, kernel_.name, summary_of(plan_, nest, members), {}};
    input.entry += schedules_.size() == 1 ? "_kernel" : fmt::format("_{}_{}", l + 1, name(nest.kind));
    if (nest.kind == Nest::Kind::kContract && is_split(schedule)) {
      cut(input, left_operand(nest), "left");
      cut(input, right_operand(nest), "right");
    } else if (nest.kind == Nest::Kind::kContract && is_rounded(schedule)) {
      cut(input, left_operand(nest), "left");
      put_channels_last(input);
    }
    if (nest.kind == Nest::Kind::kRecur && is_shared(schedule)) {
      const int64_t row_blocks = ceil_div(nest.space.extent(nest.recurrence.row), schedule.tile_m);
      input.turns = scratch("turns", Dtype::kInt32, {row_blocks, nest.space.extent(nest.recurrence.step)}, "zeros");
    }
    for (const ValueId value : nest.reads()) input.tensors.emplace_back(value, buffers_.at(value));
    for (const Write& write : nest.writes) {  // a recurrence writes all of its states into one tensor
      if (input.tensors.empty() || input.tensors.back().first != write.tensor)
        input.tensors.emplace_back(write.tensor, buffers_.at(write.tensor));
    }
    append(print(schedule, nest.kind), nest.kind == Nest::Kind::kMap      ? write_map(input)
                                       : nest.kind == Nest::Kind::kReduce ? write_reduce(input)
                                       : nest.kind == Nest::Kind::kScan   ? write_scan(input)
                                       : nest.kind == Nest::Kind::kRecur  ? write_recur(input)
                                       : nest.kind == Nest::Kind::kAttend ? write_attend(input)
                                                                          : write_contract(input));
  }

  /// Adds the launch that cuts an operand into float16 parts, or rounds it to one, and the scratch that holds them.
  void cut(SkeletonInput& product, const Operand& operand, const std::string& side) {
    const Nest& nest = product.nest;
    const int64_t rows = nest.extent(operand.across) * (operand.batched ? nest.extent(nest.contraction.batch) : 1);
    OperandParts parts;
    parts.high = scratch(side + "_high", Dtype::kFloat16, {rows, padded_depth(nest)});
    if (is_split(product.schedule)) parts.low = scratch(side + "_low", Dtype::kFloat16, {rows, padded_depth(nest)});
    parts.scale = scratch(side + "_scale", Dtype::kFloat32, {rows});
    product.parts.push_back(parts);
    const Schedule schedule = parts_schedule(nest, operand.expr);
    const std::string summary =
        fmt::format("The {} operand of {}, in float16, and the scale of each row.", side, product.summary);
    SkeletonInput input{graph_, nest, schedule, product.entry + "_" + side + "_parts", summary, {}, {parts}};
    for (const ValueId value : nest.reads(operand.expr)) input.tensors.emplace_back(value, buffers_.at(value));
    append(print_parts(schedule), write_operand_parts(input, operand));
  }

  /// Points a convolution at its images with their channels last; where no launch has made them yet, adds one that does.
  void put_channels_last(SkeletonInput& product) {
    const ValueId image = product.nest.expr(product.nest.contraction.right).tensor;
    Windows windows = *windows_of(graph_, product.nest);
    const auto [known, is_new] = channels_last_.try_emplace(image);
    if (is_new) {
      const std::string& source = buffers_.at(image);
      known->second.first =
          scratch(source + "_channels_last", Dtype::kFloat16, {windows.images, windows.positions, windows.channels});
      known->second.second = scratch(source + "_lost", Dtype::kInt32, {windows.images}, "zeros");
    }
    std::tie(windows.buffer, windows.lost) = known->second;
    if (is_new) kernel_.launches.push_back(channels_last_launch(windows, buffers_.at(image)));
    product.windows = std::move(windows);
  }

  /// Adds a launch and its jit function.
  void append(const std::string& schedule, LaunchText text) {
    if (!kernel_.source.empty()) kernel_.source += "\n\n";
    kernel_.source += "# Schedule: " + schedule + "\n" + text.source;
    kernel_.schedule += (kernel_.schedule.empty() ? "" : "; ") + schedule;
    kernel_.launches.push_back(std::move(text.launch));
  }

  const Plan& plan_;
  const Graph& graph_;
  const Subgraph& subgraph_;
  const std::vector<Schedule>& schedules_;
  Kernel kernel_;
  Names names_;
  std::map<ValueId, std::string> buffers_;
  std::map<ValueId, std::pair<std::string, std::string>> channels_last_;  ///< buffers by tensor: launches share them
};

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

Result<Kernel> generate(const Plan& plan, const Subgraph& subgraph, const Choice& choice) {
  KA_TRY(Kernel kernel, Generator(plan, subgraph, choice.schedules).run());
  kernel.predicted_ms = choice.predicted_ms;
  return kernel;
}

Result<Kernel> generate(const Plan& plan, const Subgraph& subgraph, const Target& target, size_t rank) {
  KA_TRY(const Choices choices, Choices::of(plan, subgraph, target));
  return generate(plan, subgraph, choices.ranked(rank));
}

}  // namespace ka
