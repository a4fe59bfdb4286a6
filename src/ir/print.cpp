#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "ir/text.h"

namespace ka {
namespace {

/// Appends the text form of graphs to one string.
class Printer {
 public:
  explicit Printer(const Graph& graph) : graph_(graph) {}

  std::string print() && {
    out_ += "graph ";
    word(graph_.name);
    out_ += " mode=";
    word(graph_.mode);
    out_ += '\n';
    for (size_t i = 0; i < graph_.inputs.size(); ++i) input(i);
    for (const Node& item : graph_.nodes) node(item);
    for (const Output& item : graph_.outputs) output(item);
    if (!graph_.output_tree.is_null()) out_ += "tree " + graph_.output_tree.dump() + "\n";
    return std::move(out_);
  }

  void argument(const Argument& argument) { std::visit(*this, argument.value); }
  std::string take() && { return std::move(out_); }

  void operator()(std::monostate) { out_ += "None"; }
  void operator()(bool flag) { out_ += flag ? "True" : "False"; }
  void operator()(int64_t whole) { fmt::format_to(std::back_inserter(out_), "{}", whole); }
  void operator()(double real) { out_ += to_text(real); }
  void operator()(const std::string& text) { out_ += quote(text); }
  void operator()(Dtype dtype) { out_ += name(dtype); }
  void operator()(Ref ref) { reference(ref.id); }
  void operator()(const Argument::List& list) {
    out_ += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      argument(list[i]);
    }
    out_ += ']';
  }

 private:
  void word(std::string_view text) {
    if (is_plain_word(text)) {
      out_ += text;
    } else {
      out_ += quote(text);
    }
  }

  void value_name(ValueId id) {
    const std::string& text = graph_.value(id).name;
    if (text == "_") {
      out_ += quote(text);  // bare, it stands for an unused output
    } else {
      word(text);
    }
  }

  void reference(ValueId id) {
    out_ += '%';
    value_name(id);
  }

  void definition(ValueId id) {
    value_name(id);
    out_ += ": ";
    out_ += to_text(graph_.type(id));
  }

  void input(size_t index) {
    const Input& input = graph_.inputs[index];
    const bool shared = graph_.input_of(input.value) != static_cast<int>(index);
    out_ += "input ";
    out_ += name(input.kind);
    out_ += ' ';
    if (shared || graph_.value(input.value).name != input.name) {
      word(input.name);
      out_ += " = ";
    }
    if (shared) {
      reference(input.value);
    } else {
      definition(input.value);
    }
    if (!input.scalar_type.empty()) {
      out_ += " scalar=";
      word(input.scalar_type);
    }
    if (!input.source.empty()) {
      out_ += " source=";
      word(input.source);
    }
    if (input.baked) out_ += " baked";
    if (!input.persistent) out_ += " transient";
    if (!input.example.is_null()) out_ += " example=" + input.example.dump();
    out_ += '\n';
  }

  void node(const Node& node) {
    if (node.outputs.empty()) out_ += "()";
    const std::string* first = nullptr;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (node.outputs[i] == kNone) {
        out_ += '_';
        continue;
      }
      definition(node.outputs[i]);
      if (first == nullptr) first = &graph_.value(node.outputs[i]).name;
    }
    out_ += " = ";
    word(node.op);
    out_ += '(';
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      word(node.arguments[i].name);
      out_ += '=';
      argument(node.arguments[i].value);
    }
    out_ += ')';
    attributes(node, first == nullptr || *first != node.name);
    out_ += '\n';
  }

  void attributes(const Node& node, bool with_name) {
    if (node.location != Location{}) {
      out_ += "  @ ";
      word(node.location.file);
      fmt::format_to(std::back_inserter(out_), ":{}", node.location.line);
      if (!node.location.text.empty()) out_ += " " + quote(node.location.text);
    }
    if (with_name) {
      out_ += " name=";
      word(node.name);
    }
    if (!node.module.empty()) {
      out_ += " module=";
      word(node.module);
    }
    if (node.origin != kNone) fmt::format_to(std::back_inserter(out_), " origin={}", node.origin);
  }

  void output(const Output& output) {
    if (output.kind == OutputKind::kMutation) {
      out_ += "mutate ";
      reference(graph_.inputs[static_cast<size_t>(output.target)].value);
      out_ += " = ";
    } else {
      out_ += "output ";
    }
    reference(output.value);
    out_ += '\n';
  }

  const Graph& graph_;
  std::string out_;
};

std::string dims_text(const std::vector<Dim>& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ", ";
    text += dims[i].is_constant() ? std::to_string(dims[i].value()) : quote(dims[i].expression());
  }
  return text + "]";
}

bool has_contiguous_strides(const TensorType& type) {
  for (const Dim& extent : type.shape) {
    if (!extent.is_constant()) return false;
  }
  const Shape expected = contiguous_strides(type.sizes());
  return type.stride == std::vector<Dim>(expected.begin(), expected.end());
}

}  // namespace

std::string to_text(const TensorType& type) {
  std::string text(name(type.dtype));
  text += dims_text(type.shape);
  if (!has_contiguous_strides(type)) text += " stride " + dims_text(type.stride);
  if (type.offset != Dim(0))
    text += " offset " + (type.offset.is_constant() ? std::to_string(type.offset.value()) : quote(type.offset.expression()));
  return text;
}

std::string to_text(const Graph& graph, const Argument& argument) {
  Printer printer(graph);
  printer.argument(argument);
  return std::move(printer).take();
}

std::string to_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

bool is_plain_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/' ||
           c == '-';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

std::string quote(std::string_view text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string print(const Graph& graph) { return Printer(graph).print(); }

}  // namespace ka
