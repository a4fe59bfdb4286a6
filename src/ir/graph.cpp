#include "ir/graph.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace ka {
namespace {

constexpr std::array<std::pair<InputKind, std::string_view>, 6> kInputKinds = {{
    {InputKind::kTensor, "tensor"},
    {InputKind::kScalar, "scalar"},
    {InputKind::kParameter, "parameter"},
    {InputKind::kBuffer, "buffer"},
    {InputKind::kAttribute, "attribute"},
    {InputKind::kConstant, "constant"},
}};

void collect_references(const Argument& argument, std::vector<ValueId>& values) {
  if (argument.is_ref()) values.push_back(argument.ref());
  if (!argument.is_list()) return;
  for (const Argument& element : argument.list()) collect_references(element, values);
}

}  // namespace

bool Argument::is_number() const {
  return std::holds_alternative<bool>(value) || std::holds_alternative<int64_t>(value) || std::holds_alternative<double>(value);
}

double Argument::number() const {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return static_cast<double>(integer());
}

int64_t Argument::integer() const {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  const auto* whole = std::get_if<int64_t>(&value);
  KA_CHECK(whole != nullptr, "the argument is not an integer");
  return *whole;
}

bool Argument::truth() const { return integer() != 0; }

std::vector<int64_t> Argument::integers() const {
  if (is_none()) return {};
  if (!is_list()) return {integer()};
  std::vector<int64_t> numbers;
  numbers.reserve(list().size());
  for (const Argument& element : list()) numbers.push_back(element.integer());
  return numbers;
}

const Argument* Node::find(std::string_view argument) const {
  for (const NamedArgument& candidate : arguments) {
    if (candidate.name == argument) return &candidate.value;
  }
  return nullptr;
}

const Argument& Node::at(std::string_view argument) const {
  const Argument* found = find(argument);
  KA_CHECK(found != nullptr, op + " has no argument '" + std::string(argument) + "'");
  return *found;
}

std::string_view name(InputKind kind) { return kInputKinds[static_cast<size_t>(kind)].second; }

std::optional<InputKind> parse_input_kind(std::string_view name) {
  for (const auto& [kind, text] : kInputKinds) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

std::vector<std::vector<NodeId>> Graph::users() const {
  std::vector<std::vector<NodeId>> readers(values.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto id = static_cast<NodeId>(i);
    for (const ValueId operand : operands(nodes[i])) {
      std::vector<NodeId>& list = readers[static_cast<size_t>(operand)];
      if (list.empty() || list.back() != id) list.push_back(id);
    }
  }
  return readers;
}

std::vector<ValueId> Graph::operands(const Node& node) {
  std::vector<ValueId> values;
  for (const NamedArgument& argument : node.arguments) collect_references(argument.value, values);
  return values;
}

std::optional<int> Graph::input_of(ValueId id) const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].value == id) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace ka
