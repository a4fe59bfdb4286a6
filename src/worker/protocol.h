#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

// The messages of docs/PROTOCOL.md that C++ builds or reads. Tensors and graphs pass through as Json.

namespace ka {

/// The last two are the candidate's role under compute-sanitizer.
enum class WorkerRole { kTrace, kCandidate, kReference, kCompare, kBench, kInspect, kAhead, kMemcheck, kRacecheck };

/// "trace", "candidate", "reference", "compare", "bench", "inspect", "ahead", "memcheck", "racecheck".
std::string_view name(WorkerRole role);

/// Caps of one child; 0 is no cap.
struct ChildLimits {
  int64_t memory_mb = 0;
  int64_t cpu_seconds = 0;
  int64_t disk_mb = 0;
  int64_t processes = 0;
};

/// Builds the requests to a zygote; the fork's descriptor travels beside the message.
Json fork_request(int id, WorkerRole role, const ChildLimits& limits);
Json kill_request(int id);
Json stop_request();

/// One message from a zygote.
struct ZygoteEvent {
  enum class Kind { kReady, kFailed, kForked, kRefused, kExited };
  Kind kind = Kind::kReady;
  int id = 0;           ///< forked, refused, exited: whose
  int pid = 0;          ///< forked: in the zygote's own process numbers
  Json versions;        ///< ready
  Json isolation;       ///< ready: what keeps children apart; an empty object where nothing does
  std::string missing;  ///< failed: the package, or empty
  std::string message;  ///< failed, refused
  int exit = 0;         ///< exited
  int signal = 0;       ///< exited: 0 when it ended by itself
  std::string reason;   ///< exited: "memory", "cpu", "processes" or "disk" when a cap ended it
  std::string output;   ///< exited: the last it printed
  std::string report;   ///< exited: what the tool said that it ran under
};

/// Reads a zygote's message; an unknown or misshapen one is an error that names the field.
Result<ZygoteEvent> parse_zygote_event(const Json& message);

/// What a child says when it cannot do what was asked.
struct WorkerFailure {
  std::string kind;  ///< one of the page's error kinds
  std::string message;
  std::string file;  ///< with `line`: the user's place, or empty
  int64_t line = 0;
  std::string traceback;
  std::string output;  ///< what the request printed
};

/// Returns the failure in a reply whose "ok" is not true; nothing in a good reply.
std::optional<WorkerFailure> failure_of(const Json& reply);

/// Replaces every non-finite number in place by "nan", "inf" or "-inf".
void encode_non_finite(Json& json);

}  // namespace ka
