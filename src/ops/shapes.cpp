#include "ops/shapes.h"

#include <algorithm>

#include "base/check.h"

namespace ka {

Argument integer_list(const Shape& numbers) {
  Argument::List list;
  list.reserve(numbers.size());
  for (const int64_t number : numbers) list.push_back(Argument{number});
  return Argument{std::move(list)};
}

Argument reference_list(const std::vector<ValueId>& values) {
  Argument::List list;
  list.reserve(values.size());
  for (const ValueId value : values) list.push_back(Argument{Ref{value}});
  return Argument{std::move(list)};
}

int64_t normal_dim(int64_t dim, int64_t rank) {
  const int64_t count = std::max<int64_t>(rank, 1);
  KA_CHECK(dim >= -count && dim < count, "dim out of range");
  return dim < 0 ? dim + count : dim;
}

Shape normal_dims(const Shape& dims, int64_t rank) {
  Shape normal;
  if (rank == 0) return normal;
  if (dims.empty()) {
    for (int64_t i = 0; i < rank; ++i) normal.push_back(i);
    return normal;
  }
  for (const int64_t dim : dims) normal.push_back(normal_dim(dim, rank));
  std::sort(normal.begin(), normal.end());
  normal.erase(std::unique(normal.begin(), normal.end()), normal.end());
  return normal;
}

Shape broadcast(const Shape& a, const Shape& b) {
  Shape size(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < size.size(); ++i) {
    const int64_t from_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t from_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    KA_CHECK(from_a == from_b || from_a == 1 || from_b == 1, "shapes do not broadcast");
    size[size.size() - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return size;
}

TensorType contiguous_type(Dtype dtype, const Shape& size) {
  TensorType type;
  type.dtype = dtype;
  type.shape.assign(size.begin(), size.end());
  const Shape strides = contiguous_strides(size);
  type.stride.assign(strides.begin(), strides.end());
  return type;
}

}  // namespace ka
