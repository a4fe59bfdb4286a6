#include "server/tools.h"

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "run/index.h"
#include "server/event_feed.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Json property(std::string_view type, std::string_view description, std::vector<std::string> choices = {}) {
  Json json = {{"type", type}, {"description", description}};
  if (!choices.empty()) json["enum"] = choices;
  return json;
}

Json schema(Json properties, const std::vector<std::string>& required = {}) {
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", required}, {"additionalProperties", false}};
}

const Json kProblem = property("string", "Path of a problem file: class Model(nn.Module), get_inputs(), get_init_inputs().");
const Json kProblemText = property("string", "The problem's Python text, instead of a path.");
const Json kKernel = property("string", "Path of a file that defines kernel_function or ModelNew.");
const Json kKernelText = property("string", "The candidate's Python text, instead of a path.");
const Json kRun = property("string", "A run's id.");
const Json kEffort = property("string", "How much the judge does.", {"quick", "standard", "thorough"});
const Json kMode = property("string", "Take the model in this mode; train is KernelBench's.", {"train", "eval"});

/// The file that an argument names, or that holds the text given instead.
Result<std::string> file_of(const Desk& desk, const Json& arguments, const std::string& name) {
  const std::string path = string_or(arguments, name), text = string_or(arguments, name + "_text");
  if (path.empty() == text.empty()) return fail(Fault::kInput, fmt::format("give {} or {}_text", name, name), name);
  if (!path.empty()) return (desk.folder() / path).string();
  KA_TRY(const fs::path kept, desk.keep_text(text, name + ".py"));
  return kept.string();
}

void add_choices(const Json& arguments, std::vector<std::string>& words) {
  if (const std::string effort = string_or(arguments, "effort"); !effort.empty()) words.insert(words.end(), {"--effort", effort});
  if (string_or(arguments, "mode") == "eval") words.emplace_back("--eval");
}

Result<Json> trace(Desk& desk, const Json& arguments, const Caller& caller) {
  KA_TRY(const std::string problem, file_of(desk, arguments, "problem"));
  std::vector<std::string> words = {"trace", problem};
  add_choices(arguments, words);
  return run_program(desk, std::move(words), caller);
}

Result<Json> plan(Desk& desk, const Json& arguments, const Caller& caller) {
  KA_TRY(const std::string problem, file_of(desk, arguments, "problem"));
  std::vector<std::string> words = {"plan", problem};
  add_choices(arguments, words);
  KA_TRY(Json subgraphs, run_program(desk, std::move(words), caller));
  return Json{{"subgraphs", std::move(subgraphs)}};
}

/// The words of `verify` and `bench`: a run, or a candidate and its problem.
Result<std::vector<std::string>> case_words(const Desk& desk, const std::string& command, const Json& arguments) {
  std::vector<std::string> words = {command};
  if (const std::string run = string_or(arguments, "run"); !run.empty()) {
    KA_TRY(const RunDirectory directory, desk.open(run));
    words.push_back(directory.path().string());
  } else {
    KA_TRY(const std::string kernel, file_of(desk, arguments, "kernel"));
    KA_TRY(const std::string problem, file_of(desk, arguments, "problem"));
    words.insert(words.end(), {kernel, "--problem", problem});
  }
  if (const auto platform = desk.given().find("platform"); platform != desk.given().end())
    words.insert(words.end(), {"--target-platform", platform->second});
  add_choices(arguments, words);
  return words;
}

Result<Json> generate(Desk& desk, const Json& arguments, const Caller& caller) {
  const std::string words = string_or(arguments, "words");
  if (words.empty() || words.starts_with('-') || is_file(desk.folder() / words))
    return fail(Fault::kInput, "say in words what is wanted", "words");
  std::vector<std::string> command = {"generate", words};
  Overrides settings = desk.given();
  settings.erase("python");
  for (std::string& word : flag_words(settings)) command.push_back(std::move(word));
  add_choices(arguments, command);
  return run_program(desk, std::move(command), caller);
}

Result<Json> verify(Desk& desk, const Json& arguments, const Caller& caller) {
  KA_TRY(std::vector<std::string> words, case_words(desk, "verify", arguments));
  return run_program(desk, std::move(words), caller);
}

Result<Json> bench(Desk& desk, const Json& arguments, const Caller& caller) {
  KA_TRY(std::vector<std::string> words, case_words(desk, "bench", arguments));
  return run_program(desk, std::move(words), caller);
}

Result<Json> run_status(Desk& desk, const Json& arguments, const Caller&) {
  KA_TRY(const RunDirectory run, desk.open(string_or(arguments, "run")));
  KA_TRY(const RunRow row, row_of_run(desk.config().runs, run.id()));
  Json json = {{"run", row.id},
               {"status", row.status},
               {"activity", activity(run)},
               {"message", row.message},
               {"kernels", row.kernels},
               {"seconds", row.seconds},
               {"directory", absolute_path(run.path()).string()},
               {"phases", Json::array()}};
  const Result<std::vector<TimedEvent>> events = read_events(run);
  for (const TimedEvent& timed : events ? *events : std::vector<TimedEvent>()) {
    if (std::holds_alternative<RunStarted>(timed.event)) json["phases"] = Json::array();
    if (const auto* phase = std::get_if<PhaseFinished>(&timed.event))
      json["phases"].push_back({{"phase", phase->phase}, {"summary", phase->summary}, {"seconds", phase->seconds}});
  }
  if (run.has("compose_out/composed_kernel.py"))
    json["program"] = absolute_path(run.file("compose_out/composed_kernel.py")).string();
  if (run.has("compose_out/certificate.json"))
    json["certificate"] = absolute_path(run.file("compose_out/certificate.json")).string();
  return json;
}

/// Waits for a run's end and tells what happens meanwhile; a caller that goes leaves the run alone.
void watch(Desk& desk, const RunDirectory& run, const Caller& caller) {
  size_t told = 0;
  while (!caller.gone) {
    const bool over = activity(run) == "ended";
    if (const Result<std::vector<TimedEvent>> events = read_events(run)) {
      for (; told < events->size(); ++told) {
        const Json event = to_json((*events)[told].event);
        const std::string phase = string_or(event, "phase"), what = string_or(event, "subgraph", phase);
        if (caller.progress)
          caller.progress(static_cast<double>(told + 1), string_or(event, "event") + (what.empty() ? "" : ": " + what));
      }
    }
    if (over) return;
    desk.turn();
    std::this_thread::sleep_for(200ms);
  }
}

Result<Json> run(Desk& desk, const Json& arguments, const Caller& caller) {
  KA_TRY(const std::string problem, file_of(desk, arguments, "problem"));
  RunOrder order{problem, {}, {}, string_or(arguments, "until", "judge")};
  for (const char* key : {"effort", "mode"})
    if (const std::string value = string_or(arguments, key); !value.empty()) order.settings[key] = value;
  KA_TRY(const std::string id, desk.submit(order));
  KA_TRY(const RunDirectory directory, desk.open(id));
  if (bool_or(arguments, "wait")) {
    // The process needs a moment to take its run.
    for (int i = 0; i < 50 && activity(directory) == "ended" && !directory.has("events.jsonl"); ++i)
      std::this_thread::sleep_for(20ms);
    watch(desk, directory, caller);
  }
  return run_status(desk, Json{{"run", id}}, caller);
}

bool is_of_type(const Json& value, const std::string& type) {
  return type == "boolean" ? value.is_boolean() : type == "integer" ? value.is_number_integer() : value.is_string();
}

}  // namespace

const std::vector<Tool>& tools() {
  static const std::vector<Tool> kTools = {
      {"trace", "Trace a program", "Returns the ATen operators of a PyTorch program with exact shapes, strides and dtypes.",
       schema({{"problem", kProblem}, {"problem_text", kProblemText}, {"mode", kMode}}), trace},
      {"plan", "Cut a program into subgraphs", "Returns how a program is cut into fused subgraphs, each as a PyTorch module.",
       schema({{"problem", kProblem}, {"problem_text", kProblemText}, {"mode", kMode}}), plan},
      {"generate", "Write a kernel from words",
       "A model writes the problem that the words describe, then its kernels, which are judged as any other; the verdict says that a "
       "model wrote the problem. Needs a model.",
       schema({{"words", property("string", "What is wanted: Implement ReLU over a contiguous 1D tensor of length 1024.")},
               {"effort", kEffort}},
              {"words"}),
       generate},
      {"verify", "Judge a Triton kernel",
       "Judges a candidate (or a run's program) against its problem: other processes, a float64 oracle, inputs the candidate cannot "
       "choose, no PyTorch computation. Returns the verdict with its figures.",
       schema({{"kernel", kKernel},
               {"kernel_text", kKernelText},
               {"problem", kProblem},
               {"problem_text", kProblemText},
               {"run", kRun},
               {"effort", kEffort},
               {"mode", kMode}}),
       verify},
      {"bench", "Time a Triton kernel",
       "Times a candidate (or a run's program), eager PyTorch and torch.compile in turns, with 95 % intervals. Needs a GPU.",
       schema({{"kernel", kKernel},
               {"kernel_text", kKernelText},
               {"problem", kProblem},
               {"problem_text", kProblemText},
               {"run", kRun},
               {"mode", kMode}}),
       bench},
      {"run", "Turn a program into a verified Triton program",
       "Starts a run: trace, plan, write, judge, compose. Returns its id at once, or its outcome with wait.",
       schema({{"problem", kProblem},
               {"problem_text", kProblemText},
               {"effort", kEffort},
               {"mode", kMode},
               {"until", property("string", "The last phase to do.", {"trace", "route", "plan", "write", "compose", "judge"})},
               {"wait", property("boolean", "Answer when the run has ended.")}}),
       run},
      {"run_status", "Look at a run", "Returns how far a run is, and where its program and certificate are.",
       schema({{"run", kRun}}, {"run"}), run_status},
  };
  return kTools;
}

Status check_arguments(const Tool& tool, const Json& arguments) {
  const Json& properties = tool.input["properties"];
  for (const auto& [name, value] : arguments.items()) {
    const Json* row = find(properties, name);
    if (row == nullptr) return fail(Fault::kInput, fmt::format("{} takes no argument '{}'", tool.name, name), name);
    if (!is_of_type(value, string_or(*row, "type")))
      return fail(Fault::kInput, fmt::format("this is no {}", string_or(*row, "type")), name);
    const Json* choices = find(*row, "enum");
    if (choices != nullptr && std::find(choices->begin(), choices->end(), value) == choices->end())
      return fail(Fault::kInput, fmt::format("one of {} is wanted", compact(*choices)), name);
  }
  for (const Json& name : tool.input["required"])
    if (!arguments.contains(name.get<std::string>()))
      return fail(Fault::kInput, "an argument is missing", name.get<std::string>());
  return {};
}

}  // namespace ka
