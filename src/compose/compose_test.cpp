#include "compose/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/build_info.h"
#include "base/file.h"
#include "compose/launch_graph.h"
#include "compose/test_case.h"
#include "syntax/zones.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kThrice = R"(import math

import torch
import triton
import triton.language as tl
from triton.language import float32

BLOCK = 32


@triton.jit
def _kernel(x, y, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < n).to(float32) * factor, mask=at < n)


def kernel_function(mul):
    y = torch.empty_like(mul)
    _kernel[(1,)](mul, y, mul.numel(), math.sqrt(9.0), BLOCK=BLOCK)
    return y


if __name__ == "__main__":
    print(kernel_function(torch.ones(8)))
)";

fs::path folder(const std::string& name) { return source_dir() / "tests" / "golden" / "compose" / name; }

ComposeCase read_case(const std::string& name) {
  ComposeCase read = read_compose_case(folder(name));
  if (name == "clashes") {
    read.kernels[0].helpers = {"@triton.jit\ndef _same(x):\n    return x\n"};
    read.kernels[1].helpers = {"@triton.jit\ndef _same(x):\n    return x + x\n"};
    read.kernels[2].author = "agent:test";
    read.kernels[2].launches.clear();
    read.kernels[2].source = kThrice;
  }
  return read;
}

Result<std::string> composed(const ComposeCase& from) {
  return compose_program(from.plan, from.kernels, from.problem, "problem.py", from.replay);
}

class ComposeGolden : public testing::TestWithParam<std::string> {};

TEST_P(ComposeGolden, TextIsAsRecorded) {
  const ComposeCase read = read_case(GetParam());
  const Result<std::string> now = composed(read);
  ASSERT_TRUE(now) << to_text(now.error());
  const fs::path expected = folder(GetParam()) / "composed_kernel.py";
  if (std::getenv("KERNELAGENT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(expected, *now));
    return;
  }
  const Result<std::string> recorded = read_file(expected);
  ASSERT_TRUE(recorded) << "no golden file; run ./dev golden --update";
  EXPECT_EQ(*now, *recorded) << "run ./dev golden --update if the change is meant";
}

INSTANTIATE_TEST_SUITE_P(Compose, ComposeGolden, testing::Values("layers", "state", "views", "scalars", "clashes", "recorded"),
                         [](const auto& test) { return test.param; });

TEST(Compose, ZonesAreTheContracts) {
  const ComposeCase read = read_case("layers");
  const Result<Zones> zones = split_zones(*composed(read));
  ASSERT_TRUE(zones) << zones.error().message;
  EXPECT_EQ(zones->construction, *construction_zone(read.problem, "problem.py") + "\n\n");
  EXPECT_THAT(zones->forward, HasSubstr("def kernel_function("));
  EXPECT_THAT(zones->self_test, HasSubstr("print(\"PASS\")"));
}

TEST(Compose, RefusesWhatItCannotTakeOver) {
  ComposeCase read = read_case("layers");
  read.problem += "\ndef kernel_function(x):\n    return x\n";
  EXPECT_EQ(composed(read).error().message, "the problem defines kernel_function, which is a name of the program");
  read = read_case("clashes");
  read.problem.replace(read.problem.find("Pair ="), 6, "Couple =");
  EXPECT_EQ(composed(read).error().message, "forward returns a Pair, which is not a name of the problem file");
  read = read_case("scalars");
  read.plan.graph.inputs[4].example = nullptr;
  EXPECT_EQ(composed(read).error().message,
            "the constant _lifted_tensor_constant0 that forward makes is too large to be written into a program");
}

TEST(Compose, RecordsLaunchesOnlyOfWhatMayBeReplayed) {
  const auto is_recorded = [](const std::string& name, const std::string& in_problem = "") {
    ComposeCase read = read_case(name);
    read.replay = true;
    read.problem += in_problem;
    return composed(read)->find("_replayed(self") != std::string::npos;
  };
  EXPECT_TRUE(is_recorded("recorded"));
  EXPECT_FALSE(is_recorded("recorded", "\n_replay = 1\n")) << "the problem uses a name of the fixed text";
  EXPECT_FALSE(is_recorded("layers")) << "forward returns a dict";
  EXPECT_FALSE(is_recorded("state")) << "forward replaces an attribute and writes into its input";
  EXPECT_FALSE(is_recorded("views")) << "results share memory";
  EXPECT_FALSE(is_recorded("scalars")) << "forward takes numbers";
}

TEST(Compose, CountsWhatACallMoves) {
  const ComposeCase read = read_case("recorded");
  const Traffic traffic = traffic_of(read.plan, read.kernels);
  EXPECT_EQ(traffic.launches, 5 + 2) << "five kernels, and new contents of two buffers";
  EXPECT_EQ(traffic.bytes, 2 * 8 + 3 * 128 + 3 * 128 + 2 * 128 + 3 * 128);
  EXPECT_EQ(traffic.borders, 2 * 4 * 128) << "two inputs and two results, read and written";
}

TEST(Compose, RefusesKernelsThatDoNotFit) {
  ComposeCase read = read_case("layers");
  read.kernels[0].buffers[0].type.dtype = Dtype::kFloat64;
  const Result<std::string> program = composed(read);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().fault, Fault::kInternal);
  EXPECT_EQ(program.error().message,
            "kernel mul_relu does not fit subgraph sg_00_mul_relu: buffer x and value x differ in shape or dtype");
  read = read_case("layers");
  read.plan.subgraphs.pop_back();
  read.kernels.pop_back();
  EXPECT_EQ(composed(read).error().message, "no subgraph computes the value 'add'");
}

TEST(Compose, ASmuggledMarkerIsRefused) {
  ComposeCase read = read_case("layers");
  read.kernels[0].source += "\n" + std::string(kSelfTestMarker) + "\n";
  EXPECT_FALSE(composed(read));
}

TEST(Compose, KernelsMayChooseOtherLayouts) {
  ComposeCase read = read_case("layers");
  read.kernels[0].buffers[2].type.stride = {1, 4};
  const std::string program = *composed(read);
  EXPECT_THAT(program, HasSubstr("relu = torch.empty_strided((4, 8), (1, 4), dtype=torch.float32, device=device)"));
  EXPECT_THAT(program, HasSubstr("run_mul_relu(_as_expected(relu, (4, 8), (8, 1)), layers_1_weight, relu_1)"));
  EXPECT_THAT(program, HasSubstr("return _as_expected(relu_2, (4, 8), (8, 1)), add"));
}

}  // namespace
}  // namespace ka
