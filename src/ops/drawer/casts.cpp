// Conversions between element types, and copies.
#include "ops/recipes.h"
#include "ops/rows.h"

namespace ka::ops_drawer {
namespace {

std::string to_text(Dtype from, Dtype to) {
  const bool is_half = from == Dtype::kFloat16 || from == Dtype::kBFloat16;
  if (from == to || (is_half && to == Dtype::kFloat32)) return "{self}";  // half types are held in float32
  switch (to) {
    case Dtype::kBool: return "{self} != 0";
    // Half types compute in float32: the cast rounds and stays there.
    case Dtype::kFloat16:
    case Dtype::kBFloat16: {
      const char* wide = from == Dtype::kFloat32 ? "" : ".to(tl.float32)";  // as PyTorch, and the interpreter has no direct way
      return fmt::format("{{self}}{}.to(tl.{}).to(tl.float32)", wide, name(to));
    }
    // A negative float has no unsigned conversion; through int32 it wraps as on PyTorch's CPU.
    case Dtype::kUint8: return is_floating(from) ? "{self}.to(tl.int32).to(tl.uint8)" : "{self}.to(tl.uint8)";
    default: return fmt::format("{{self}}.to(tl.{})", name(to));
  }
}

std::string cast(const Graph& graph, const Node& node) {
  return to_text(graph.type(node.at("self").ref()).dtype, result_dtype(graph, node));
}

/// Every spelling of a conversion, by the type of its result.
Status convert(Rewriter& rewriter, const Node& node) {
  const ValueId self = rewriter.operand(node, "self");
  const Dtype dtype = rewriter.result(node)->dtype;
  if (rewriter.dtype(self) == dtype) {
    const TensorType& from = rewriter.from().type(node.at("self").ref());
    const bool copies =
        truth_or(node, "copy", false) || node.op == "aten._to_copy.default" || from.stride != rewriter.result(node)->stride;
    if (copies)
      bind_copy(rewriter, node, 0, self);
    else
      rewriter.bind(node, 0, self);
  } else {
    rewriter.bind(node, 0, rewriter.cast(self, dtype));
  }
  return {};
}

Status clone(Rewriter& rewriter, const Node& node) {
  bind_copy(rewriter, node, 0, rewriter.operand(node, "self"));
  return {};
}

/// copy(self, src): self's shape and type with src's elements.
Status copy(Rewriter& rewriter, const Node& node) {
  const ValueId source = rewriter.cast(rewriter.operand(node, "src"), rewriter.result(node)->dtype);
  bind_copy(rewriter, node, 0, rewriter.expand(source, rewriter.result(node)->sizes()));
  return {};
}

}  // namespace

void casts(OpTable& table) {
  pointwise(table, {"aten.to.dtype"}, Compute::kAsIs, cast);
  pointwise(table, {"aten.clone.default"}, Compute::kResult, "{self}");
  rewrite(table, {"aten.to.dtype"}, convert);
  rewrite(table, {"aten.clone.default"}, clone);
  aliasing(table, {"aten.to.dtype_layout", "aten.to.device", "aten.to.other", "aten.type_as.default"}, convert);
  composite(table, {"aten._to_copy.default"}, convert);
  composite(table, {"aten.copy.default"}, copy);
  composite(table, {"prims.convert_element_type.default"}, [](Rewriter& rewriter, const Node& node) -> Status {
    rewriter.bind(node, 0, rewriter.cast(rewriter.operand(node, "a"), rewriter.result(node)->dtype));
    return {};
  });
}

}  // namespace ka::ops_drawer
