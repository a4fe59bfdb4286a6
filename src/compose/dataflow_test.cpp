#include "compose/dataflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/build_info.h"
#include "compose/test_case.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Case : ComposeCase {
  explicit Case(const std::string& name) : ComposeCase(read_compose_case(source_dir() / "tests" / "golden" / "compose" / name)) {}

  Dataflow flow() const {
    std::vector<const Kernel*> used;
    for (const Subgraph& subgraph : plan.subgraphs) used.push_back(&kernels[static_cast<size_t>(subgraph.representative)]);
    Result<Dataflow> result = Dataflow::analyze(plan, used);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return *result;
  }
};

std::vector<int> takeovers(const Dataflow& flow) {
  std::vector<int> previous;
  for (const Allocation& allocation : flow.allocations()) previous.push_back(allocation.previous);
  return previous;
}

std::vector<bool> in_place(const Dataflow& flow) {
  std::vector<bool> list;
  for (const Mutation& mutation : flow.mutations()) list.push_back(mutation.in_place);
  return list;
}

TEST(Dataflow, MemoryIsTakenOverOnlyBehindItsLastReader) {
  // relu, relu_1, relu_2, add: each step reads the one before.
  EXPECT_THAT(takeovers(Case("layers").flow()), ElementsAre(kNone, kNone, 0, 1));
}

TEST(Dataflow, MemoryIsTakenOverOnlyForTheSameBytes) {
  Case deep("layers");
  deep.kernels[0].buffers[2].type.stride = {1, 4};
  const Dataflow flow = deep.flow();
  EXPECT_THAT(takeovers(flow), ElementsAre(kNone, kNone, kNone, kNone));
  EXPECT_THAT(flow.dead_after(1), ElementsAre(0));
  EXPECT_THAT(flow.dead_after(2), ElementsAre(1));
  EXPECT_THAT(flow.dead_after(3), IsEmpty());
}

TEST(Dataflow, BuffersAreUpdatedInPlaceWhereThatIsSafe) {
  // Of count, mean, peak, hidden and x: peak's kernel does not say that it may, hidden is rebound, x is the user's.
  EXPECT_THAT(in_place(Case("state").flow()), ElementsAre(true, true, false, false, false));
}

TEST(Dataflow, BuffersAreNotUpdatedWhileOthersReadThem) {
  Case state("state");
  state.kernels[2].in_place = {{"maximum", "b_peak"}};
  std::swap(state.plan.subgraphs[2], state.plan.subgraphs[3]);
  std::swap(state.kernels[2], state.kernels[3]);
  state.plan.subgraphs[2].representative = 2;
  state.plan.subgraphs[3].representative = 3;
  state.kernels[2].in_place = {{"maximum", "b_peak"}};
  EXPECT_THAT(in_place(state.flow()), ElementsAre(true, true, false, false, false));
}

TEST(Dataflow, InputsAreUsedOrNot) {
  const Dataflow flow = Case("scalars").flow();
  EXPECT_TRUE(flow.is_used(0));
  EXPECT_FALSE(flow.is_used(3)) << "a baked number has no readers";
  EXPECT_FALSE(flow.needs_original(0));
  EXPECT_TRUE(Case("views").flow().needs_original(1));
}

}  // namespace
}  // namespace ka
