#include "ir/types.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

TEST(Types, EveryDtypeNameReadsBack) {
  for (int i = 0; i <= static_cast<int>(Dtype::kComplex128); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    EXPECT_EQ(parse_dtype(name(dtype)), dtype) << name(dtype);
  }
  EXPECT_EQ(parse_dtype("float"), std::nullopt);
  EXPECT_EQ(byte_size(Dtype::kBFloat16), 2);
  EXPECT_EQ(byte_size(Dtype::kComplex128), 16);
  EXPECT_FALSE(is_integral(Dtype::kBool));
}

TEST(Types, ContiguousStridesFollowPyTorch) {
  EXPECT_EQ(contiguous_strides({}), Shape{});
  EXPECT_EQ(contiguous_strides({2, 3, 4}), (Shape{12, 4, 1}));
  EXPECT_EQ(contiguous_strides({2, 0, 4}), (Shape{4, 4, 1}));
}

TEST(Types, ContiguityIgnoresExtentsOfOneAndEmptyTensors) {
  EXPECT_TRUE((TensorType{Dtype::kFloat32, {2, 1, 4}, {4, 99, 1}}.is_contiguous()));
  EXPECT_FALSE((TensorType{Dtype::kFloat32, {2, 4}, {1, 2}}.is_contiguous()));
  EXPECT_TRUE((TensorType{Dtype::kFloat32, {0, 4}, {1, 2}}.is_contiguous()));
  EXPECT_TRUE((TensorType{Dtype::kFloat32, {}, {}}.is_contiguous()));
}

TEST(Types, CountsElementsAndBytes) {
  EXPECT_EQ((TensorType{Dtype::kFloat16, {65536, 65536}, {65536, 1}}.bytes()), 8589934592);
  EXPECT_EQ((TensorType{Dtype::kInt64, {}, {}}.element_count()), 1);
}

TEST(TypesDeathTest, ValueOfASymbolicDimIsOurBug) { EXPECT_DEATH(Dim("s0").value(), "symbolic extent: s0"); }

}  // namespace
}  // namespace ka
