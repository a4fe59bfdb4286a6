#include "tune/entry.h"

namespace ka {
namespace {

constexpr std::string_view kFormat = "kernelagent-tuning";
constexpr int64_t kVersion = 1;

std::string without_build(std::string version) { return version.substr(0, version.find('+')); }

}  // namespace

TuningPlace place_of(std::string_view platform, const Json& machine, int64_t generator) {
  TuningPlace place{std::string(platform), std::string(platform), {}, {}, generator};
  if (const Json* versions = find(machine, "versions")) {
    place.torch = without_build(string_or(*versions, "torch"));
    place.triton = without_build(string_or(*versions, "triton"));
  }
  const Json* devices = find(machine, "devices");
  if (devices != nullptr && devices->is_array() && !devices->empty()) place.gpu = string_or(devices->front(), "name", place.gpu);
  return place;
}

Json to_json(const TuningEntry& entry) {
  Json others = Json::array();
  for (const TriedSchedule& other : entry.others) {
    Json tried = {{"schedule", other.schedule}, {"verdict", other.verdict}};
    if (other.milliseconds > 0) tried["milliseconds"] = other.milliseconds;
    others.push_back(std::move(tried));
  }
  return {{"format", kFormat},
          {"version", kVersion},
          {"title", entry.title},
          {"signature", entry.signature},
          {"platform", entry.place.platform},
          {"gpu", entry.place.gpu},
          {"torch", entry.place.torch},
          {"triton", entry.place.triton},
          {"generator", entry.place.generator},
          {"depth", name(entry.depth)},
          {"schedule", entry.schedule},
          {"milliseconds", entry.milliseconds},
          {"others", std::move(others)},
          {"measured", entry.measured}};
}

Result<TuningEntry> tuning_entry_from_json(const Json& json) {
  if (string_or(json, "format") != kFormat || int_or(json, "version") != kVersion)
    return fail(Fault::kInput, "this is no line of a tuning file of this version");
  TuningEntry entry;
  entry.title = string_or(json, "title");
  entry.signature = string_or(json, "signature");
  entry.place = {string_or(json, "platform"), string_or(json, "gpu"), string_or(json, "torch"), string_or(json, "triton"),
                 int_or(json, "generator")};
  const std::optional<Tuning> depth = parse_tuning(string_or(json, "depth"));
  entry.schedule = string_or(json, "schedule");
  entry.milliseconds = number_or(json, "milliseconds");
  entry.measured = string_or(json, "measured");
  if (entry.signature.empty() || entry.place.gpu.empty() || entry.schedule.empty() || !depth)
    return fail(Fault::kInput, "signature, gpu, depth or schedule is missing");
  entry.depth = *depth;
  const Json* others = find(json, "others");
  for (const Json& other : others != nullptr && others->is_array() ? *others : Json::array())
    entry.others.push_back({string_or(other, "schedule"), string_or(other, "verdict"), number_or(other, "milliseconds")});
  return entry;
}

}  // namespace ka
