#include "ops/rewriter.h"

#include <algorithm>

#include "base/check.h"
#include "ops/table.h"

namespace ka {
namespace {

/// The operator's own word: "aten.sum.dim_IntList" gives "sum".
std::string_view short_name(std::string_view op) {
  const size_t first = op.find('.');
  if (first == std::string_view::npos) return op;
  const std::string_view rest = op.substr(first + 1);
  return rest.substr(0, rest.find('.'));
}

bool takes_alpha(std::string_view op) {
  return op == "aten.add.Tensor" || op == "aten.sub.Tensor" || op == "aten.add.Scalar" || op == "aten.sub.Scalar";
}

/// Division and its kind give floats for integers.
bool divides(std::string_view op) { return op == "aten.div.Tensor" || op == "aten.div.Scalar"; }

std::vector<bool> escaping_values(const Graph& graph) {
  std::vector<bool> escapes(graph.values.size(), false);
  for (const Output& output : graph.outputs) escapes[static_cast<size_t>(output.value)] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    const auto out = [&](ValueId value) { return value != kNone && escapes[static_cast<size_t>(value)]; };
    if (std::none_of(node.outputs.begin(), node.outputs.end(), out)) continue;
    const OpRow* row = op_table().find(node.op);
    if (row == nullptr || !row->aliases) continue;
    for (const ValueId operand : Graph::operands(node)) escapes[static_cast<size_t>(operand)] = true;
  }
  return escapes;
}

std::vector<bool> read_values(const Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  for (const Output& output : graph.outputs) read[static_cast<size_t>(output.value)] = true;
  for (const Node& node : graph.nodes) {
    for (const ValueId operand : Graph::operands(node)) read[static_cast<size_t>(operand)] = true;
  }
  return read;
}

}  // namespace

Rewriter::Rewriter(const Graph& from)
    : from_(from), mapped_(from.values.size(), kNone), escapes_(escaping_values(from)), read_(read_values(from)) {
  to_.name = from.name;
  to_.mode = from.mode;
  to_.output_tree = from.output_tree;
  to_.values.reserve(from.values.size() * 2);
  to_.nodes.reserve(from.nodes.size() * 2);
  for (const Input& input : from.inputs) {
    const auto id = static_cast<ValueId>(to_.values.size());
    to_.values.push_back(from.value(input.value));
    mapped_[static_cast<size_t>(input.value)] = id;
    bound_.push_back(true);
    to_.inputs.push_back(input);
    to_.inputs.back().value = id;
  }
}

const TensorType* Rewriter::result(const Node& traced, size_t index) const {
  return index < traced.outputs.size() && traced.outputs[index] != kNone ? &from_.type(traced.outputs[index]) : nullptr;
}

ValueId Rewriter::mapped(ValueId traced) const {
  const ValueId value = mapped_[static_cast<size_t>(traced)];
  KA_CHECK(value != kNone, "'" + from_.value(traced).name + "' is read before it is rewritten");
  return value;
}

ValueId Rewriter::operand(const Node& traced, std::string_view argument) const {
  const Argument& found = traced.at(argument);
  KA_CHECK(found.is_ref(), traced.op + ": '" + std::string(argument) + "' is not a tensor");
  return mapped(found.ref());
}

bool Rewriter::has_operand(const Node& traced, std::string_view argument) const {
  const Argument* found = traced.find(argument);
  return found != nullptr && found->is_ref();
}

Argument Rewriter::mapped(const Argument& traced) const {
  if (traced.is_ref()) return Argument{Ref{mapped(traced.ref())}};
  if (!traced.is_list()) return traced;
  Argument::List list;
  list.reserve(traced.list().size());
  for (const Argument& element : traced.list()) list.push_back(mapped(element));
  return Argument{std::move(list)};
}

void Rewriter::copy(const Node& traced) {
  std::vector<NamedArgument> arguments;
  arguments.reserve(traced.arguments.size());
  for (const NamedArgument& argument : traced.arguments) arguments.push_back({argument.name, mapped(argument.value)});
  std::vector<TensorType> types;
  for (size_t i = 0; i < traced.outputs.size(); ++i) {
    const TensorType* type = result(traced, i);
    types.push_back(type == nullptr ? TensorType{} : *type);
  }
  const std::vector<ValueId> values = call_many(traced.op, std::move(arguments), std::move(types));
  for (size_t i = 0; i < values.size(); ++i) bind(traced, i, values[i]);
}

void Rewriter::bind(const Node& traced, size_t index, ValueId value) {
  if (index >= traced.outputs.size() || traced.outputs[index] == kNone) return;
  const ValueId target = traced.outputs[index];
  if (const ValueId before = mapped_[static_cast<size_t>(target)];
      before != kNone && to_.value(before).name == from_.value(target).name) {
    const NodeId producer = to_.value(before).producer;
    if (producer != kNone) {  // bound again: only the last one stands for the traced value
      to_.value(before).name.clear();
      to_.nodes[static_cast<size_t>(producer)].name.clear();
      named_ = std::min(named_, static_cast<size_t>(producer));
    }
  }
  mapped_[static_cast<size_t>(target)] = value;
  const Value& old = from_.value(target);
  Value& now = to_.value(value);
  if (problem_.empty() && (now.type.dtype != old.type.dtype || now.type.shape != old.type.shape)) {
    const auto text = [](const TensorType& type) {
      return fmt::format("{}[{}]", name(type.dtype), fmt::join(type.sizes(), ", "));
    };
    problem_ = fmt::format("output {} was rewritten as {}, traced as {}", index, text(now.type), text(old.type));
  }
  if (bound_[static_cast<size_t>(value)]) return;
  bound_[static_cast<size_t>(value)] = true;
  now.name = old.name;
  now.type = old.type;
  Node& producer = to_.nodes[static_cast<size_t>(now.producer)];
  if (producer.outputs.size() == 1) producer.name = old.name;
}

std::string Rewriter::fresh_name(const std::string& base) {
  std::string name = base;
  int& counter = counters_[base];
  while (!names_.insert(name).second) name = fmt::format("{}_{}", base, ++counter);
  return name;
}

Graph& Rewriter::to() {
  if (names_.empty()) {
    names_.reserve(from_.values.size() * 3);
    for (const Value& value : from_.values) names_.insert(value.name);
    for (const Node& node : from_.nodes) names_.insert(node.name);
  }
  for (; named_ < to_.nodes.size(); ++named_) {
    Node& node = to_.nodes[named_];
    if (node.name.empty()) node.name = fresh_name(fmt::format("{}_{}", from_.node(node.origin).name, short_name(node.op)));
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNone) continue;
      std::string& name = to_.value(node.outputs[i]).name;
      if (name.empty()) name = node.outputs.size() == 1 ? node.name : fresh_name(fmt::format("{}_{}", node.name, i));
    }
  }
  return to_;
}

std::vector<ValueId> Rewriter::call_many(std::string op, std::vector<NamedArgument> arguments, std::vector<TensorType> types) {
  KA_CHECK(origin_ != kNone, "call before enter");
  const Node& traced = from_.node(origin_);
  const auto id = static_cast<NodeId>(to_.nodes.size());
  Node node;
  node.op = std::move(op);
  node.arguments = std::move(arguments);
  node.location = traced.location;
  node.module = traced.module;
  node.origin = origin_;
  std::vector<ValueId> values;
  for (size_t i = 0; i < types.size(); ++i) {
    values.push_back(static_cast<ValueId>(to_.values.size()));
    to_.values.push_back({{}, std::move(types[i]), id, static_cast<int>(i)});
    bound_.push_back(false);
  }
  node.outputs = values;
  to_.nodes.push_back(std::move(node));
  return values;
}

ValueId Rewriter::call(std::string op, std::vector<NamedArgument> arguments, TensorType type) {
  return call_many(std::move(op), std::move(arguments), {std::move(type)}).front();
}

ValueId Rewriter::unary(std::string op, ValueId self) {
  TensorType type = contiguous_type(dtype(self), shape(self));
  return call(std::move(op), {{"self", Argument{Ref{self}}}}, std::move(type));
}

ValueId Rewriter::binary(std::string op, ValueId self, ValueId other) {
  const bool ranked = (rank(self) > 0) == (rank(other) > 0);
  Dtype result = promote(dtype(self), dtype(other));
  if (!ranked) {
    // A 0-d tensor lifts the result only by category, as in PyTorch.
    const ValueId major = rank(self) > 0 ? self : other;
    const auto kind = [](Dtype d) { return d == Dtype::kBool ? 0 : is_integral(d) ? 1 : 2; };
    if (kind(result) == kind(dtype(major))) result = dtype(major);
  }
  if (divides(op) && !is_floating(result)) result = Dtype::kFloat32;
  std::vector<NamedArgument> arguments = {{"self", Argument{Ref{self}}}, {"other", Argument{Ref{other}}}};
  if (takes_alpha(op)) arguments.push_back({"alpha", Argument{int64_t{1}}});
  return call(std::move(op), std::move(arguments), contiguous_type(result, broadcast(shape(self), shape(other))));
}

ValueId Rewriter::binary(std::string op, ValueId self, double other) {
  Dtype result = dtype(self);
  if (divides(op) && !is_floating(result)) result = Dtype::kFloat32;
  const bool whole = !is_floating(dtype(self)) && other == static_cast<double>(static_cast<int64_t>(other));
  Argument number = whole ? Argument{static_cast<int64_t>(other)} : Argument{other};
  std::vector<NamedArgument> arguments = {{"self", Argument{Ref{self}}}, {"other", std::move(number)}};
  if (takes_alpha(op)) arguments.push_back({"alpha", Argument{int64_t{1}}});
  return call(std::move(op), std::move(arguments), contiguous_type(result, shape(self)));
}

ValueId Rewriter::compare(std::string op, ValueId self, Argument other) {
  const Shape size = other.is_ref() ? broadcast(shape(self), shape(other.ref())) : shape(self);
  return call(std::move(op), {{"self", Argument{Ref{self}}}, {"other", std::move(other)}}, contiguous_type(Dtype::kBool, size));
}

ValueId Rewriter::where(ValueId condition, Argument self, Argument other, Dtype dtype) {
  Shape size = shape(condition);
  for (const Argument* choice : {&self, &other}) {
    if (choice->is_ref()) size = broadcast(size, shape(choice->ref()));
  }
  return call("aten.where.self",
              {{"condition", Argument{Ref{condition}}}, {"self", std::move(self)}, {"other", std::move(other)}},
              contiguous_type(dtype, size));
}

ValueId Rewriter::cast(ValueId self, Dtype to) {
  if (dtype(self) == to) return self;
  return call("aten.to.dtype", {{"self", Argument{Ref{self}}}, {"dtype", Argument{to}}}, contiguous_type(to, shape(self)));
}

ValueId Rewriter::view(ValueId self, Shape size) {
  if (shape(self) == size) return self;
  TensorType type = contiguous_type(dtype(self), size);
  KA_CHECK(type.element_count() == this->type(self).element_count(), "view changes the number of elements");
  return call("aten.view.default", {{"self", Argument{Ref{self}}}, {"size", integer_list(size)}}, std::move(type));
}

ValueId Rewriter::permute(ValueId self, Shape dims) {
  const Shape size = shape(self);
  Shape moved;
  for (int64_t& dim : dims) {
    dim = normal_dim(dim, rank(self));
    moved.push_back(size[static_cast<size_t>(dim)]);
  }
  if (std::is_sorted(dims.begin(), dims.end())) return self;
  return call("aten.permute.default", {{"self", Argument{Ref{self}}}, {"dims", integer_list(dims)}},
              contiguous_type(dtype(self), moved));
}

ValueId Rewriter::transpose(ValueId self, int64_t a, int64_t b) {
  if (rank(self) == 0) return self;
  Shape dims(static_cast<size_t>(rank(self)));
  for (size_t i = 0; i < dims.size(); ++i) dims[i] = static_cast<int64_t>(i);
  std::swap(dims[static_cast<size_t>(normal_dim(a, rank(self)))], dims[static_cast<size_t>(normal_dim(b, rank(self)))]);
  return permute(self, std::move(dims));
}

ValueId Rewriter::expand(ValueId self, Shape size) {
  const Shape old = shape(self);
  const size_t added = size.size() - old.size();
  for (size_t i = added; i < size.size(); ++i) {
    if (size[i] == -1) size[i] = old[i - added];
  }
  if (size == old) return self;
  return call("aten.expand.default", {{"self", Argument{Ref{self}}}, {"size", integer_list(size)}, {"implicit", Argument{false}}},
              contiguous_type(dtype(self), size));
}

ValueId Rewriter::unsqueeze(ValueId self, int64_t dim) {
  Shape size = shape(self);
  dim = normal_dim(dim, rank(self) + 1);
  size.insert(size.begin() + dim, 1);
  return call("aten.unsqueeze.default", {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}},
              contiguous_type(dtype(self), size));
}

ValueId Rewriter::squeeze(ValueId self, Shape dims) {
  const Shape old = shape(self);
  Shape kept;
  Shape dropped;
  dims = dims.empty() ? Shape{} : normal_dims(dims, rank(self));
  for (size_t i = 0; i < old.size(); ++i) {
    const auto dim = static_cast<int64_t>(i);
    if (old[i] == 1 && std::binary_search(dims.begin(), dims.end(), dim))
      dropped.push_back(dim);
    else
      kept.push_back(old[i]);
  }
  if (dropped.empty()) return self;
  return call("aten.squeeze.dims", {{"self", Argument{Ref{self}}}, {"dim", integer_list(dropped)}},
              contiguous_type(dtype(self), kept));
}

ValueId Rewriter::slice(ValueId self, int64_t dim, int64_t start, int64_t end, int64_t step) {
  Shape size = shape(self);
  dim = normal_dim(dim, rank(self));
  int64_t& extent = size[static_cast<size_t>(dim)];
  const auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + extent : at, 0, extent); };
  start = clamped(start);
  end = std::max(start, clamped(end));
  if (start == 0 && end == extent && step == 1) return self;
  extent = (end - start + step - 1) / step;
  return call("aten.slice.Tensor",
              {{"self", Argument{Ref{self}}},
               {"dim", Argument{dim}},
               {"start", Argument{start}},
               {"end", Argument{end}},
               {"step", Argument{step}}},
              contiguous_type(dtype(self), size));
}

ValueId Rewriter::select(ValueId self, int64_t dim, int64_t index) {
  Shape size = shape(self);
  dim = normal_dim(dim, rank(self));
  if (index < 0) index += size[static_cast<size_t>(dim)];
  size.erase(size.begin() + dim);
  return call("aten.select.int", {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}, {"index", Argument{index}}},
              contiguous_type(dtype(self), size));
}

ValueId Rewriter::full(Shape size, Argument value, Dtype dtype) {
  return call("aten.full.default", {{"size", integer_list(size)}, {"fill_value", std::move(value)}, {"dtype", Argument{dtype}}},
              contiguous_type(dtype, size));
}

ValueId Rewriter::arange(int64_t start, int64_t count, int64_t step, Dtype dtype) {
  const auto number = [&](int64_t n) { return is_floating(dtype) ? Argument{static_cast<double>(n)} : Argument{n}; };
  return call(
      "aten.arange.start_step",
      {{"start", number(start)}, {"end", number(start + count * step)}, {"step", number(step)}, {"dtype", Argument{dtype}}},
      contiguous_type(dtype, {count}));
}

ValueId Rewriter::reduce(std::string op, ValueId self, Shape dims, bool keepdim, Dtype dtype) {
  dims = normal_dims(dims, rank(self));
  const Shape old = shape(self);
  Shape size;
  for (size_t i = 0; i < old.size(); ++i) {
    if (!std::binary_search(dims.begin(), dims.end(), static_cast<int64_t>(i)))
      size.push_back(old[i]);
    else if (keepdim)
      size.push_back(1);
  }
  std::vector<NamedArgument> arguments = {
      {"self", Argument{Ref{self}}}, {"dim", integer_list(dims)}, {"keepdim", Argument{keepdim}}};
  if (op == "aten.sum.dim_IntList" || op == "ka.prod") arguments.push_back({"dtype", Argument{dtype}});
  return call(std::move(op), std::move(arguments), contiguous_type(dtype, size));
}

ValueId Rewriter::sum(ValueId self, Shape dims, bool keepdim) {
  return reduce("aten.sum.dim_IntList", self, std::move(dims), keepdim, dtype(self));
}

ValueId Rewriter::argreduce(std::string op, ValueId self, int64_t dim, bool keepdim) {
  Shape size = shape(self);
  dim = normal_dim(dim, rank(self));
  if (keepdim)
    size[static_cast<size_t>(dim)] = 1;
  else
    size.erase(size.begin() + dim);
  return call(std::move(op), {{"self", Argument{Ref{self}}}, {"dim", Argument{dim}}, {"keepdim", Argument{keepdim}}},
              contiguous_type(Dtype::kInt64, size));
}

std::pair<ValueId, ValueId> Rewriter::moments(ValueId self, Shape dims) {
  dims = normal_dims(dims, rank(self));
  Shape size = shape(self);
  for (const int64_t dim : dims) size[static_cast<size_t>(dim)] = 1;
  const TensorType type = contiguous_type(dtype(self) == Dtype::kFloat64 ? Dtype::kFloat64 : Dtype::kFloat32, size);
  const std::vector<ValueId> both =
      call_many("ka.moments", {{"self", Argument{Ref{self}}}, {"dim", integer_list(dims)}}, {type, type});
  return {both[0], both[1]};
}

ValueId Rewriter::mm(ValueId lhs, ValueId rhs, Dtype dtype) {
  KA_CHECK(rank(lhs) == 2 && rank(rhs) == 2 && shape(lhs)[1] == shape(rhs)[0], "mm of shapes that do not fit");
  return call("aten.mm.default", {{"self", Argument{Ref{lhs}}}, {"mat2", Argument{Ref{rhs}}}},
              contiguous_type(dtype, {shape(lhs)[0], shape(rhs)[1]}));
}

ValueId Rewriter::bmm(ValueId lhs, ValueId rhs, Dtype dtype) {
  KA_CHECK(rank(lhs) == 3 && rank(rhs) == 3 && shape(lhs)[2] == shape(rhs)[1] && shape(lhs)[0] == shape(rhs)[0],
           "bmm of shapes that do not fit");
  return call("aten.bmm.default", {{"self", Argument{Ref{lhs}}}, {"mat2", Argument{Ref{rhs}}}},
              contiguous_type(dtype, {shape(lhs)[0], shape(lhs)[1], shape(rhs)[2]}));
}

}  // namespace ka
