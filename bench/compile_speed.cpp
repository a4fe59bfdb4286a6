// Times the C++ part of a run on a network of 600 operators (and on larger ones): parsing the worker's JSON, planning, generating.
#include <benchmark/benchmark.h>

#include <string>

#include "codegen/generate.h"
#include "plan/plan.h"

namespace ka {
namespace {

/// Residual blocks of six operators: linear, gelu, add, layer_norm, mul, add.
std::string network(int blocks) {
  Json values = Json::array();
  Json inputs = Json::array();
  Json nodes = Json::array();
  const auto value = [&](const std::string& name, const Shape& shape) {
    values.push_back(
        {{"name", name}, {"dtype", "float32"}, {"shape", shape}, {"stride", contiguous_strides(shape)}, {"offset", 0}});
  };
  const auto node = [&](const std::string& op, Json arguments, const std::string& out) {
    nodes.push_back({{"name", out}, {"op", op}, {"module", ""}, {"arguments", std::move(arguments)}, {"outputs", {out}}});
    value(out, {64, 256});
  };
  const auto ref = [](const std::string& name) { return Json{{"ref", name}}; };
  value("x", {64, 256});
  inputs.push_back({{"kind", "tensor"}, {"name", "x"}, {"value", "x"}});
  std::string x = "x";
  for (int b = 0; b < blocks; ++b) {
    const std::string n = std::to_string(b);
    for (const auto& [name, shape] :
         std::vector<std::pair<std::string, Shape>>{{"w", {256, 256}}, {"b", {256}}, {"g", {256}}, {"h", {256}}}) {
      value("p_" + name + n, shape);
      inputs.push_back({{"kind", "parameter"}, {"name", name + n}, {"value", "p_" + name + n}});
    }
    node("aten.linear.default", {{"input", ref(x)}, {"weight", ref("p_w" + n)}, {"bias", ref("p_b" + n)}}, "linear" + n);
    node("aten.gelu.default", {{"self", ref("linear" + n)}, {"approximate", "none"}}, "gelu" + n);
    node("aten.add.Tensor", {{"self", ref("gelu" + n)}, {"other", ref(x)}, {"alpha", 1}}, "add" + n);
    node("aten.layer_norm.default",
         {{"input", ref("add" + n)},
          {"normalized_shape", {256}},
          {"weight", ref("p_g" + n)},
          {"bias", ref("p_h" + n)},
          {"eps", 1e-5},
          {"cudnn_enable", true}},
         "norm" + n);
    node("aten.mul.Tensor", {{"self", ref("norm" + n)}, {"other", 0.5}}, "mul" + n);
    node("aten.add.Tensor", {{"self", ref("mul" + n)}, {"other", ref("add" + n)}, {"alpha", 1}}, "out" + n);
    x = "out" + n;
  }
  const Json graph = {{"format", "kernelagent-graph"},
                      {"version", 1},
                      {"name", "Network"},
                      {"mode", "train"},
                      {"inputs", inputs},
                      {"values", values},
                      {"nodes", nodes},
                      {"outputs", Json::array({{{"kind", "user"}, {"value", x}}})},
                      {"output_tree", {{"output", 0}}}};
  return graph.dump();
}

void parse_plan_generate(benchmark::State& state) {
  const std::string text = network(static_cast<int>(state.range(0)) / 6);
  size_t launches = 0;
  for (auto _ : state) {
    const Result<Json> json = parse_json(text, "network");
    Result<Graph> graph = graph_from_json(*json);
    const Result<Plan> plan = make_plan(std::move(*graph));
    if (!plan) {
      state.SkipWithError(plan.error().message.c_str());
      return;
    }
    launches = 0;
    for (size_t i = 0; i < plan->subgraphs.size(); ++i) {
      if (plan->subgraphs[i].representative != static_cast<int>(i)) continue;
      const Result<Kernel> kernel = generate(*plan, plan->subgraphs[i], Target{});
      launches += kernel->launches.size();
      benchmark::DoNotOptimize(kernel);
    }
  }
  state.counters["distinct_launches"] = static_cast<double>(launches);
}

BENCHMARK(parse_plan_generate)->Arg(60)->Arg(600)->Arg(6000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ka

BENCHMARK_MAIN();
