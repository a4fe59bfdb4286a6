#include "run/events.h"

#include <type_traits>

#include "base/clock.h"

namespace ka {
namespace {

/// Writes what is not empty.
struct Writer {
  Json& json;
  void operator()(const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  }
  void operator()(const char* key, bool value) {
    if (value) json[key] = value;
  }
  void operator()(const char* key, int64_t value) {
    if (value != 0) json[key] = value;
  }
  void operator()(const char* key, double value) {
    if (value != 0) json[key] = number_to_json(value);
  }
};

/// Reads what is there; remembers the first field of a wrong type.
struct Reader {
  const Json& json;
  std::string bad;

  template <class T>
  void operator()(const char* key, T& value) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    if constexpr (std::is_same_v<T, double>) {
      if (const Result<double> number = number_from_json(*found)) {
        value = *number;
        return;
      }
    } else {
      const bool fits = std::is_same_v<T, std::string> ? found->is_string()
                        : std::is_same_v<T, bool>      ? found->is_boolean()
                                                       : found->is_number_integer();
      if (fits) {
        value = found->template get<T>();
        return;
      }
    }
    if (bad.empty()) bad = key;
  }
};

template <size_t kIndex = 0>
Result<RunEvent> read_as(std::string_view name, const Json& json) {
  if constexpr (kIndex == std::variant_size_v<RunEvent>) {
    return fail(Fault::kInput, fmt::format("unknown event '{}'", name));
  } else {
    using Kind = std::variant_alternative_t<kIndex, RunEvent>;
    if (name != Kind::kName) return read_as<kIndex + 1>(name, json);
    Kind event;
    Reader reader{json, {}};
    event.fields(reader);
    if (!reader.bad.empty()) return fail(Fault::kInput, fmt::format("event '{}' has a bad field '{}'", name, reader.bad));
    return RunEvent{std::move(event)};
  }
}

}  // namespace

Json to_json(const RunEvent& event) {
  return std::visit(
      [](auto kind) {
        Json json;
        json["event"] = kind.kName;
        kind.fields(Writer{json});
        return json;
      },
      event);
}

Result<RunEvent> event_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("event") || !json["event"].is_string()) return fail(Fault::kInput, "not an event");
  return read_as(json["event"].get<std::string>(), json);
}

void EventStream::emit(const RunEvent& event) {
  const std::string time = utc_timestamp();
  for (Listener* listener : listeners_) listener->hear(event, time);
}

}  // namespace ka
