#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/kernel_events.h"
#include "run/phase.h"

namespace ka {

// What happens in a run, for people: terminal, page and events.jsonl are drawn from these alone. Each visits its fields once.

struct RunStarted {
  static constexpr std::string_view kName = "run_started";
  std::string run, directory, problem, platform, platform_note, version;
  bool resumed = false;
  void fields(auto&& f) {
    f("run", run), f("directory", directory), f("problem", problem), f("platform", platform), f("platform_note", platform_note);
    f("version", version), f("resumed", resumed);
  }
};
struct PhaseStarted {
  static constexpr std::string_view kName = "phase_started";
  std::string phase;
  void fields(auto&& f) { f("phase", phase); }
};
/// `reused`: the artifacts of an earlier attempt were whole and were taken as they are.
struct PhaseFinished {
  static constexpr std::string_view kName = "phase_finished";
  std::string phase, summary;
  double seconds = 0;
  bool reused = false;
  void fields(auto&& f) { f("phase", phase), f("summary", summary), f("seconds", seconds), f("reused", reused); }
};
/// A model wrote the problem that the run works on.
struct ProblemWritten {
  static constexpr std::string_view kName = "problem_written";
  std::string path, author, text;
  void fields(auto&& f) { f("path", path), f("author", author), f("text", text); }
};
/// A model's answer was looked at; `fault` says what is wrong with it, nothing when it was taken.
struct AnswerChecked {
  static constexpr std::string_view kName = "answer_checked";
  std::string phase, fault;
  int64_t seed = 0, round = 0;
  void fields(auto&& f) { f("phase", phase), f("fault", fault), f("seed", seed), f("round", round); }
};
/// One line about what a phase is doing now; drawn on a terminal only.
struct Progressed {
  static constexpr std::string_view kName = "progressed";
  std::string phase, text;
  void fields(auto&& f) { f("phase", phase), f("text", text); }
};
struct SubgraphPlanned {
  static constexpr std::string_view kName = "subgraph_planned";
  std::string id, title, type, inputs, outputs;
  int64_t count = 1;  ///< how many places of the program share its kernel
  void fields(auto&& f) {
    f("id", id), f("title", title), f("type", type), f("inputs", inputs), f("outputs", outputs), f("count", count);
  }
};
struct CutMade {
  static constexpr std::string_view kName = "cut_made";
  std::string producer, consumer, value, reason;
  void fields(auto&& f) { f("producer", producer), f("consumer", consumer), f("value", value), f("reason", reason); }
};
/// What became of neighbouring subgraphs that a model proposed as one. `subgraph`: the one that they were, or are; empty where they
/// could not be joined.
struct FusionDecided {
  static constexpr std::string_view kName = "fusion_decided";
  std::string parts, subgraph, why, reason;  ///< parts: ids with commas; why: the model's words; reason: why it is not taken
  bool taken = false;
  void fields(auto&& f) { f("parts", parts), f("subgraph", subgraph), f("why", why), f("reason", reason), f("taken", taken); }
};
struct SubgraphFailed {
  static constexpr std::string_view kName = "subgraph_failed";
  std::string subgraph, reason;
  void fields(auto&& f) { f("subgraph", subgraph), f("reason", reason); }
};
struct Warned {
  static constexpr std::string_view kName = "warned";
  std::string message;
  void fields(auto&& f) { f("message", message); }
};
struct ProgramJudged {
  static constexpr std::string_view kName = "program_judged";
  std::string verdict, qualifier, reason;
  int64_t trials = 0, kernels = 0;
  double rms_error = 0, rms_reference = 0, bound_used = 0, seconds = 0;  ///< the errors of the output that used most of its bound
  void fields(auto&& f) {
    f("verdict", verdict), f("qualifier", qualifier), f("reason", reason), f("trials", trials), f("kernels", kernels);
    f("rms_error", rms_error), f("rms_reference", rms_reference), f("bound_used", bound_used), f("seconds", seconds);
  }
};
/// The last event of every run that was not killed. `status`: accepted, not_verified, failed, interrupted.
struct RunFinished {
  static constexpr std::string_view kName = "run_finished";
  std::string status, message, where, hint, program, certificate;
  double seconds = 0;
  void fields(auto&& f) {
    f("status", status), f("message", message), f("where", where), f("hint", hint), f("program", program),
        f("certificate", certificate);
    f("seconds", seconds);
  }
};

using RunEvent = std::variant<RunStarted, PhaseStarted, PhaseFinished, ProblemWritten, AnswerChecked, Progressed, SubgraphPlanned,
                              CutMade, CandidateJudged, CandidateTimed, SubgraphTuned, KernelChosen, FusionDecided,
                              SubgraphFailed, Warned, ProgramJudged, RunFinished>;

/// Writes {"event": NAME, fields…}; fields that are empty, zero or false are left out.
Json to_json(const RunEvent& event);
/// Reads it back; an unknown name or a field of another type is an error.
Result<RunEvent> event_from_json(const Json& json);

/// Hears the events of a run in order: a terminal, the events file, a server's stream.
class Listener {
 public:
  virtual ~Listener() = default;
  /// `time` is UTC in ISO 8601 with milliseconds.
  virtual void hear(const RunEvent& event, const std::string& time) = 0;
};

/// Passes every event to all listeners, which it does not own.
class EventStream {
 public:
  void add(Listener* listener) { listeners_.push_back(listener); }
  void emit(const RunEvent& event);

 private:
  std::vector<Listener*> listeners_;
};

}  // namespace ka
