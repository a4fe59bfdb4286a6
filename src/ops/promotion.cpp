#include <array>

#include "base/check.h"
#include "ops/table.h"

namespace ka {
namespace {

/// PyTorch's categories in ascending order; a higher category among lower-priority operands still lifts the result.
enum class Category { kBool, kInteger, kFloat, kComplex };

Category category(Dtype dtype) {
  if (dtype == Dtype::kBool) return Category::kBool;
  if (is_integral(dtype)) return Category::kInteger;
  return is_complex(dtype) ? Category::kComplex : Category::kFloat;
}

int width(Dtype dtype) { return static_cast<int>(byte_size(dtype)); }

/// Numbers that take part in promotion; the others (alpha, negative_slope, ...) are brought to whatever the tensors give.
bool is_operand_name(std::string_view name) {
  return name == "self" || name == "other" || name == "exponent" || name == "min" || name == "max" || name == "input";
}

/// Collects dtypes per priority: tensors with dims, 0-d tensors, numbers.
struct Promotion {
  std::array<std::optional<Dtype>, 3> best;

  void see(size_t priority, Dtype dtype) { best[priority] = best[priority] ? promote(*best[priority], dtype) : dtype; }

  void see(const Graph& graph, const Argument& argument, bool number_counts) {
    if (argument.is_ref()) {
      const TensorType& type = graph.type(argument.ref());
      see(type.rank() > 0 ? 0 : 1, type.dtype);
    } else if (argument.is_list()) {
      for (const Argument& element : argument.list()) see(graph, element, false);
    } else if (number_counts && argument.is_number()) {
      if (std::holds_alternative<bool>(argument.value))
        see(2, Dtype::kBool);
      else if (std::holds_alternative<int64_t>(argument.value))
        see(2, Dtype::kInt64);
      else
        see(2, Dtype::kFloat32);  // the default dtype: numbers never ask for float64
    }
  }

  /// A lower priority counts only where its category is higher than everything above it.
  Dtype result() const {
    std::optional<Dtype> found;
    for (const std::optional<Dtype>& candidate : best) {
      if (candidate && (!found || category(*candidate) > category(*found))) found = candidate;
    }
    KA_CHECK(found.has_value(), "promotion without operands");
    return *found;
  }
};

}  // namespace

Dtype promote(Dtype a, Dtype b) {
  if (a == b) return a;
  const Category category_a = category(a);
  const Category category_b = category(b);
  if (category_a == Category::kComplex || category_b == Category::kComplex) {
    const bool wide = a == Dtype::kComplex128 || b == Dtype::kComplex128 || a == Dtype::kFloat64 || b == Dtype::kFloat64;
    return wide ? Dtype::kComplex128 : Dtype::kComplex64;
  }
  if (category_a != category_b) return category_a > category_b ? a : b;
  if (category_a == Category::kFloat) {
    if (width(a) == width(b)) return Dtype::kFloat32;  // float16 with bfloat16
    return width(a) > width(b) ? a : b;
  }
  if (width(a) == width(b)) return Dtype::kInt16;  // uint8 with int8
  return width(a) > width(b) ? a : b;
}

Dtype promoted_operand_type(const Graph& graph, const Node& node) {
  Promotion promotion;
  for (const NamedArgument& argument : node.arguments) {
    if (argument.name == "condition" || argument.name == "mask" || argument.name == "dtype") continue;
    promotion.see(graph, argument.value, is_operand_name(argument.name));
  }
  return promotion.result();
}

}  // namespace ka
