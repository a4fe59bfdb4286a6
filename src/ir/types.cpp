#include "ir/types.h"

#include <array>

#include "base/check.h"

namespace ka {
namespace {

struct DtypeRow {
  Dtype dtype;
  std::string_view name;
  int64_t bytes;
};

/// Stands in the order of the enumeration, so that a dtype indexes its row.
constexpr std::array<DtypeRow, 12> kDtypes = {{
    {Dtype::kBool, "bool", 1},
    {Dtype::kUint8, "uint8", 1},
    {Dtype::kInt8, "int8", 1},
    {Dtype::kInt16, "int16", 2},
    {Dtype::kInt32, "int32", 4},
    {Dtype::kInt64, "int64", 8},
    {Dtype::kFloat16, "float16", 2},
    {Dtype::kBFloat16, "bfloat16", 2},
    {Dtype::kFloat32, "float32", 4},
    {Dtype::kFloat64, "float64", 8},
    {Dtype::kComplex64, "complex64", 8},
    {Dtype::kComplex128, "complex128", 16},
}};

const DtypeRow& row(Dtype dtype) { return kDtypes[static_cast<size_t>(dtype)]; }

Shape constants(const std::vector<Dim>& dims) {
  Shape values;
  values.reserve(dims.size());
  for (const Dim& dim : dims) values.push_back(dim.value());
  return values;
}

}  // namespace

std::string_view name(Dtype dtype) { return row(dtype).name; }

std::optional<Dtype> parse_dtype(std::string_view name) {
  for (const DtypeRow& candidate : kDtypes) {
    if (candidate.name == name) return candidate.dtype;
  }
  return std::nullopt;
}

int64_t byte_size(Dtype dtype) { return row(dtype).bytes; }

bool is_floating(Dtype dtype) {
  return dtype == Dtype::kFloat16 || dtype == Dtype::kBFloat16 || dtype == Dtype::kFloat32 || dtype == Dtype::kFloat64;
}

bool is_integral(Dtype dtype) {
  return dtype == Dtype::kUint8 || dtype == Dtype::kInt8 || dtype == Dtype::kInt16 || dtype == Dtype::kInt32 ||
         dtype == Dtype::kInt64;
}

bool is_complex(Dtype dtype) { return dtype == Dtype::kComplex64 || dtype == Dtype::kComplex128; }

int64_t Dim::value() const {
  KA_CHECK(is_constant(), "symbolic extent: " + expression_);
  return value_;
}

Shape TensorType::sizes() const { return constants(shape); }

Shape TensorType::strides() const { return constants(stride); }

int64_t TensorType::element_count() const {
  int64_t count = 1;
  for (const Dim& extent : shape) count *= extent.value();
  return count;
}

bool TensorType::is_contiguous() const {
  int64_t expected = 1;
  bool dense = true;
  for (size_t i = shape.size(); i-- > 0;) {
    const int64_t extent = shape[i].value();
    if (extent == 0) return true;
    dense = dense && (extent == 1 || stride[i].value() == expected);
    expected *= extent;
  }
  return dense;
}

Shape contiguous_strides(const Shape& sizes) {
  Shape strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * (sizes[i] > 1 ? sizes[i] : 1);
  }
  return strides;
}

}  // namespace ka
