#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/build_info.h"
#include "base/file.h"
#include "base/text.h"
#include "codegen/author.h"
#include "codegen/choices.h"
#include "codegen/generate.h"
#include "codegen/schedule.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

fs::path folder() { return source_dir() / "tests" / "golden" / "codegen"; }

std::vector<fs::path> cases() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".graph") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// What a case is written for: cases called hopper_… an H100, the others the interpreter.
Target hopper() {
  Target target;
  target.platform = target.device = "cuda";
  return target;
}
Target target_of(const fs::path& path) { return path.filename().string().starts_with("hopper_") ? hopper() : Target(); }

/// Everything codegen writes for a graph: each distinct subgraph's launches, its jit functions, in order.
std::string generated(const fs::path& path) {
  const Result<std::string> text = read_file(path);
  EXPECT_TRUE(text.has_value());
  Result<Graph> graph = parse_graph(*text);
  EXPECT_TRUE(graph.has_value()) << (graph ? "" : to_text(graph.error()));
  if (!graph) return {};
  const Result<Plan> plan = make_plan(*graph);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : to_text(plan.error()));
  if (!plan) return {};
  std::string out;
  for (size_t i = 0; i < plan->subgraphs.size(); ++i) {
    if (plan->subgraphs[i].representative != static_cast<int>(i)) continue;
    const Result<Kernel> kernel = generate(*plan, plan->subgraphs[i], target_of(path));
    EXPECT_TRUE(kernel.has_value()) << (kernel ? "" : to_text(kernel.error()));
    if (!kernel) continue;
    out += "# " + plan->subgraphs[i].id + "\n";
    for (const Launch& launch : kernel->launches) {
      out += fmt::format("# {}[{}]", launch.entry, fmt::join(launch.grid, ", "));
      for (const LaunchArgument& argument : launch.arguments) out += " " + argument.parameter + "=" + argument.value;
      out += "\n";
    }
    out += kernel->source + "\n";
  }
  return out;
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, TextIsAsRecorded) {
  const fs::path expected = fs::path(GetParam()).replace_extension(".py");
  const std::string now = generated(GetParam());
  if (std::getenv("KERNELAGENT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(expected, now).has_value());
    return;
  }
  const Result<std::string> recorded = read_file(expected);
  ASSERT_TRUE(recorded.has_value()) << "no golden file; run ./dev golden --update";
  EXPECT_EQ(now, *recorded) << "run ./dev golden --update if the change is meant";
  EXPECT_EQ(now, generated(GetParam())) << "two generations of the same graph differ";
}

INSTANTIATE_TEST_SUITE_P(Codegen, Golden, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(Schedule, OnlyConvolutionsMayRoundTheirOperands) {
  for (const std::string name : {"conv_bias_relu", "gelu_mlp"}) {
    const Result<Graph> graph = parse_graph(*read_file(folder() / (name + ".graph")));
    const Result<Plan> plan = make_plan(*graph);
    const Target target = hopper();
    const Result<Kernel> first = generate(*plan, plan->subgraphs[0], target);
    ASSERT_TRUE(first.has_value());
    const std::string all = first->schedule + "; " + generate(*plan, plan->subgraphs[0], target, 1)->schedule;
    for (const std::string rounded : {"precision=fp16 ", "precision=tf32 "})
      EXPECT_EQ(all.find(rounded) != std::string::npos, name == "conv_bias_relu") << all;
    EXPECT_EQ(generate(*plan, plan->subgraphs[0], target, 2)->schedule.find("precision=tf32 "), std::string::npos);
  }
}

TEST(Schedule, ConvolutionsOfFewChannelsOrInGroupsKeepTheirOperands) {
  using Edits = std::vector<std::pair<std::string, std::string>>;
  const Edits few = {{"[2, 16, 13, 11]", "[2, 3, 13, 11]"}, {"[24, 16, 3, 3]", "[24, 3, 3, 3]"}};
  const Edits grouped = {{"groups=1", "groups=2"}, {"[24, 16, 3, 3]", "[24, 8, 3, 3]"}};
  for (const Edits& edits : {few, grouped}) {
    std::string text = *read_file(folder() / "conv_bias_relu.graph");
    for (const auto& [from, to] : edits) text = replace_all(text, from, to);
    const Result<Plan> plan = make_plan(*parse_graph(text));
    for (size_t rank = 0; rank < 3; ++rank)
      EXPECT_FALSE(is_rounding(generate(*plan, plan->subgraphs[0], hopper(), rank)->schedule)) << rank << text;
  }
}

TEST(Schedule, ToldNotToRoundNoneDoes) {
  const Result<Plan> plan = make_plan(*parse_graph(*read_file(folder() / "conv_bias_relu.graph")));
  const auto rounds = [&](bool may_round) {
    const std::vector<Choice> all = Choices::of(*plan, plan->subgraphs[0], hopper(), may_round)->own();
    return std::count_if(all.begin(), all.end(), [&](const Choice& choice) {
      return is_rounding(generate(*plan, plan->subgraphs[0], choice)->schedule);
    });
  };
  EXPECT_EQ(rounds(true), 2);
  EXPECT_EQ(rounds(false), 0);
}

TEST(Schedule, PrintsAndParses) {
  Schedule s;
  s.tile_m = 128;
  s.precision = "bf16x6";
  for (const Nest::Kind kind : {Nest::Kind::kMap, Nest::Kind::kReduce, Nest::Kind::kScan, Nest::Kind::kContract,
                                Nest::Kind::kRecur, Nest::Kind::kAttend}) {
    const Result<Schedule> back = parse_schedule(print(s, kind));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(print(*back, kind), print(s, kind));
  }
  EXPECT_FALSE(parse_schedule("map block=zero").has_value());
  EXPECT_FALSE(parse_schedule("map width=3").has_value());
}

}  // namespace
}  // namespace ka
