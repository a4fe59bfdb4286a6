#include "kernel/kernel.h"

#include <array>
#include <optional>

#include "ir/type_json.h"

namespace ka {
namespace {

constexpr std::array kRoles = {"input", "output", "scratch"};

std::string_view role_name(Role role) { return kRoles[static_cast<size_t>(role)]; }

std::optional<Role> parse_role(std::string_view name) {
  for (size_t i = 0; i < kRoles.size(); ++i) {
    if (name == kRoles[i]) return static_cast<Role>(i);
  }
  return std::nullopt;
}

Json launch_json(const Launch& launch) {
  Json arguments = Json::array();
  for (const LaunchArgument& argument : launch.arguments) {
    arguments.push_back({{"parameter", argument.parameter}, {argument.is_buffer ? "buffer" : "constant", argument.value}});
  }
  Json json = {{"entry", launch.entry},
               {"grid", launch.grid},
               {"arguments", arguments},
               {"num_warps", launch.num_warps},
               {"num_stages", launch.num_stages}};
  if (launch.cooperative) json["cooperative"] = true;
  return json;
}

/// Reads fields of one object; the first that is missing or of another kind is remembered and makes the whole reading fail.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  std::string text(const char* key) {
    const Json* found = get(
        key, [](const Json& value) { return value.is_string(); }, "a string");
    return found != nullptr ? found->get<std::string>() : std::string();
  }
  int integer(const char* key) {
    const Json* found = get(
        key, [](const Json& value) { return value.is_number_integer(); }, "an integer");
    return found != nullptr ? found->get<int>() : 0;
  }
  bool truth(const char* key) {
    const Json* found = get(
        key, [](const Json& value) { return value.is_boolean(); }, "true or false");
    return found != nullptr && found->get<bool>();
  }
  const Json& list(const char* key) {
    static const Json kEmpty = Json::array();
    const Json* found = get(
        key, [](const Json& value) { return value.is_array(); }, "a list");
    return found != nullptr ? *found : kEmpty;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> items;
    for (const Json& item : list(key)) {
      if (!item.is_string())
        refuse(std::string("field '") + key + "' holds something else than strings");
      else
        items.push_back(item.get<std::string>());
    }
    return items;
  }
  bool has(const char* key) const { return json_.is_object() && json_.contains(key); }
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }
  Status status() const {
    if (problem_.empty()) return {};
    return fail(Fault::kInput, "kernel JSON: " + where_ + ": " + problem_);
  }

 private:
  template <class Predicate>
  const Json* get(const char* key, Predicate fits, const char* kind) {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (json_.is_object() && found != json_.end() && fits(*found)) return &*found;
    refuse(std::string("field '") + key + "' is missing or not " + kind);
    return nullptr;
  }

  const Json& json_;
  std::string where_;
  std::string problem_;
};

Result<Buffer> read_buffer(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Buffer buffer;
  buffer.name = fields.text("name");
  const std::string role = fields.text("role");
  buffer.role = parse_role(role).value_or(Role::kInput);
  if (!parse_role(role)) fields.refuse("unknown role '" + role + "'");
  if (fields.has("initial")) buffer.initial = fields.text("initial");
  KA_CHECK_OK(fields.status());
  KA_TRY(buffer.type, tensor_type_from_json(json, "kernel JSON: " + where));
  return buffer;
}

Result<Launch> read_launch(const Json& json, const std::string& where) {
  Fields fields(json, where);
  Launch launch;
  launch.entry = fields.text("entry");
  launch.grid = fields.texts("grid");
  for (const Json& item : fields.list("arguments")) {
    Fields argument(item, where + ".arguments");
    const bool is_buffer = argument.has("buffer");
    launch.arguments.push_back({argument.text("parameter"), argument.text(is_buffer ? "buffer" : "constant"), is_buffer});
    KA_CHECK_OK(argument.status());
  }
  launch.num_warps = fields.integer("num_warps");
  launch.num_stages = fields.integer("num_stages");
  if (fields.has("cooperative")) launch.cooperative = fields.truth("cooperative");
  KA_CHECK_OK(fields.status());
  return launch;
}

}  // namespace

Json to_json(const Kernel& kernel) {
  Json buffers = Json::array();
  for (const Buffer& buffer : kernel.buffers) {
    Json item = {{"name", buffer.name}, {"role", role_name(buffer.role)}};
    item.update(to_json(buffer.type));
    if (!buffer.initial.empty()) item["initial"] = buffer.initial;
    buffers.push_back(std::move(item));
  }
  Json launches = Json::array();
  for (const Launch& launch : kernel.launches) launches.push_back(launch_json(launch));
  Json in_place = Json::array();
  for (const auto& [output, input] : kernel.in_place) in_place.push_back({output, input});
  return {{"name", kernel.name},         {"language", kernel.language}, {"author", kernel.author},   {"summary", kernel.summary},
          {"schedule", kernel.schedule}, {"source", kernel.source},     {"helpers", kernel.helpers}, {"buffers", buffers},
          {"launches", launches},        {"in_place", in_place}};
}

Result<Kernel> kernel_from_json(const Json& json) {
  Fields fields(json, "top level");
  Kernel kernel;
  kernel.name = fields.text("name");
  kernel.language = fields.text("language");
  kernel.author = fields.text("author");
  kernel.summary = fields.text("summary");
  kernel.schedule = fields.text("schedule");
  kernel.source = fields.text("source");
  kernel.helpers = fields.texts("helpers");
  for (const Json& item : fields.list("buffers")) {
    KA_TRY(Buffer buffer, read_buffer(item, fmt::format("buffers[{}]", kernel.buffers.size())));
    kernel.buffers.push_back(std::move(buffer));
  }
  for (const Json& item : fields.list("launches")) {
    KA_TRY(Launch launch, read_launch(item, fmt::format("launches[{}]", kernel.launches.size())));
    kernel.launches.push_back(std::move(launch));
  }
  if (fields.has("in_place")) {
    for (const Json& pair : fields.list("in_place")) {
      const bool fits = pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string();
      if (fits)
        kernel.in_place.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
      else
        fields.refuse("field 'in_place' holds something else than pairs of names");
    }
  }
  KA_CHECK_OK(fields.status());
  return kernel;
}

}  // namespace ka
