#include <gtest/gtest.h>

#include <cmath>

#include "ir/graph.h"

namespace ka {
namespace {

// The example of docs/PROTOCOL.md, filled in.
constexpr std::string_view kExample = R"json({"format":"kernelagent-graph","version":1,"name":"Model","mode":"train",
 "inputs":[
   {"kind":"tensor","name":"x","value":"x"},
   {"kind":"scalar","name":"k","value":"k","scalar_type":"float","baked":false,"example":2.0},
   {"kind":"parameter","name":"fc.weight","value":"p_fc_weight"},
   {"kind":"buffer","name":"n","value":"b_n","persistent":false}],
 "values":[
   {"name":"x","dtype":"float32","shape":[4,8],"stride":[1,4],"offset":2},
   {"name":"k","dtype":"float64","shape":[],"stride":[],"offset":0},
   {"name":"p_fc_weight","dtype":"float32","shape":[8,8],"stride":[8,1],"offset":0},
   {"name":"b_n","dtype":"int64","shape":[],"stride":[],"offset":0},
   {"name":"linear","dtype":"float32","shape":[4,8],"stride":[8,1],"offset":0},
   {"name":"values","dtype":"float32","shape":[4],"stride":[1],"offset":0},
   {"name":"add","dtype":"int64","shape":[],"stride":[],"offset":0}],
 "nodes":[
   {"name":"linear","op":"aten.linear.default","module":"fc",
    "arguments":{"input":{"ref":"x"},"weight":{"ref":"p_fc_weight"},"bias":null},
    "outputs":["linear"],
    "location":{"file":"problem.py","line":14,"text":"x = self.fc(x)"}},
   {"name":"max_1","op":"aten.max.dim","arguments":{"self":{"ref":"linear"},"dim":-1,"keepdim":false},"outputs":["values",null]},
   {"name":"odd","op":"aten.odd.default",
    "arguments":{"a":{"float":"inf"},"b":1.0,"c":1,"d":{"dtype":"float32"},"e":[1,{"ref":"x"},[true,"tanh"]],"f":{"float":"-inf"}},"outputs":[],"origin":3},
   {"name":"add","op":"aten.add.Tensor","arguments":{"self":{"ref":"b_n"},"other":1,"alpha":1},"outputs":["add"]}],
 "outputs":[{"kind":"user","value":"values"},{"kind":"mutation","value":"add","target":"n","target_kind":"buffer"}],
 "output_tree":{"tuple":[{"output":0},{"literal":3}]}})json";

TEST(GraphJson, ReadsAndWritesTheSameDocument) {
  const Json json = Json::parse(kExample);
  const Result<Graph> graph = graph_from_json(json);
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_TRUE(verify(*graph)) << verify(*graph).error().message;
  // Compared without regard to the order of fields.
  EXPECT_EQ(nlohmann::json::parse(to_json(*graph).dump()), nlohmann::json::parse(kExample));
  EXPECT_EQ(to_json(*graph_from_json(to_json(*graph))).dump(), to_json(*graph).dump());
}

TEST(GraphJson, KeepsTheKindsOfNumbers) {
  const Graph graph = *graph_from_json(Json::parse(kExample));
  const Node& odd = graph.nodes[2];
  EXPECT_TRUE(std::isinf(odd.at("a").number()));
  EXPECT_TRUE(std::holds_alternative<double>(odd.at("b").value));
  EXPECT_TRUE(std::holds_alternative<int64_t>(odd.at("c").value));
  EXPECT_EQ(std::get<Dtype>(odd.at("d").value), Dtype::kFloat32);
  EXPECT_EQ(odd.origin, 3);
  EXPECT_EQ(graph.inputs[1].example, 2.0);
}

TEST(GraphJson, NumbersValuesInTheOrderOfDefinition) {
  Json json = Json::parse(kExample);
  std::reverse(json["values"].begin(), json["values"].end());
  const Graph graph = *graph_from_json(json);
  EXPECT_EQ(graph.values.front().name, "x");
  EXPECT_EQ(graph.values.back().name, "add");
}

std::string message(std::string_view pointer, const Json& replacement) {
  Json json = Json::parse(kExample);
  json[Json::json_pointer(std::string(pointer))] = replacement;
  const Result<Graph> graph = graph_from_json(json);
  return graph ? "read" : graph.error().message;
}

TEST(GraphJson, SaysWhereTheDocumentIsWrong) {
  EXPECT_EQ(message("/version", 2), "graph JSON: top level: version is not 1");
  EXPECT_EQ(message("/version", "one"), "graph JSON: top level: version is not 1");
  EXPECT_EQ(message("/values/0/dtype", "float33"), "graph JSON: values[0]: unknown dtype 'float33'");
  EXPECT_EQ(message("/values/0/shape", 4), "graph JSON: values[0]: field 'shape' is missing or not a list");
  EXPECT_EQ(message("/nodes/0/arguments/input/ref", "y"),
            "graph JSON: nodes[0].arguments.input: value 'y' is not defined before this use");
  EXPECT_EQ(message("/nodes/0/arguments/input", Json{{"complex", 1}}),
            R"(graph JSON: nodes[0].arguments.input: cannot read {"complex":1})");
  EXPECT_EQ(message("/nodes/1/outputs/0", "linear"), "graph JSON: nodes[1]: value 'linear' is defined twice");
  EXPECT_EQ(message("/outputs/1/target", "m"), "graph JSON: outputs[1]: target 'm' is not an input");
  EXPECT_EQ(message("/inputs/1/baked", 1), "graph JSON: inputs[1]: field 'baked' is not true or false");
}

}  // namespace
}  // namespace ka
