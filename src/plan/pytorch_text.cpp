#include "plan/pytorch_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/check.h"
#include "base/source_writer.h"
#include "base/templates.h"
#include "base/text.h"
#include "loops/nest.h"
#include "ops/naming.h"
#include "ops/table.h"

namespace ka {
namespace {

std::string identifier(std::string_view text) {
  std::string out;
  for (const char c : text) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out.front())) != 0) out.insert(0, "v");
  static const std::set<std::string> kTaken = {"attend", "moments", "product", "window", "recurrence", "self", "torch",
                                               "nn",     "aten",    "F",       "lambda", "in",         "is",   "and",
                                               "or",     "not",     "class",   "def",    "return"};
  return kTaken.contains(out) ? out + "_" : out;
}

std::string number_text(double v) {
  if (std::isnan(v)) return "float('nan')";
  if (std::isinf(v)) return v > 0 ? "float('inf')" : "float('-inf')";
  std::string text = fmt::format("{}", v);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

/// Arguments that say where a tensor lies and mean nothing for its values.
bool is_placement(std::string_view name) {
  return name == "layout" || name == "device" || name == "pin_memory" || name == "generator" || name == "non_blocking";
}

bool makes_from_nothing(const Node& node) { return Graph::operands(node).empty() && node.op.starts_with("aten."); }

}  // namespace

PyTorchText::PyTorchText(const Plan& plan, const std::vector<NodeId>& nodes) : plan_(plan), nodes_(nodes.begin(), nodes.end()) {
  for (size_t i = 0; i < plan.graph.values.size(); ++i) by_name_[plan.graph.values[i].name] = static_cast<ValueId>(i);
  const GraphFacts facts(plan.graph);
  for (size_t i = 0; i < plan.graph.nodes.size(); ++i) {
    const OpClass op_class = op_table().find(plan.graph.nodes[i].op)->op_class;
    if (!facts.transparent[i] && op_class != OpClass::kView) parts_[plan.graph.nodes[i].origin].push_back(static_cast<NodeId>(i));
  }
}

std::string PyTorchText::fresh(std::string_view wanted) {
  const std::string base = identifier(wanted);
  std::string name = base;
  for (int i = 1; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", base, i);
  return name;
}

std::string PyTorchText::write(ValueId value) {
  if (const auto known = names_.find(value); known != names_.end()) return known->second;
  const NodeId producer = plan_.graph.value(value).producer;
  KA_CHECK(producer != kNone, "a graph input was not named: " + plan_.graph.value(value).name);
  const NodeId origin = plan_.graph.node(producer).origin;
  std::set<NodeId> seen;
  if (origin != kNone && can_write_traced(origin, seen)) {
    for (const ValueId output : plan_.traced.node(origin).outputs) {
      if (output == kNone || plan_.traced.value(output).name != plan_.graph.value(value).name) continue;
      if (plan_.traced.type(output).shape != plan_.graph.type(value).shape) continue;
      return names_[value] = write_traced(output, origin);
    }
  }
  return names_[value] = write_primitive(value);
}

/// A traced call can be written whole if its computing parts are all ours and its operands are named, or can be written likewise.
bool PyTorchText::can_write_traced(NodeId traced, std::set<NodeId>& seen) const {
  if (written_.contains(traced) || !seen.insert(traced).second) return true;
  const Node& node = plan_.traced.node(traced);
  if (!node.op.starts_with("aten.")) return false;
  if (const auto parts = parts_.find(traced); parts != parts_.end()) {
    for (const NodeId part : parts->second) {
      if (!nodes_.contains(part)) return false;
    }
  }
  for (const ValueId operand : Graph::operands(node)) {
    const auto here = by_name_.find(plan_.traced.value(operand).name);
    if (here != by_name_.end() && names_.contains(here->second)) continue;
    const NodeId producer = plan_.traced.value(operand).producer;
    if (producer == kNone || !can_write_traced(producer, seen)) return false;
  }
  return true;
}

std::string PyTorchText::write_traced(ValueId value, NodeId traced) {
  const Node& node = plan_.traced.node(traced);
  if (!written_.contains(traced)) {
    for (const ValueId operand : Graph::operands(node)) {
      const auto here = by_name_.find(plan_.traced.value(operand).name);
      if (here != by_name_.end() && names_.contains(here->second)) continue;
      write_traced(operand, plan_.traced.value(operand).producer);
    }
    const std::string text = call(plan_.traced, node, true);
    std::vector<std::string> names;
    for (const ValueId output : node.outputs) {
      names.push_back(output == kNone ? "_" : fresh(plan_.traced.value(output).name));
      const auto here = output == kNone ? by_name_.end() : by_name_.find(plan_.traced.value(output).name);
      if (here != by_name_.end()) names_.try_emplace(here->second, names.back());
    }
    lines_.push_back(join(names, ", ") + " = " + text);
    written_[traced] = std::move(names);
  }
  const auto& outputs = node.outputs;
  const auto at = std::find(outputs.begin(), outputs.end(), value) - outputs.begin();
  return written_.at(traced)[static_cast<size_t>(at)];
}

std::string PyTorchText::write_primitive(ValueId value) {
  const NodeId producer = plan_.graph.value(value).producer;
  const Node& node = plan_.graph.node(producer);
  for (const ValueId operand : Graph::operands(node)) write(operand);
  const std::string text = call(plan_.graph, node, false);
  std::vector<std::string> names;
  for (const ValueId output : node.outputs) {
    names.push_back(output == kNone ? "_" : fresh(operator_word(node.op)));
    if (output != kNone) names_[output] = names.back();
  }
  lines_.push_back(join(names, ", ") + " = " + text);
  return names_.at(value);
}

std::string PyTorchText::argument(const Argument& a, bool traced) {
  if (a.is_ref()) {
    if (!traced) return names_.at(a.ref());
    const Value& value = plan_.traced.value(a.ref());
    const auto here = by_name_.find(value.name);
    if (here != by_name_.end() && names_.contains(here->second)) return names_.at(here->second);
    return written_.at(value.producer)[static_cast<size_t>(value.output_index)];
  }
  if (a.is_none()) return "None";
  if (const auto* b = std::get_if<bool>(&a.value)) return *b ? "True" : "False";
  if (const auto* i = std::get_if<int64_t>(&a.value)) return std::to_string(*i);
  if (const auto* f = std::get_if<double>(&a.value)) return number_text(*f);
  if (const auto* d = std::get_if<Dtype>(&a.value)) return "torch." + std::string(ka::name(*d));
  if (const auto* s = std::get_if<std::string>(&a.value)) return "'" + *s + "'";
  std::vector<std::string> parts;
  for (const Argument& element : a.list()) parts.push_back(argument(element, traced));
  return "[" + join(parts, ", ") + "]";
}

std::string PyTorchText::call(const Graph& graph, const Node& node, bool traced) {
  const auto text = [&](std::string_view name) { return argument(node.at(name), traced); };
  if (node.op == "ka.moments") return fmt::format("moments({}, {})", text("self"), text("dim"));
  if (node.op == "ka.cummax" || node.op == "ka.cummin")
    return fmt::format("torch.{}({}, {}).values", node.op.substr(3), text("self"), text("dim"));
  if (op_table().find(node.op)->op_class == OpClass::kRecur)
    return fmt::format("recurrence('{}', {}, {}, {}, {}, {}, {})", node.op.substr(3), text("self"), text("weight"), text("bias"),
                       text("hidden"), text("cell"), text("reverse"));
  if (node.op == "ka.attend") return fmt::format("attend({}, {}, {})", text("self"), text("mat2"), text("safe"));
  if (node.op == "ka.roll") return fmt::format("torch.roll({}, {}, {})", text("self"), text("shifts"), text("dims"));
  if (node.op == "ka.prod") return fmt::format("product({}, {}, {})", text("self"), text("dim"), text("keepdim"));
  if (node.op == "ka.window") {
    const Shape sizes = graph.type(node.outputs[0]).sizes();
    return fmt::format("window({}, {}, {}, {}, {}, {}, {}, [{}])", text("self"), text("dims"), text("kernel"), text("stride"),
                       text("padding"), text("dilation"), text("value"), fmt::join(sizes, ", "));
  }
  if (node.op == "aten.view.default") return fmt::format("{}.reshape({})", text("self"), text("size"));
  if (node.op == "aten.where.self") {  // torch's own where takes numbers too
    const std::string dtype(ka::name(graph.type(node.outputs[0]).dtype));
    const bool numbers = node.at("self").is_number() || node.at("other").is_number();
    return fmt::format("torch.where({}, {}, {}){}", text("condition"), text("self"), text("other"),
                       numbers ? ".to(torch." + dtype + ")" : "");
  }
  std::vector<std::string> parts;
  const std::string own = opaque_operator(node);
  for (const NamedArgument& a : node.arguments) {
    if (is_placement(a.name) || (own != node.op && a.name == "op")) continue;
    const auto* format = a.name == "memory_format" ? std::get_if<std::string>(&a.value.value) : nullptr;
    parts.push_back(a.name + "=" + (format != nullptr ? "torch." + *format : argument(a.value, traced)));
  }
  if (makes_from_nothing(node) && !device_.empty()) parts.push_back("device=" + device_);
  std::string op = own;
  if (op == "aten.alias.default") op = "aten.clone.default";  // an output must be a tensor of its own
  return op + "(" + join(parts, ", ") + ")";
}

namespace {

constexpr std::string_view kPrelude = R"(import torch
import torch.nn as nn
import torch.nn.functional as F

aten = torch.ops.aten
)";

/// Functions for the primitives that are not ATen operators (templates/primitives/); each is included only where it is called.
constexpr std::array<std::string_view, 5> kPrimitives = {"moments", "product", "attend", "recurrence", "window"};

std::string tensor_text(const std::vector<std::string>& names) {
  return names.size() == 1 ? names[0] : "(" + join(names, ", ") + ")";
}

/// The length of the range 0, 1, … that a value shows, through views; 0 if it shows something else.
int64_t counted_extent(const Graph& graph, ValueId value) {
  for (NodeId id = graph.value(value).producer; id != kNone; id = graph.value(value).producer) {
    const Node& node = graph.node(id);
    if (node.op == "aten.arange.start_step") return node.at("start").number() == 0 ? graph.type(value).element_count() : 0;
    const OpRow* row = op_table().find(node.op);
    if (row == nullptr || row->op_class != OpClass::kView || node.find("self") == nullptr) return 0;
    value = node.at("self").ref();
  }
  return 0;
}

/// The smallest extent any gather indexes, or any scatter searches, with this integer value, followed through views and casts; 0 if
/// none does.
int64_t indexed_extent(const Graph& graph, const std::vector<NodeId>& nodes, ValueId index) {
  int64_t extent = 0;
  const auto note = [&](int64_t e) { extent = extent == 0 ? e : std::min(extent, e); };
  std::set<ValueId> same = {index};
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    const auto is_index = [&](std::string_view name) {
      const Argument* a = node.find(name);
      return a != nullptr && a->is_ref() && same.contains(a->ref());
    };
    if (node.op == "aten.embedding.default" && is_index("indices")) note(graph.type(node.at("weight").ref()).sizes()[0]);
    if ((node.op == "aten.gather.default" || node.op == "aten.index_select.default") && is_index("index")) {
      const TensorType& type = graph.type(node.at("self").ref());
      const int64_t dim = node.at("dim").integer();
      note(type.sizes()[static_cast<size_t>(dim < 0 ? dim + type.rank() : dim)]);
    }
    if (node.op == "aten.eq.Tensor" && is_index("self")) {
      if (const int64_t length = counted_extent(graph, node.at("other").ref()); length > 0) note(length);
    }
    if (node.op == "aten.index.Tensor") {
      const Argument::List& list = node.at("indices").list();
      for (size_t d = 0; d < list.size(); ++d) {
        if (list[d].is_ref() && same.contains(list[d].ref())) note(graph.type(node.at("self").ref()).sizes()[d]);
      }
    }
    // Whatever an index becomes elementwise may index too (a where over ignored targets, a cast, a view).
    for (const ValueId operand : Graph::operands(node)) {
      if (!same.contains(operand) || node.outputs[0] == kNone) continue;
      if (is_integral(graph.type(node.outputs[0]).dtype)) same.insert(node.outputs[0]);
    }
  }
  return extent;
}

bool is_dropout(const Graph& graph, ValueId value) {
  const NodeId producer = graph.value(value).producer;
  return producer != kNone && graph.node(producer).op == "ka.draw" &&
         std::get<std::string>(graph.node(producer).at("kind").value) == "dropout";
}

/// A new contiguous tensor of a type, with values that suit what the subgraph does with them.
std::string fresh_text(const Graph& graph, const std::vector<NodeId>& nodes, ValueId value, const TensorType& type) {
  const std::string size = fmt::format("[{}]", fmt::join(type.sizes(), ", "));
  const std::string dtype = "torch." + std::string(name(type.dtype));
  if (type.dtype == Dtype::kBool) return fmt::format("(torch.rand({}) < 0.5)", size);
  if (is_dropout(graph, value)) return fmt::format("(torch.rand({}) < 0.5).to({})", size, dtype);
  if (is_floating(type.dtype)) return fmt::format("torch.randn({}, dtype={})", size, dtype);
  const int64_t extent = indexed_extent(graph, nodes, value);
  return fmt::format("torch.randint({}, {}, {}, dtype={})", 0, extent > 0 ? extent : 10, size, dtype);
}

std::string input_text(const Graph& graph, const std::vector<NodeId>& nodes, ValueId value) {
  const TensorType& type = graph.type(value);
  const std::string size = fmt::format("[{}]", fmt::join(type.sizes(), ", "));
  const std::string dtype = "torch." + std::string(name(type.dtype));
  const std::string fresh = fresh_text(graph, nodes, value, type);
  if (type.is_contiguous()) return fresh;
  const Shape strides = type.strides();
  const Shape sizes = type.sizes();
  if (std::find(strides.begin(), strides.end(), 0) != strides.end()) {  // an expanded tensor: its repeated dims hold one element
    TensorType once = type;
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (strides[d] == 0) once.shape[d] = 1;
    }
    const Shape packed = contiguous_strides(once.sizes());
    once.stride.assign(packed.begin(), packed.end());
    return fresh_text(graph, nodes, value, once) + fmt::format(".expand({})", size);
  }
  return fmt::format("torch.empty_strided({}, [{}], dtype={}).copy_({})", size, fmt::join(type.strides(), ", "), dtype, fresh);
}

}  // namespace

std::string draw_text(const Graph& graph, const Node& node, const std::string& device) {
  const TensorType& type = graph.type(node.outputs[0]);
  const auto& kind = std::get<std::string>(node.at("kind").value);
  const std::string place = fmt::format("dtype=torch.{}{}", name(type.dtype), device.empty() ? "" : ", device=" + device);
  const std::string memory =
      fmt::format("torch.empty_strided([{}], [{}], {})", fmt::join(type.sizes(), ", "), fmt::join(type.strides(), ", "), place);
  if (kind == "dropout") return fmt::format("F.dropout({}.fill_(1.0), {})", memory, number_text(node.at("p").number()));
  if (kind == "bernoulli") return fmt::format("torch.bernoulli({}, {})", memory, number_text(node.at("p").number()));
  if (kind.ends_with("_like")) return fmt::format("torch.{}({})", kind, memory);
  return fmt::format("torch.{}([{}], {})", kind, fmt::join(type.sizes(), ", "), place);
}

std::vector<std::string> subgraph_parameters(const Plan& plan, int index) {
  std::set<std::string> taken;
  std::vector<std::string> out;
  for (const ValueId value : plan.subgraphs[static_cast<size_t>(index)].inputs) {
    const auto input = plan.graph.input_of(value);
    const std::string base =
        identifier(input ? plan.graph.inputs[static_cast<size_t>(*input)].name : plan.graph.value(value).name);
    std::string name = base;
    for (int i = 1; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", base, i);
    out.push_back(name);
  }
  return out;
}

std::string subgraph_class(const Plan& plan, int index, const std::string& class_name) {
  const Subgraph& subgraph = plan.subgraphs[static_cast<size_t>(index)];
  std::vector<NodeId> computing;
  for (const Launchable& launch : subgraph.launches)
    computing.insert(computing.end(), launch.members.begin(), launch.members.end());
  PyTorchText text(plan, computing);
  const std::vector<std::string> parameters = subgraph_parameters(plan, index);
  for (size_t i = 0; i < parameters.size(); ++i) text.name(subgraph.inputs[i], parameters[i]);
  if (!parameters.empty()) text.set_device(parameters[0] + ".device");
  std::vector<std::string> results;
  for (const ValueId value : subgraph.outputs) results.push_back(text.write(value));
  SourceWriter out;
  {
    auto body = out.block("class {}(nn.Module):", class_name);
    out.line("\"\"\"{}: {}.\"\"\"", subgraph.id, subgraph.title);
    out.blank();
    std::vector<std::string> arguments = {"self"};
    arguments.insert(arguments.end(), parameters.begin(), parameters.end());
    auto forward = out.block("def forward({}):", join(arguments, ", "));
    for (const std::string& line : text.lines()) out.raw(line);
    out.line("return {}", tensor_text(results));
  }
  return out.take();
}

std::string subgraph_prelude(std::string_view text) {
  std::string out(kPrelude);
  for (const std::string_view name : kPrimitives) {
    if (text.find(std::string(name) + "(") == std::string_view::npos) continue;
    out += "\n\n" + std::string(template_text(fmt::format("templates/primitives/{}.py", name)));
  }
  return out;
}

std::string subgraph_problem(const Plan& plan, int index) {
  const Subgraph& subgraph = plan.subgraphs[static_cast<size_t>(index)];
  const std::string model = subgraph_class(plan, index, "Model");
  std::string out =
      "\"\"\"" + subgraph.id + ": " + subgraph.title + ", cut from " + plan.traced.name + ".\"\"\"\n\n" + subgraph_prelude(model);
  out += "\n\n" + model + "\n\ndef get_inputs():\n    return [\n";
  for (const ValueId value : subgraph.inputs) out += "        " + input_text(plan.graph, subgraph.nodes, value) + ",\n";
  return out + "    ]\n\n\ndef get_init_inputs():\n    return []\n";
}

}  // namespace ka
