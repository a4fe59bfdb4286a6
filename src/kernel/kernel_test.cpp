#include "kernel/kernel.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

Kernel sample() {
  Kernel kernel;
  kernel.name = "scale";
  kernel.author = "codegen";
  kernel.summary = "x * k";
  kernel.schedule = "block=128";
  kernel.source = "@triton.jit\ndef scale_kernel(x, y, BLOCK: tl.constexpr):\n    return\n";
  kernel.helpers = {"@triton.jit\ndef _twice(x):\n    return x + x\n"};
  kernel.buffers = {{"x", Role::kInput, {Dtype::kFloat32, {4, 8}, {1, 4}, 0}, ""},
                    {"y", Role::kOutput, {Dtype::kFloat32, {4, 8}, {8, 1}, 0}, ""},
                    {"sums", Role::kScratch, {Dtype::kInt32, {4}, {1}, 0}, "zeros"}};
  kernel.launches = {{"scale_kernel", {"1", "2"}, {{"x", "x", true}, {"y", "y", true}, {"BLOCK", "128", false}}, 8, 3}};
  kernel.in_place = {{"y", "x"}};
  return kernel;
}

TEST(KernelJson, RoundTrips) {
  const Json json = to_json(sample());
  const Result<Kernel> kernel = kernel_from_json(json);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(to_json(*kernel).dump(), json.dump());
  EXPECT_EQ(kernel->buffers[2].initial, "zeros");
  EXPECT_EQ(kernel->launches[0].arguments[2].value, "128");
  EXPECT_FALSE(kernel->launches[0].arguments[2].is_buffer);
  EXPECT_EQ(kernel->launches[0].num_warps, 8);
}

std::string message(std::string_view pointer, const Json& replacement) {
  Json json = to_json(sample());
  json[Json::json_pointer(std::string(pointer))] = replacement;
  const Result<Kernel> kernel = kernel_from_json(json);
  return kernel ? "read" : kernel.error().message;
}

TEST(KernelJson, SaysWhatIsWrong) {
  EXPECT_EQ(message("/name", 3), "kernel JSON: top level: field 'name' is missing or not a string");
  EXPECT_EQ(message("/buffers/1/role", "result"), "kernel JSON: buffers[1]: unknown role 'result'");
  EXPECT_EQ(message("/buffers/1/dtype", "float33"), "kernel JSON: buffers[1]: unknown dtype 'float33'");
  EXPECT_EQ(message("/launches/0/grid", Json::array({1})),
            "kernel JSON: launches[0]: field 'grid' holds something else than strings");
  EXPECT_EQ(message("/launches/0/num_warps", "4"), "kernel JSON: launches[0]: field 'num_warps' is missing or not an integer");
  EXPECT_EQ(message("/in_place", Json::array({"y"})),
            "kernel JSON: top level: field 'in_place' holds something else than pairs of names");
  EXPECT_FALSE(kernel_from_json(Json::array()));
}

}  // namespace
}  // namespace ka
