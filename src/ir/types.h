#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ka {

/// Names a tensor element type, as PyTorch does.
enum class Dtype {
  kBool,
  kUint8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kComplex64,
  kComplex128
};

/// Returns PyTorch's name without the `torch.` prefix ("float32").
std::string_view name(Dtype dtype);
std::optional<Dtype> parse_dtype(std::string_view name);
/// Returns the size of one element in bytes.
int64_t byte_size(Dtype dtype);
bool is_floating(Dtype dtype);
bool is_integral(Dtype dtype);  ///< integers, bool excluded
bool is_complex(Dtype dtype);

/// An extent, stride or offset, in elements. Today every Dim must be a constant (ir/verify.cpp says so in one place);
/// a symbolic Dim keeps its expression as text so that dynamic shapes can be added without changing the format.
class Dim {
 public:
  Dim(int64_t value) : value_(value) {}  // NOLINT(google-explicit-constructor): a literal extent reads as a number
  explicit Dim(std::string expression) : expression_(std::move(expression)) {}

  bool is_constant() const { return expression_.empty(); }
  int64_t value() const;  ///< CHECKs that the Dim is constant
  const std::string& expression() const { return expression_; }
  bool operator==(const Dim&) const = default;

 private:
  int64_t value_ = 0;
  std::string expression_;
};

using Shape = std::vector<int64_t>;

/// Describes a tensor: element type, extents, strides and storage offset in elements.
struct TensorType {
  Dtype dtype = Dtype::kFloat32;
  std::vector<Dim> shape;
  std::vector<Dim> stride;
  Dim offset = 0;

  /// Returns the extents as numbers; CHECKs that they are constants (true of every verified graph).
  Shape sizes() const;
  Shape strides() const;
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t element_count() const;
  int64_t bytes() const { return element_count() * byte_size(dtype); }
  bool is_contiguous() const;  ///< row-major without gaps; extents of 1 may have any stride
  bool operator==(const TensorType&) const = default;
};

/// Returns row-major strides for the given extents.
Shape contiguous_strides(const Shape& sizes);

}  // namespace ka
