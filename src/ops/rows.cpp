#include "ops/rows.h"

#include <cmath>

#include "base/check.h"

namespace ka {

void pointwise(OpTable& table, Names names, Compute compute, std::string expression, OperatorPrice price) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.compute = compute;
    row.expression = expression;
    row.flops = price.flops;
    row.cheap = price.cheap;
    table.add(std::move(row));
  }
}

void pointwise(OpTable& table, Names names, Compute compute, Choose choose, OperatorPrice price) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.compute = compute;
    row.choose = choose;
    row.flops = price.flops;
    row.cheap = price.cheap;
    table.add(std::move(row));
  }
}

void composite(OpTable& table, Names names, Decompose decompose) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.op_class = OpClass::kComposite;
    row.decompose = decompose;
    table.add(std::move(row));
  }
}

void aliasing(OpTable& table, Names names, Decompose decompose) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.op_class = OpClass::kComposite;
    row.decompose = decompose;
    row.aliases = true;
    table.add(std::move(row));
  }
}

void primitive(OpTable& table, Names names, OpClass op_class, Decompose canonical, double flops) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.op_class = op_class;
    row.decompose = canonical;
    row.aliases = op_class == OpClass::kView;
    row.flops = flops;
    table.add(std::move(row));
  }
}

void refused(OpTable& table, Names names, const std::string& reason) {
  for (const char* name : names) {
    OpRow row;
    row.name = name;
    row.op_class = OpClass::kComposite;
    row.refusal = reason;
    table.add(std::move(row));
  }
}

int64_t integer_or(const Node& node, std::string_view argument, int64_t fallback) {
  const Argument* found = node.find(argument);
  if (found == nullptr || !found->is_number()) return fallback;
  // A double would round the largest integers, which slices use for "to the end".
  return std::holds_alternative<double>(found->value) ? static_cast<int64_t>(found->number()) : found->integer();
}

double number_or(const Node& node, std::string_view argument, double fallback) {
  const Argument* found = node.find(argument);
  return found != nullptr && found->is_number() ? found->number() : fallback;
}

bool truth_or(const Node& node, std::string_view argument, bool fallback) {
  return number_or(node, argument, fallback ? 1 : 0) != 0;
}

std::string text_or(const Node& node, std::string_view argument, std::string fallback) {
  const Argument* found = node.find(argument);
  const std::string* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value);
  return text == nullptr ? std::move(fallback) : *text;
}

Shape integers_or_empty(const Node& node, std::string_view argument) {
  const Argument* found = node.find(argument);
  return found == nullptr ? Shape{} : found->integers();
}

bool is_absent(const Node& node, std::string_view argument) {
  const Argument* found = node.find(argument);
  return found == nullptr || found->is_none();
}

std::string float_text(double number) {
  if (std::isnan(number)) return "float(\"nan\")";
  if (std::isinf(number)) return number > 0 ? "float(\"inf\")" : "float(\"-inf\")";
  if (number == std::floor(number) && std::abs(number) < 1e15) return fmt::format("{:.1f}", number);
  return fmt::format("{}", number);
}

bool is_float64(const Graph& graph, const Node& node) {
  for (const ValueId operand : Graph::operands(node)) {
    if (is_floating(graph.type(operand).dtype)) return promoted_operand_type(graph, node) == Dtype::kFloat64;
  }
  return result_dtype(graph, node) == Dtype::kFloat64;
}

Decision not_float64(const Graph& graph, const Node& node) {
  return is_float64(graph, node) ? Decision::refuse("not emitted in float64: its series is accurate to float32")
                                 : Decision::accept();
}

void restrict(OpTable& table, Names names, Condition condition) {
  for (const char* name : names) table.at(name).condition = condition;
}

void rewrite(OpTable& table, Names names, Decompose canonical) {
  for (const char* name : names) table.at(name).decompose = canonical;
}

Dtype result_dtype(const Graph& graph, const Node& node) {
  for (const ValueId output : node.outputs) {
    if (output != kNone) return graph.type(output).dtype;
  }
  KA_CHECK(false, node.op + " has no output");
  return Dtype::kFloat32;
}

}  // namespace ka
