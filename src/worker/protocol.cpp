#include "worker/protocol.h"

#include <climits>
#include <cmath>

namespace ka {
namespace {

using Kind = ZygoteEvent::Kind;

tl::unexpected<Error> misshapen(std::string_view event, std::string_view field) {
  return fail(Fault::kEnvironment, fmt::format("the worker's \"{}\" event has no valid \"{}\"", event, field));
}

/// Reads a field that must be a non-negative int.
std::optional<int> natural(const Json& message, std::string_view key) {
  const Json* field = find(message, key);
  if (field == nullptr || !field->is_number_integer()) return std::nullopt;
  const int64_t value = field->get<int64_t>();
  if (value < 0 || value > INT_MAX) return std::nullopt;
  return static_cast<int>(value);
}

}  // namespace

std::string_view name(WorkerRole role) {
  switch (role) {
    case WorkerRole::kTrace: return "trace";
    case WorkerRole::kCandidate: return "candidate";
    case WorkerRole::kReference: return "reference";
    case WorkerRole::kCompare: return "compare";
    case WorkerRole::kBench: return "bench";
    case WorkerRole::kInspect: return "inspect";
    case WorkerRole::kAhead: return "ahead";
    case WorkerRole::kMemcheck: return "memcheck";
    case WorkerRole::kRacecheck: return "racecheck";
  }
  return "";
}

Json fork_request(int id, WorkerRole role, const ChildLimits& limits) {
  Json caps = Json::object();
  if (limits.memory_mb > 0) caps["memory_mb"] = limits.memory_mb;
  if (limits.cpu_seconds > 0) caps["cpu_seconds"] = limits.cpu_seconds;
  if (limits.disk_mb > 0) caps["disk_mb"] = limits.disk_mb;
  if (limits.processes > 0) caps["processes"] = limits.processes;
  Json request = Json::object();
  request["request"] = "fork";
  request["id"] = id;
  request["role"] = name(role);
  request["limits"] = std::move(caps);
  return request;
}

Json kill_request(int id) { return Json{{"request", "kill"}, {"id", id}}; }

Json stop_request() { return Json{{"request", "stop"}}; }

Result<ZygoteEvent> parse_zygote_event(const Json& message) {
  const std::string event = string_or(message, "event");
  ZygoteEvent parsed;
  parsed.message = string_or(message, "message");
  if (event == "ready") {
    parsed.kind = Kind::kReady;
    const Json* versions = find(message, "versions");
    if (versions == nullptr || !versions->is_object()) return misshapen(event, "versions");
    parsed.versions = *versions;
    const Json* isolation = find(message, "isolation");
    parsed.isolation = isolation != nullptr && isolation->is_object() ? *isolation : Json::object();
    return parsed;
  }
  if (event == "failed") {
    parsed.kind = Kind::kFailed;
    parsed.missing = string_or(message, "missing");
    return parsed;
  }
  const auto id = natural(message, "id");
  if (event == "refused") {  // without an id when the request had none that could be read
    parsed.kind = Kind::kRefused;
    parsed.id = id.value_or(0);
    return parsed;
  }
  if (event != "forked" && event != "exited") {
    return fail(Fault::kEnvironment, fmt::format("the worker sent an unknown event \"{}\"", event.substr(0, 40)));
  }
  if (!id) return misshapen(event, "id");
  parsed.id = *id;
  if (event == "forked") {
    parsed.kind = Kind::kForked;
    const auto pid = natural(message, "pid");
    if (!pid || *pid <= 1) return misshapen(event, "pid");
    parsed.pid = *pid;
    return parsed;
  }
  parsed.kind = Kind::kExited;
  const auto exit = natural(message, "exit"), signal = natural(message, "signal");
  if (!exit && !signal) return misshapen(event, "exit");
  parsed.exit = exit.value_or(0);
  parsed.signal = signal.value_or(0);
  parsed.reason = string_or(message, "reason");
  parsed.output = string_or(message, "output");
  parsed.report = string_or(message, "report");
  return parsed;
}

std::optional<WorkerFailure> failure_of(const Json& reply) {
  if (bool_or(reply, "ok")) return std::nullopt;
  WorkerFailure failure{
      .kind = "internal", .message = "the worker gave no reason", .file = {}, .line = 0, .traceback = {}, .output = {}};
  if (const Json* error = find(reply, "error")) {
    failure.kind = string_or(*error, "kind", failure.kind);
    failure.message = string_or(*error, "message", failure.message);
    failure.file = string_or(*error, "file");
    failure.line = int_or(*error, "line");
    failure.traceback = string_or(*error, "traceback");
    failure.output = string_or(*error, "output");
  }
  return failure;
}

void encode_non_finite(Json& json) {
  if (json.is_number_float()) {
    const double value = json.get<double>();
    if (!std::isfinite(value)) json = number_to_json(value);
  } else if (json.is_structured()) {
    for (Json& item : json) encode_non_finite(item);
  }
}

}  // namespace ka
