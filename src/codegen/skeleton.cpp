#include "codegen/skeleton.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/source_writer.h"
#include "base/text.h"

namespace ka {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

FunctionText::FunctionText(const SkeletonInput& input, Names& names) : input_(input), names_(names) {
  for (const auto& [tensor, buffer] : input.tensors) {  // parts of a stack share one
    if (std::find(buffers_.begin(), buffers_.end(), buffer) == buffers_.end()) buffers_.push_back(buffer);
  }
  for (const OperandParts& parts : input.parts) {
    for (const std::string& buffer : {parts.high, parts.low, parts.scale}) {
      if (!buffer.empty()) buffers_.push_back(buffer);
    }
  }
  if (input.windows) buffers_.insert(buffers_.end(), {input.windows->buffer, input.windows->lost});
  if (!input.turns.empty()) buffers_.push_back(input.turns);
  for (const std::string& buffer : buffers_) {
    names.fresh(buffer + "_ptr");
    pointers_.push_back(buffer + "_ptr");
  }
}

void FunctionText::constant(const std::string& name, std::string python) {
  KA_CHECK(names_.fresh(name) == name, "a constant's name is taken before any value has one");
  constants_.emplace_back(name, std::move(python));
}

void FunctionText::name_tensors(ExpressionWriter& writer) const {
  for (const auto& [tensor, buffer] : input_.tensors) {
    const auto at = std::find(buffers_.begin(), buffers_.end(), buffer) - buffers_.begin();
    writer.name_tensor(tensor, pointers_[static_cast<size_t>(at)]);
  }
}

LaunchText FunctionText::finish(const std::vector<std::string>& body) const {
  SourceWriter out;
  std::vector<std::string> parameters = pointers_;
  for (const auto& [name, value] : constants_) parameters.push_back(name + ": tl.constexpr");
  out.line("@triton.jit");
  std::string header = "def " + input_.entry + "(" + join(parameters, ", ") + "):";
  if (header.size() > 120) {
    const std::vector<std::string> pointers = pointers_;
    std::vector<std::string> constants(parameters.begin() + static_cast<std::ptrdiff_t>(pointers.size()), parameters.end());
    header = "def " + input_.entry + "(\n    " + join(pointers, ", ") + ",\n    " + join(constants, ", ") + ",\n):";
  }
  out.raw(header);
  {
    auto indent = out.indent();
    out.raw("\"\"\"" + input_.summary + "\"\"\"");
    for (const std::string& text : body) out.raw(text);
  }
  LaunchText text;
  text.source = out.take();
  text.launch.entry = input_.entry;
  text.launch.grid = grid_;
  for (size_t i = 0; i < pointers_.size(); ++i) text.launch.arguments.push_back({pointers_[i], buffers_[i], true});
  for (const auto& [name, value] : constants_) text.launch.arguments.push_back({name, value, false});
  text.launch.num_warps = input_.schedule.warps;
  text.launch.num_stages = input_.schedule.stages;
  return text;
}

BatchedGrid::BatchedGrid(int64_t programs, int64_t batches) {
  constexpr int64_t kMostAlongSecond = 65535;
  if (batches <= kMostAlongSecond) {
    extents = {std::to_string(programs), std::to_string(batches)};
    return;
  }
  extents = {std::to_string(programs * batches), "1"};
  program = fmt::format("(tl.program_id(0) % {})", programs);
  batch = fmt::format("(tl.program_id(0) // {})", programs);
}

void bind_axes(ExpressionWriter& writer, const Nest& nest, Names& names, const std::vector<AxisId>& axes,
               const std::string& position, const std::string& stem, const std::string& mask, const std::string& shape) {
  if (axes.size() == 1) {
    writer.bind(axes[0], position + shape, mask);
    return;
  }
  int64_t inner = 1;
  for (size_t i = axes.size(); i-- > 0;) {
    const int64_t extent = nest.space.extent(axes[i]);
    std::string text = inner == 1 ? position : fmt::format("{} // {}", position, inner);
    if (i > 0) text = inner == 1 ? fmt::format("{} % {}", position, extent) : fmt::format("({}) % {}", text, extent);
    const std::string name = names.fresh(fmt::format("{}{}", stem, i));
    writer.line(name + " = " + text);
    writer.bind(axes[i], name + shape, mask);
    inner *= extent;
  }
}

void append_block(std::vector<std::string>& lines, const std::string& header, const std::vector<std::string>& block) {
  lines.push_back(header);
  for (const std::string& text : block) lines.push_back(indent(text, 4));
}

std::string identity_text(ReduceKind kind, Dtype type) {
  const bool floats = is_floating(type);
  const auto number = [&](int64_t integer, double real) {
    return literal_text(floats ? Argument{real} : Argument{integer}, type);
  };
  const double infinity = std::numeric_limits<double>::infinity();
  const auto bits = static_cast<int>(byte_size(type) * 8);
  const bool is_unsigned = type == Dtype::kUint8 || type == Dtype::kBool;
  const int64_t greatest = is_unsigned  ? (type == Dtype::kBool ? 1 : 255)
                           : bits == 64 ? std::numeric_limits<int64_t>::max()
                                        : (int64_t{1} << (bits - 1)) - 1;
  const int64_t least = is_unsigned ? 0 : -greatest - 1;
  switch (kind) {
    case ReduceKind::kMax:
    case ReduceKind::kArgmax: return number(least, -infinity);
    case ReduceKind::kMin:
    case ReduceKind::kArgmin: return number(greatest, infinity);
    case ReduceKind::kProd: return number(1, 1.0);
    case ReduceKind::kAll: return "True";
    case ReduceKind::kAny: return "False";
    default: return number(0, 0.0);
  }
}

}  // namespace ka
