#include "kernel/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

using testing::HasSubstr;
using testing::Not;

Kernel scale() {
  Kernel kernel;
  kernel.name = "scale";
  kernel.author = "codegen";
  kernel.summary = "x * k";
  kernel.source = R"(@triton.jit
def scale_kernel(x, k, y, BLOCK: tl.constexpr):
    # Multiplies by one number.
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < 32) * tl.load(k), mask=at < 32)
)";
  kernel.buffers = {{"x", Role::kInput, {Dtype::kFloat32, {4, 8}, {8, 1}, 0}, ""},
                    {"k", Role::kInput, {Dtype::kFloat32, {}, {}, 0}, ""},
                    {"y", Role::kOutput, {Dtype::kFloat32, {4, 8}, {8, 1}, 0}, ""}};
  kernel.launches = {
      {"scale_kernel", {"1"}, {{"x", "x", true}, {"k", "k", true}, {"y", "y", true}, {"BLOCK", "32", false}}, 4, 2}};
  return kernel;
}

/// The text from `def kernel_function` on.
std::string entry(const Kernel& kernel) {
  const std::string module = module_source(kernel);
  return module.substr(module.find("def kernel_function"));
}

TEST(ModuleSource, ChecksAllocatesLaunchesAndReturns) {
  EXPECT_EQ(entry(scale()), R"(def kernel_function(x, k):
    """x * k"""
    if _on_other_device(x):
        with torch.cuda.device(x.device):
            return kernel_function(x, k)
    x = _expect("x", x, torch.float32, (4, 8), (8, 1))
    k = _scalar("k", k, torch.float32, x.device)
    y = torch.empty((4, 8), dtype=torch.float32, device=x.device)
    scale_kernel[(1,)](x, k, y, BLOCK=32, num_warps=4, num_stages=2)
    return y
)");
}

TEST(ModuleSource, ReturnsATupleAndAllocatesScratch) {
  Kernel kernel = scale();
  kernel.buffers[2].type.stride = {1, 4};
  kernel.buffers.push_back({"z", Role::kOutput, {Dtype::kInt64, {4}, {1}, 0}, ""});
  kernel.buffers.push_back({"sums", Role::kScratch, {Dtype::kFloat32, {4}, {1}, 0}, "zeros"});
  const std::string text = entry(kernel);
  EXPECT_THAT(text, HasSubstr("y = torch.empty_strided((4, 8), (1, 4), dtype=torch.float32, device=x.device)\n"));
  EXPECT_THAT(text, HasSubstr("sums = torch.zeros((4,), dtype=torch.float32, device=x.device)\n"));
  EXPECT_THAT(text, HasSubstr("return y, z\n"));
}

TEST(ModuleSource, DoesNotLaunchForEmptyOutputs) {
  Kernel kernel = scale();
  kernel.buffers[2].type.shape = {0, 8};
  EXPECT_TRUE(is_empty(kernel));
  EXPECT_THAT(entry(kernel), Not(HasSubstr("scale_kernel[")));
}

TEST(ModuleSource, FindsADeviceWithoutTensors) {
  Kernel kernel = scale();
  kernel.buffers.erase(kernel.buffers.begin());
  EXPECT_THAT(entry(kernel), HasSubstr("device = _device_of(k)\n    k = _scalar(\"k\", k, torch.float32, device)\n"));
  kernel.buffers.erase(kernel.buffers.begin());
  const std::string module = module_source(kernel);
  EXPECT_THAT(module, HasSubstr("device = _device_of()\n"));
  EXPECT_THAT(module, Not(HasSubstr("_strided_copy_kernel")));
}

TEST(ModuleSource, ImportsMathOnlyWhereItIsNamed) {
  EXPECT_THAT(module_source(scale()), Not(HasSubstr("import math")));
  EXPECT_EQ(module_imports("tl.math.exp(x)").find("import math"), std::string::npos);
  EXPECT_EQ(module_imports("x * math.pi").find("import math"), 0U);
}

TEST(ModuleSource, LeavesAWholeModuleAlone) {
  Kernel kernel = scale();
  kernel.launches.clear();
  kernel.source = "def kernel_function(x, k):\n    return x\n";
  EXPECT_EQ(module_source(kernel), kernel.source);
}

TEST(LauncherSource, TakesEveryBufferAndOnlyLaunches) {
  Kernel kernel = scale();
  kernel.buffers.push_back({"sums", Role::kScratch, {Dtype::kFloat32, {4}, {1}, 0}, "zeros"});
  EXPECT_EQ(launcher_source(kernel, "scale"), R"(def scale(x, k, y, sums):
    """x * k"""
    scale_kernel[(1,)](x, k, y, BLOCK=32, num_warps=4, num_stages=2)
)");
}

}  // namespace
}  // namespace ka
