#include <cmath>
#include <unordered_map>

#include "ir/graph.h"
#include "ir/type_json.h"

namespace ka {
namespace {

constexpr std::string_view kFormat = "kernelagent-graph";
constexpr int kVersion = 1;

// --- Writing ---

Json number_json(double number) {
  if (std::isnan(number)) return {{"float", "nan"}};
  if (std::isinf(number)) return {{"float", number > 0 ? "inf" : "-inf"}};
  return number;
}

Json argument_json(const Graph& graph, const Argument& argument) {
  struct Writer {
    const Graph& graph;
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool flag) const { return flag; }
    Json operator()(int64_t whole) const { return whole; }
    Json operator()(double real) const { return number_json(real); }
    Json operator()(const std::string& text) const { return text; }
    Json operator()(Dtype dtype) const { return {{"dtype", name(dtype)}}; }
    Json operator()(Ref ref) const { return {{"ref", graph.value(ref.id).name}}; }
    Json operator()(const Argument::List& list) const {
      Json elements = Json::array();
      for (const Argument& element : list) elements.push_back(argument_json(graph, element));
      return elements;
    }
  };
  return std::visit(Writer{graph}, argument.value);
}

Json input_json(const Graph& graph, const Input& input) {
  Json json = {{"kind", name(input.kind)}, {"name", input.name}, {"value", graph.value(input.value).name}};
  if (input.kind == InputKind::kScalar) {
    json["scalar_type"] = input.scalar_type;
    json["baked"] = input.baked;
  }
  if (!input.source.empty()) json["source"] = input.source;
  if (!input.example.is_null()) json["example"] = input.example;
  if (input.kind == InputKind::kBuffer) json["persistent"] = input.persistent;
  return json;
}

Json node_json(const Graph& graph, const Node& node) {
  Json arguments = Json::object();
  for (const NamedArgument& argument : node.arguments) arguments[argument.name] = argument_json(graph, argument.value);
  Json outputs = Json::array();
  for (const ValueId id : node.outputs) outputs.push_back(id == kNone ? Json(nullptr) : Json(graph.value(id).name));
  Json json = {{"name", node.name}, {"op", node.op}};
  if (!node.module.empty()) json["module"] = node.module;
  json["arguments"] = std::move(arguments);
  json["outputs"] = std::move(outputs);
  if (node.location != Location{}) {
    json["location"] = {{"file", node.location.file}, {"line", node.location.line}, {"text", node.location.text}};
  }
  if (node.origin != kNone) json["origin"] = node.origin;
  return json;
}

Json output_json(const Graph& graph, const Output& output) {
  if (output.kind == OutputKind::kUser) return {{"kind", "user"}, {"value", graph.value(output.value).name}};
  const Input& target = graph.inputs[static_cast<size_t>(output.target)];
  // The kind tells a forward parameter apart from state of the same name.
  return {{"kind", "mutation"},
          {"value", graph.value(output.value).name},
          {"target", target.name},
          {"target_kind", name(target.kind)}};
}

// --- Reading ---

tl::unexpected<Error> bad(const std::string& where, const std::string& message) {
  return fail(Fault::kInput, "graph JSON: " + where + ": " + message);
}

Result<Json> field(const Json& object, const char* key, const std::string& where) {
  if (!object.is_object()) return bad(where, "expected an object");
  const auto found = object.find(key);
  if (found == object.end()) return bad(where, fmt::format("field '{}' is missing", key));
  return *found;
}

Result<std::string> text_field(const Json& object, const char* key, const std::string& where) {
  KA_TRY(const Json found, field(object, key, where));
  if (!found.is_string()) return bad(where, fmt::format("field '{}' is not a string", key));
  return found.get<std::string>();
}

/// Returns the list without copying it, or an error where the field is absent or not a list.
Result<const Json*> list_field(const Json& object, const char* key, const std::string& where) {
  if (!object.is_object()) return bad(where, "expected an object");
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return bad(where, fmt::format("field '{}' is missing or not a list", key));
  return &*found;
}

/// Reads one graph. Values are numbered in the order of their definition (inputs, then node outputs), whatever order the list has.
class Reader {
 public:
  Result<Graph> read(const Json& json) {
    KA_TRY(const std::string format, text_field(json, "format", "top level"));
    if (format != kFormat) return bad("top level", "format is '" + format + "', expected '" + std::string(kFormat) + "'");
    if (const auto version = json.find("version"); version == json.end() || *version != kVersion)
      return bad("top level", fmt::format("version is not {}", kVersion));
    KA_TRY(graph_.name, text_field(json, "name", "top level"));
    KA_TRY(graph_.mode, text_field(json, "mode", "top level"));
    KA_CHECK_OK(read_types(json));
    KA_CHECK_OK(read_inputs(json));
    KA_CHECK_OK(read_nodes(json));
    KA_CHECK_OK(read_outputs(json));
    if (const auto tree = json.find("output_tree"); tree != json.end()) graph_.output_tree = *tree;
    if (types_.size() != ids_.size()) return bad("values", "some values are neither inputs nor outputs of a node");
    return std::move(graph_);
  }

 private:
  Status read_types(const Json& json) {
    KA_TRY(const Json* list, list_field(json, "values", "top level"));
    for (size_t i = 0; i < list->size(); ++i) {
      const Json& value = (*list)[i];
      const std::string where = fmt::format("values[{}]", i);
      KA_TRY(std::string value_name, text_field(value, "name", where));
      KA_TRY(TensorType type, tensor_type_from_json(value, "graph JSON: " + where));
      if (!types_.emplace(std::move(value_name), std::move(type)).second) return bad(where, "duplicate value name");
    }
    return {};
  }

  Result<ValueId> define(const std::string& value_name, NodeId producer, int output_index, const std::string& where) {
    const auto type = types_.find(value_name);
    if (type == types_.end()) return bad(where, "value '" + value_name + "' is not listed under 'values'");
    const auto id = static_cast<ValueId>(graph_.values.size());
    if (!ids_.emplace(value_name, id).second) return bad(where, "value '" + value_name + "' is defined twice");
    graph_.values.push_back({value_name, type->second, producer, output_index});
    return id;
  }

  Result<ValueId> find(const std::string& value_name, const std::string& where) const {
    const auto found = ids_.find(value_name);
    if (found == ids_.end()) return bad(where, "value '" + value_name + "' is not defined before this use");
    return found->second;
  }

  Status read_inputs(const Json& json) {
    KA_TRY(const Json* list, list_field(json, "inputs", "top level"));
    for (size_t i = 0; i < list->size(); ++i) {
      const Json& item = (*list)[i];
      const std::string where = fmt::format("inputs[{}]", i);
      Input input;
      KA_TRY(const std::string kind, text_field(item, "kind", where));
      const std::optional<InputKind> parsed = parse_input_kind(kind);
      if (!parsed) return bad(where, "unknown kind '" + kind + "'");
      input.kind = *parsed;
      KA_TRY(input.name, text_field(item, "name", where));
      KA_TRY(const std::string value_name, text_field(item, "value", where));
      const auto shared = ids_.find(value_name);
      if (shared != ids_.end()) {
        input.value = shared->second;
      } else {
        KA_TRY(input.value, define(value_name, kNone, 0, where));
      }
      if (input.kind == InputKind::kScalar) {
        KA_TRY(input.scalar_type, text_field(item, "scalar_type", where));
      }
      if (item.contains("source")) {
        KA_TRY(input.source, text_field(item, "source", where));
      }
      if (const auto example = item.find("example"); example != item.end()) input.example = *example;
      KA_TRY(input.baked, read_flag(item, "baked", false, where));
      KA_TRY(input.persistent, read_flag(item, "persistent", true, where));
      graph_.inputs.push_back(std::move(input));
    }
    return {};
  }

  static Result<bool> read_flag(const Json& object, const char* key, bool absent, const std::string& where) {
    const auto found = object.find(key);
    if (found == object.end()) return absent;
    if (!found->is_boolean()) return bad(where, fmt::format("field '{}' is not true or false", key));
    return found->get<bool>();
  }

  Status read_nodes(const Json& json) {
    KA_TRY(const Json* list, list_field(json, "nodes", "top level"));
    graph_.nodes.reserve(list->size());
    for (size_t i = 0; i < list->size(); ++i) {
      const Json& item = (*list)[i];
      const std::string where = fmt::format("nodes[{}]", i);
      Node node;
      KA_TRY(node.name, text_field(item, "name", where));
      KA_TRY(node.op, text_field(item, "op", where));
      if (const auto module = item.find("module"); module != item.end() && module->is_string())
        node.module = module->get<std::string>();
      KA_CHECK_OK(read_arguments(item, node, where));
      KA_TRY(const Json* outputs, list_field(item, "outputs", where));
      for (const Json& output : *outputs) {
        const auto index = static_cast<int>(node.outputs.size());
        if (!output.is_null() && !output.is_string()) return bad(where, "an output is a value name or null");
        ValueId id = kNone;
        if (output.is_string()) {
          KA_TRY(id, define(output.get<std::string>(), static_cast<NodeId>(i), index, where));
        }
        node.outputs.push_back(id);
      }
      KA_CHECK_OK(read_location(item, node.location, where));
      if (const auto origin = item.find("origin"); origin != item.end() && origin->is_number_integer())
        node.origin = origin->get<NodeId>();
      graph_.nodes.push_back(std::move(node));
    }
    return {};
  }

  Status read_arguments(const Json& item, Node& node, const std::string& where) const {
    const auto arguments = item.find("arguments");
    if (arguments == item.end() || !arguments->is_object()) return bad(where, "field 'arguments' is missing or not an object");
    for (const auto& [argument_name, value] : arguments->items()) {
      KA_TRY(Argument argument, read_argument(value, where + ".arguments." + argument_name));
      node.arguments.push_back({argument_name, std::move(argument)});
    }
    return {};
  }

  static Status read_location(const Json& item, Location& location, const std::string& where) {
    const auto found = item.find("location");
    if (found == item.end() || found->is_null()) return {};
    KA_TRY(location.file, text_field(*found, "file", where));
    KA_TRY(location.text, text_field(*found, "text", where));
    KA_TRY(const Json line, field(*found, "line", where));
    if (!line.is_number_integer()) return bad(where, "location.line is not an integer");
    location.line = line.get<int>();
    return {};
  }

  Result<Argument> read_argument(const Json& json, const std::string& where) const {
    if (json.is_null()) return Argument{};
    if (json.is_boolean()) return Argument{json.get<bool>()};
    if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      return bad(where, "integer out of range");
    if (json.is_number_integer()) return Argument{json.get<int64_t>()};
    if (json.is_number_float()) return Argument{json.get<double>()};
    if (json.is_string()) return Argument{json.get<std::string>()};
    if (json.is_array()) {
      Argument::List list;
      for (const Json& element : json) {
        KA_TRY(Argument argument, read_argument(element, where));
        list.push_back(std::move(argument));
      }
      return Argument{std::move(list)};
    }
    return read_tagged(json, where);
  }

  Result<Argument> read_tagged(const Json& json, const std::string& where) const {
    if (json.size() != 1) return bad(where, "expected an object with one of 'ref', 'dtype', 'int', 'float'");
    const std::string& tag = json.items().begin().key();
    const Json& content = json.items().begin().value();
    if (tag == "ref" && content.is_string()) {
      KA_TRY(const ValueId id, find(content.get<std::string>(), where));
      return Argument{Ref{id}};
    }
    if (tag == "dtype") {
      const std::optional<Dtype> dtype = content.is_string() ? parse_dtype(content.get_ref<const std::string&>()) : std::nullopt;
      if (!dtype) return bad(where, "unknown dtype " + content.dump());
      return Argument{*dtype};
    }
    if (tag == "int" && content.is_number_integer()) return Argument{content.get<int64_t>()};
    if (tag == "float" && content.is_number()) return Argument{content.get<double>()};
    if (tag == "float" && content == "inf") return Argument{static_cast<double>(INFINITY)};
    if (tag == "float" && content == "-inf") return Argument{-static_cast<double>(INFINITY)};
    if (tag == "float" && content == "nan") return Argument{static_cast<double>(NAN)};
    return bad(where, "cannot read " + json.dump());
  }

  Status read_outputs(const Json& json) {
    KA_TRY(const Json* list, list_field(json, "outputs", "top level"));
    for (size_t i = 0; i < list->size(); ++i) {
      const Json& item = (*list)[i];
      const std::string where = fmt::format("outputs[{}]", i);
      Output output;
      KA_TRY(const std::string kind, text_field(item, "kind", where));
      KA_TRY(const std::string value_name, text_field(item, "value", where));
      KA_TRY(output.value, find(value_name, where));
      if (kind == "mutation") {
        output.kind = OutputKind::kMutation;
        KA_TRY(output.target, find_target(item, where));
      } else if (kind != "user") {
        return bad(where, "unknown kind '" + kind + "'");
      }
      graph_.outputs.push_back(output);
    }
    return {};
  }

  Result<int> find_target(const Json& item, const std::string& where) const {
    KA_TRY(const std::string target, text_field(item, "target", where));
    const auto kind = item.find("target_kind");
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const Input& input = graph_.inputs[i];
      if (input.name == target && (kind == item.end() || *kind == name(input.kind))) return static_cast<int>(i);
    }
    return bad(where, "target '" + target + "' is not an input");
  }

  Graph graph_;
  std::unordered_map<std::string, TensorType> types_;
  std::unordered_map<std::string, ValueId> ids_;
};

}  // namespace

Json to_json(const Graph& graph) {
  Json json = {{"format", kFormat}, {"version", kVersion}, {"name", graph.name}, {"mode", graph.mode}};
  Json inputs = Json::array();
  for (const Input& input : graph.inputs) inputs.push_back(input_json(graph, input));
  Json values = Json::array();
  for (const Value& value : graph.values) {
    Json item = {{"name", value.name}};
    item.update(to_json(value.type));
    values.push_back(std::move(item));
  }
  Json nodes = Json::array();
  for (const Node& node : graph.nodes) nodes.push_back(node_json(graph, node));
  Json outputs = Json::array();
  for (const Output& output : graph.outputs) outputs.push_back(output_json(graph, output));
  json["inputs"] = std::move(inputs);
  json["values"] = std::move(values);
  json["nodes"] = std::move(nodes);
  json["outputs"] = std::move(outputs);
  json["output_tree"] = graph.output_tree;
  return json;
}

Result<Graph> graph_from_json(const Json& json) { return Reader().read(json); }

}  // namespace ka
