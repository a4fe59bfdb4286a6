#include "run/floor.h"

#include <gtest/gtest.h>

#include "run/export.h"
#include "run/occupancy.h"

namespace ka {
namespace {

Graph graph_of(const std::string& body) {
  Result<Graph> graph = parse_graph("graph Model mode=train\n" + body + "tree {\"output\":0}\n");
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : to_text(graph.error()));
  return graph ? std::move(*graph) : Graph{};
}

TEST(LeastWork, EveryInputIsReadOnceAndEveryResultWrittenOnce) {
  const Graph graph = graph_of(
      "input tensor x: float32[100, 100]\ninput parameter unused = p_unused: float32[9, 9]\n"
      "relu: float32[100, 100] = aten.relu.default(self=%x)\n"
      "add: float32[100, 100] = aten.add.Tensor(self=%relu, other=%x, alpha=1)\noutput %add\n");
  const Work work = least_work(graph);
  EXPECT_EQ(work.bytes, 2 * 40000);
  EXPECT_EQ(work.flops, 2 * 10000);
  EXPECT_EQ(work.half_flops, 0);
  EXPECT_EQ(to_json(work_from_json(to_json(work))), to_json(work));
  // The inputs (unused ones too), two sets of results, and in float64 both the inputs and two tensors that are live at once.
  EXPECT_EQ(judging_bytes(graph), 40324 + 80000 + 2 * (40324 + 80000));
}

TEST(LeastWork, ViewsAndGathersReadWhatTheyPick) {
  const Work rows = least_work(graph_of(
      "input tensor i: int64[10]\ninput parameter w = p_w: float32[1000, 8]\n"
      "embedding: float32[10, 8] = aten.embedding.default(weight=%p_w, indices=%i, padding_idx=-1, scale_grad_by_freq=False, "
      "sparse=False)\noutput %embedding\n"));
  EXPECT_EQ(rows.bytes, 80 + 320 + 320);
  const Work slice =
      least_work(graph_of("input tensor x: float32[100, 8]\n"
                          "slice: float32[10, 8] stride [8, 1] = aten.slice.Tensor(self=%x, dim=0, start=0, end=10, step=1)\n"
                          "relu: float32[10, 8] = aten.relu.default(self=%slice)\noutput %relu\n"));
  EXPECT_EQ(slice.bytes, 320 + 320);
}

TEST(LeastWork, AViewOfAResultIsWrittenAndAViewOfAnInputIsNot) {
  const std::string view = "view: float32[8, 100] = aten.view.default(self=%{}, size=[8, 100])\noutput %view\n";
  const Work computed =
      least_work(graph_of("input tensor x: float32[100, 8]\nrelu: float32[100, 8] = aten.relu.default(self=%x)\n" +
                          fmt::format(fmt::runtime(view), "relu")));
  EXPECT_EQ(computed.bytes, 3200 + 3200);
  const Work nothing = least_work(graph_of("input tensor x: float32[100, 8]\n" + fmt::format(fmt::runtime(view), "x")));
  EXPECT_LE(nothing.bytes, 3200);
}

TEST(LeastWork, ProductsOfSixteenBitTypesAreCountedApart) {
  const Work work =
      least_work(graph_of("input tensor a: bfloat16[16, 32]\ninput tensor b: bfloat16[32, 8]\n"
                          "mm: bfloat16[16, 8] = aten.mm.default(self=%a, mat2=%b)\noutput %mm\n"));
  EXPECT_EQ(work.flops, 2 * 16 * 32 * 8);
  EXPECT_EQ(work.half_flops, work.flops);
}

TEST(Floors, TheSlowerOfMemoryAndArithmetic) {
  const GpuFigures* h100 = figures_of("NVIDIA H100 80GB HBM3");
  ASSERT_NE(h100, nullptr);
  EXPECT_EQ(figures_of("NVIDIA A100-SXM4-80GB"), nullptr) << "not measured";
  EXPECT_DOUBLE_EQ(floor_of({3e9, 0, 0}, *h100).ms(), 1);
  EXPECT_TRUE(floor_of({3e9, 0, 0}, *h100).is_memory_bound());
  EXPECT_DOUBLE_EQ(floor_of({0, 400e9, 0}, *h100).ms(), 1);
  EXPECT_FALSE(floor_of({0, 400e9, 0}, *h100).is_memory_bound());
}

TEST(Occupancies, AreLimitedByWhatIsScarce) {
  EXPECT_EQ(occupancy_of({32, 0, 4}, 90)->programs, 16);
  EXPECT_EQ(occupancy_of({32, 0, 4}, 90)->share, 1);
  EXPECT_EQ(occupancy_of({32, 0, 4}, 90)->limited_by, "warps");
  EXPECT_EQ(occupancy_of({255, 0, 8}, 90)->programs, 1);
  EXPECT_EQ(occupancy_of({255, 0, 8}, 90)->limited_by, "registers");
  EXPECT_EQ(occupancy_of({64, 100 << 10, 4}, 90)->programs, 2);
  EXPECT_EQ(occupancy_of({64, 100 << 10, 4}, 90)->limited_by, "shared memory");
  EXPECT_EQ(occupancy_of({16, 0, 1}, 90)->programs, 32);
  EXPECT_FALSE(occupancy_of({32, 0, 4}, 70));
}

TEST(Exports, KernelBenchNamesByLevelAndNumber) {
  EXPECT_EQ(*kernelbench_name("/x/KernelBench/level2/76_Gemm_Add_ReLU.py"), "level_2_problem_76_sample_0_kernel.py");
  for (const char* path : {"/x/examples/76_relu.py", "/x/level2/relu.py", "/x/levels/1_relu.py", "1.py"})
    EXPECT_FALSE(kernelbench_name(path)) << path;
}

}  // namespace
}  // namespace ka
