#include "ops/table.h"

#include <algorithm>

#include "base/check.h"
#include "ops/drawer.h"
#include "ops/rewriter.h"

namespace ka {
namespace {

constexpr std::string_view kOpaqueOp = "ka.opaque";

bool before(const OpRow& row, std::string_view name) { return row.name < name; }

bool has_complex(const Graph& graph, const Node& node) {
  const auto complex = [&](ValueId id) { return id != kNone && is_complex(graph.type(id).dtype); };
  const std::vector<ValueId> operands = Graph::operands(node);
  return std::any_of(operands.begin(), operands.end(), complex) || std::any_of(node.outputs.begin(), node.outputs.end(), complex);
}

}  // namespace

void OpTable::add(OpRow row) {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), row.name, before);
  KA_CHECK(place == rows_.end() || place->name != row.name, "two rows for " + row.name);
  rows_.insert(place, std::move(row));
}

OpRow& OpTable::at(std::string_view op) {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), op, before);
  KA_CHECK(place != rows_.end() && place->name == op, "no row " + std::string(op));
  return *place;
}

const OpRow* OpTable::find(std::string_view op) const {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), op, before);
  return place != rows_.end() && place->name == op ? &*place : nullptr;
}

const OpTable& op_table() {
  static const OpTable table = [] {
    OpTable built;
    fill_op_drawer(built);
    return built;
  }();
  return table;
}

Decision row_accepts(const Graph& graph, const Node& node) {
  const OpRow* row = op_table().find(node.op);
  if (row == nullptr) return Decision::refuse("has no row in the operator table (src/ops/drawer/)");
  if (!row->refusal.empty()) return Decision::refuse(row->refusal);
  if (has_complex(graph, node)) return Decision::refuse("complex numbers are not emitted");
  return row->condition != nullptr ? row->condition(graph, node) : Decision::accept();
}

Decision can_emit(const Graph& graph, const Node& node) {
  if (const Decision decision = row_accepts(graph, node); !decision) return Decision::refuse(node.op + ": " + decision.reason);
  const OpRow* row = op_table().find(node.op);
  if (row->decompose != nullptr) {
    const Result<Graph> rewritten = decompose_alone(graph, node);
    if (!rewritten) return Decision::refuse(rewritten.error().message);
    return Decision::accept(row->op_class == OpClass::kComposite ? "decomposed" : "view or reduction");
  }
  switch (row->op_class) {
    case OpClass::kPointwise: return Decision::accept("pointwise");
    case OpClass::kView: return Decision::accept("view");
    case OpClass::kGather: return Decision::accept("gather");
    case OpClass::kSource: return Decision::accept("source");
    case OpClass::kReduce: return Decision::accept("reduction");
    case OpClass::kRecur: return Decision::accept("recurrence");
    case OpClass::kScan: return Decision::accept("scan");
    case OpClass::kContract: return Decision::accept("contraction");
    case OpClass::kAttend: return Decision::accept("attention");
    case OpClass::kDraw: return Decision::accept("drawn");
    case OpClass::kOpaque: return Decision::refuse(node.op + ": only another author can write it");
    case OpClass::kComposite: break;
  }
  return Decision::refuse(node.op + ": has no decomposition");
}

void make_opaque(Node& node) {
  node.arguments.insert(node.arguments.begin(), {"op", Argument{node.op}});
  node.op = kOpaqueOp;
}

std::string opaque_operator(const Node& node) {
  return node.op == kOpaqueOp ? std::get<std::string>(node.at("op").value) : node.op;
}

std::string expression(const OpRow& row, const Graph& graph, const Node& node) {
  KA_CHECK(row.op_class == OpClass::kPointwise, row.name + " is not pointwise");
  return row.choose != nullptr ? row.choose(graph, node) : row.expression;
}

}  // namespace ka
