#include "codegen/expression.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "ops/naming.h"
#include "ops/table.h"

namespace ka {
namespace {

bool is_literal(const std::string& text) {
  return text == "True" || text == "False" || text.starts_with("float(") || text.starts_with('-') ||
         std::isdigit(static_cast<unsigned char>(text.front())) != 0;
}

}  // namespace

void ExpressionWriter::bind(AxisId axis, std::string text, std::string mask) {
  axis_text_[axis] = std::move(text);
  axis_mask_[axis] = std::move(mask);
}

void ExpressionWriter::open_scope(const std::vector<AxisId>& axes) {
  Scope scope;
  scope.bound = scopes_.empty() ? std::vector<bool>(static_cast<size_t>(nest_.space.axis_count()), false) : scopes_.back().bound;
  for (const AxisId axis : axes) scope.bound[static_cast<size_t>(axis)] = true;
  scopes_.push_back(std::move(scope));
}

void ExpressionWriter::extend_scope(const std::vector<AxisId>& axes) {
  for (const AxisId axis : axes) scopes_.back().bound[static_cast<size_t>(axis)] = true;
}

std::vector<std::string> ExpressionWriter::close_scope() {
  std::vector<std::string> lines = std::move(scopes_.back().lines);
  scopes_.pop_back();
  return lines;
}

size_t ExpressionWriter::scope_for(const std::vector<bool>& axes) const {
  for (size_t s = 0; s < scopes_.size(); ++s) {
    bool all = true;
    for (size_t axis = 0; axis < axes.size(); ++axis) all = all && (!axes[axis] || scopes_[s].bound[axis]);
    if (all) return s;
  }
  KA_CHECK(false, "an expression depends on an axis that is not bound here");
  return 0;
}

std::vector<bool> ExpressionWriter::axes_of(const Index& index) const {
  std::vector<bool> seen(static_cast<size_t>(nest_.space.axis_count()), false);
  nest_.space.visit(
      index, [&](AxisId axis) { seen[static_cast<size_t>(axis)] = true; },
      [&](ExprId data) {
        const std::vector<bool> inner = nest_.axes_of(data);
        for (size_t i = 0; i < seen.size(); ++i) seen[i] = seen[i] || inner[i];
      });
  return seen;
}

std::string ExpressionWriter::value(ExprId id, bool raw) {
  const Expr& e = nest_.expr(id);
  if (e.kind == Expr::Kind::kConstant) return literal_text(e.literal, register_type(e.type));
  if (e.kind == Expr::Kind::kReduced) return reduced_.at({e.number, e.result});
  if (e.kind == Expr::Kind::kScanned) return scanned_.at(e.number);
  if (e.kind == Expr::Kind::kProduct) return product_;
  if (e.kind == Expr::Kind::kScore) return score_;
  for (const Scope& scope : scopes_) {
    if (const auto known = scope.values.find(id); known != scope.values.end()) return known->second;
  }
  const size_t place = scope_for(nest_.axes_of(id));
  // What it is made of may have to be computed in the same scope or further out, so the scopes inside wait.
  std::vector<Scope> waiting(std::make_move_iterator(scopes_.begin() + static_cast<std::ptrdiff_t>(place) + 1),
                             std::make_move_iterator(scopes_.end()));
  scopes_.resize(place + 1);
  const std::string text = compute(id, e, raw);
  std::string name = name_for(e);
  scopes_[place].lines.push_back(name + " = " + text);
  scopes_[place].values[id] = name;
  scopes_.insert(scopes_.end(), std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
  return name;
}

std::string ExpressionWriter::name_for(const Expr& e) {
  switch (e.kind) {
    case Expr::Kind::kLoad: {
      const std::string& pointer = pointers_.at(e.tensor);
      return names_.fresh(pointer.substr(0, pointer.size() - 4));
    }
    case Expr::Kind::kOperator: return names_.fresh(operator_word(graph_.node(e.node).op));
    case Expr::Kind::kSelect: return names_.fresh("picked");
    default: return names_.fresh("position");
  }
}

std::string ExpressionWriter::compute(ExprId, const Expr& e, bool raw) {
  switch (e.kind) {
    case Expr::Kind::kLoad: {
      std::string at = index(e.index);
      const std::string keep = mask(e.index, e.guard);
      // Triton takes a mask no wider than its pointers.
      if (!keep.empty() && guard_reaches_further(e.index, e.guard)) at += fmt::format(" + tl.where({}, 0, 0)", keep);
      std::string text = fmt::format("tl.load({}{}{})", pointers_.at(e.tensor), at == "0" ? "" : " + " + at,
                                     keep.empty() ? "" : ", mask=" + keep + ", other=0");
      const Dtype held = register_type(e.type);
      if (held != e.type && !raw) text += ".to(" + triton_type(held) + ")";
      if (e.type == Dtype::kBool) text += ".to(tl.int1)";
      return text;
    }
    case Expr::Kind::kPosition: {
      const std::string at = index(e.index);
      return is_literal(at) ? literal_text(Argument{e.index.constant}, register_type(e.type))
                            : "(" + at + ").to(" + triton_type(register_type(e.type)) + ")";
    }
    case Expr::Kind::kSelect: {
      const std::string condition = guard_text(e.guard);
      const std::string yes = value(e.operands[0]);
      const std::string no = value(e.operands[1]);
      std::string text = fmt::format("tl.where({}, {}, {})", condition, yes, no);
      if (is_literal(yes) && is_literal(no)) text += ".to(" + triton_type(register_type(e.type)) + ")";
      return text;
    }
    case Expr::Kind::kOperator: return operator_text(e);
    default: break;
  }
  KA_CHECK(false, "an expression without text");
  return {};
}

/// Fills the operator's Triton text with its operands, each brought to the type the operator computes in.
std::string ExpressionWriter::operator_text(const Expr& e) {
  const Node& node = graph_.node(e.node);
  const OpRow& row = *op_table().find(node.op);
  const std::string pattern = row.choose != nullptr ? row.choose(graph_, node) : row.expression;
  const bool picks = node.op.starts_with("aten.where");
  Dtype type = register_type(e.type);
  if (row.compute == Compute::kPromote) type = register_type(promoted_operand_type(graph_, node));
  if (row.compute == Compute::kFloat) {
    type = register_type(promoted_operand_type(graph_, node));
    if (!is_floating(type)) type = Dtype::kFloat32;
  }
  if (row.compute == Compute::kLogical) type = Dtype::kBool;

  std::map<std::string_view, std::string> texts;
  size_t next = 0;
  bool any_tensor = false;
  for (const NamedArgument& argument : node.arguments) {
    const bool is_condition = picks && argument.name == "condition";
    const Dtype wanted = is_condition ? Dtype::kBool : type;
    if (argument.value.is_ref()) {
      const ExprId operand = e.operands[next++];
      const Dtype has = register_type(nest_.expr(operand).type);
      std::string atom = value(operand);
      if (nest_.expr(operand).kind == Expr::Kind::kConstant) {
        atom = literal_text(nest_.expr(operand).literal, row.compute == Compute::kAsIs && !picks ? has : wanted);
      } else {
        any_tensor = any_tensor || !is_condition;
        if (row.compute != Compute::kAsIs || picks) atom = convert(atom, has, wanted);
      }
      texts[argument.name] = atom;
    } else if (argument.value.is_number()) {
      texts[argument.name] = literal_text(argument.value, wanted);
    }
  }
  if (!any_tensor) {  // tl's functions want a tensor, and a literal would choose its own type
    for (auto& [parameter, text] : texts) {
      if (is_literal(text) && !(picks && parameter == "condition")) {
        text = fmt::format("tl.full([1], {}, {})", text,
                           triton_type(row.compute == Compute::kAsIs && !picks ? register_type(e.type) : type));
      }
    }
  }
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const size_t end = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      out += pattern[i];
      continue;
    }
    const std::string_view parameter = std::string_view(pattern).substr(i + 1, end - i - 1);
    const auto text = texts.find(parameter);
    KA_CHECK(text != texts.end(), node.op + ": its expression names an argument that has no value: " + std::string(parameter));
    const bool wrap = text->second.starts_with('-');
    out += wrap ? "(" + text->second + ")" : text->second;
    i = end;
  }
  return out;
}

std::string ExpressionWriter::atom_text(AtomId id) {
  const Atom& atom = nest_.space.atom(id);
  if (atom.kind == Atom::Kind::kAxis) return axis_text_.at(atom.id);
  if (atom.kind == Atom::Kind::kData) return value(atom.id);
  for (const Scope& scope : scopes_) {
    if (const auto known = scope.quotients.find(id); known != scope.quotients.end()) return known->second;
  }
  const size_t place = scope_for(axes_of(Index{0, {{id, 1}}}));
  std::vector<Scope> waiting(std::make_move_iterator(scopes_.begin() + static_cast<std::ptrdiff_t>(place) + 1),
                             std::make_move_iterator(scopes_.end()));
  scopes_.resize(place + 1);
  std::string inner = index(atom.inner);
  if (inner.find(' ') != std::string::npos) inner = "(" + inner + ")";
  std::string name = names_.fresh("i");
  scopes_[place].lines.push_back(
      fmt::format("{} = {} {} {}", name, inner, atom.kind == Atom::Kind::kDiv ? "//" : "%", atom.divisor));
  scopes_[place].quotients[id] = name;
  scopes_.insert(scopes_.end(), std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
  return name;
}

/// Terms that are known further out are summed there, so that what is left in a loop is one sum of few parts: the scopes' own
/// sums, innermost (the smallest) first.
std::string ExpressionWriter::index(const Index& index) {
  std::vector<Index> by_scope(scopes_.size());
  for (const auto& term : index.terms) by_scope[scope_for(axes_of(Index{0, {term}}))].terms.push_back(term);
  Index here{index.constant, by_scope.back().terms};
  std::string sums;
  for (size_t place = scopes_.size() - 1; place-- > 0;) {
    if (by_scope[place].terms.size() < 2) {
      here.terms.insert(here.terms.end(), by_scope[place].terms.begin(), by_scope[place].terms.end());
      continue;
    }
    by_scope[place].constant = std::exchange(here.constant, 0);
    sums += (sums.empty() ? "" : " + ") + outer_sum(by_scope[place], place);
  }
  if (sums.empty()) return sum_text(index);
  if (here.terms.empty()) return sums;
  std::sort(here.terms.begin(), here.terms.end());
  const std::string rest = sum_text(here);
  return sums + (rest.starts_with('-') ? " - " + rest.substr(1) : " + " + rest);
}

std::string ExpressionWriter::outer_sum(const Index& index, size_t place) {
  if (const auto known = scopes_[place].sums.find(index); known != scopes_[place].sums.end()) return known->second;
  std::vector<Scope> waiting(std::make_move_iterator(scopes_.begin() + static_cast<std::ptrdiff_t>(place) + 1),
                             std::make_move_iterator(scopes_.end()));
  scopes_.resize(place + 1);
  const std::string text = sum_text(index);
  std::string name = names_.fresh("base");
  scopes_[place].lines.push_back(name + " = " + text);
  scopes_[place].sums[index] = name;
  scopes_.insert(scopes_.end(), std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
  return name;
}

std::string ExpressionWriter::sum_text(const Index& index) {
  std::vector<std::pair<AtomId, int64_t>> terms = index.terms;
  std::stable_sort(terms.begin(), terms.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  std::stable_partition(terms.begin(), terms.end(), [](const auto& t) { return t.second > 0; });
  std::string out;
  for (const auto& [id, coefficient] : terms) {
    const std::string atom = atom_text(id);
    const int64_t size = std::abs(coefficient);
    const std::string piece = size == 1 ? atom : fmt::format("{} * {}", atom, size);
    if (out.empty())
      out = coefficient < 0 ? "-" + piece : piece;
    else
      out += (coefficient < 0 ? " - " : " + ") + piece;
  }
  if (out.empty()) return fmt::format("{}", index.constant);
  if (index.constant != 0) out += fmt::format(" {} {}", index.constant < 0 ? "-" : "+", std::abs(index.constant));
  return out;
}

std::string ExpressionWriter::guard_text(const Guard& guard) {
  std::vector<std::string> parts;
  for (const Condition& c : guard) {
    bool has_data = false;
    nest_.space.visit(
        c.index, [](AxisId) {}, [&](ExprId) { has_data = true; });
    const Range r = nest_.space.range(c.index);
    std::string at = index(c.index);
    if (at.find(' ') != std::string::npos) at = "(" + at + ")";
    if (has_data || r.low < c.low) parts.push_back(fmt::format("({} >= {})", at, c.low));
    if (has_data || r.high >= c.high) parts.push_back(fmt::format("({} < {})", at, c.high));
  }
  return join(parts, " & ");
}

bool ExpressionWriter::guard_reaches_further(const Index& at, const Guard& guard) const {
  const std::vector<bool> used = axes_of(at);
  return std::any_of(guard.begin(), guard.end(), [&](const Condition& condition) {
    bool has_data = false;
    nest_.space.visit(
        condition.index, [](AxisId) {}, [&](ExprId) { has_data = true; });
    if (has_data && at.is_constant()) return true;
    const std::vector<bool> asked = axes_of(condition.index);
    for (size_t axis = 0; axis < asked.size(); ++axis) {
      if (asked[axis] && !used[axis]) return true;
    }
    return false;
  });
}

std::string ExpressionWriter::mask(const Index& at, const Guard& guard) {
  std::vector<std::string> parts;
  const std::vector<bool> used = axes_of(at);
  for (size_t axis = 0; axis < used.size(); ++axis) {
    if (!used[axis]) continue;
    const std::string& condition = axis_mask_.at(static_cast<AxisId>(axis));
    if (!condition.empty() && std::find(parts.begin(), parts.end(), condition) == parts.end()) parts.push_back(condition);
  }
  if (std::string inside = guard_text(guard); !inside.empty()) parts.push_back(std::move(inside));
  return join(parts, " & ");
}

std::string ExpressionWriter::store(const Write& write, const std::string& text, const std::string& position,
                                    const std::string& position_mask) {
  const Dtype type = graph_.type(write.tensor).dtype;
  const Dtype held = register_type(nest_.expr(write.value).type);
  const std::string out = is_literal(text) ? text : convert(text, held, type);
  const bool single = write.offset.is_constant();
  const std::string at = single ? position : index(write.offset);
  const std::string keep = single ? position_mask : mask(write.offset, write.guard);
  return fmt::format("tl.store({} + {}, {}{})", pointers_.at(write.tensor), at, out, keep.empty() ? "" : ", mask=" + keep);
}

}  // namespace ka
