#include "run/workshop.h"

#include <array>

#include "base/env.h"
#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Task<void> repeat(Loop& loop, std::chrono::milliseconds span, std::function<void()> what, std::weak_ptr<const void> wanted) {
  while (!loop.interrupted()) {
    co_await loop.sleep(span);
    if (wanted.expired()) co_return;
    what();
  }
}

struct Refusal {
  std::string_view kind;
  Fault fault;
  std::string_view hint;
};
constexpr std::array<Refusal, 12> kRefusals = {{
    {"no_file", Fault::kInput, "check the path"},
    {"syntax", Fault::kInput, "the file must be valid Python"},
    {"no_model", Fault::kInput,
     "a problem file defines `class Model(nn.Module)`, get_inputs() and get_init_inputs(); see examples/"},
    {"no_get_inputs", Fault::kInput, "a problem file defines get_inputs(), the list of forward's arguments; see examples/"},
    {"get_inputs_raised", Fault::kInput, "get_inputs() must return the list of forward's arguments, on the CPU"},
    {"init_raised", Fault::kInput, "Model(*get_init_inputs()) must work as it stands"},
    {"raised", Fault::kInput, "the program must run in PyTorch as it stands"},
    {"untraceable", Fault::kInput,
     "torch.export must be able to trace forward: no value of a tensor may decide what Python does"},
    {"out_of_memory", Fault::kEnvironment, "use smaller inputs, or raise --memory"},
    {"no_entry", Fault::kInput, "the file must define kernel_function or ModelNew"},
    {"compile_error", Fault::kInput, ""},
    {"not_allowed", Fault::kInput, "problem files run without network and without writing outside their folder"},
}};

}  // namespace

Workshop::Workshop(Config config, Platform platform)
    : config_(std::move(config)), platform_(platform), loop_(std::make_unique<Loop>()) {
  PoolOptions options;
  options.python = config_.python;
  options.worker_path = config_.worker;
  options.interpret = platform_.interpret;
  options.memory_mb = config_.memory_mb;
  options.require_sandbox = config_.require_sandbox;
  pool_ = WorkerPool::create(*loop_, options);
  loop_->stop_on_signals();
}

Workshop::~Workshop() = default;

Result<std::unique_ptr<Workshop>> Workshop::open(const Config& config) {
  KA_TRY(const Platform platform, choose_platform(config.platform));
  if (!is_file(config.worker / "kernelagent_worker/__main__.py"))
    return fail(Fault::kEnvironment, "the Python worker's files are not found", config.worker.string(),
                "set KERNELAGENT_WORKER to the folder that holds kernelagent_worker/");
  return std::unique_ptr<Workshop>(new Workshop(config, platform));
}

Workshop::Repeating Workshop::every(std::chrono::milliseconds span, std::function<void()> what) {
  Repeating wanted = std::make_shared<const bool>(true);
  loop_->spawn(repeat(*loop_, span, std::move(what), wanted));
  return wanted;
}

Task<Result<Json>> Workshop::machine() {
  if (!machine_.is_null()) co_return machine_;
  KA_CO_TRY(Json versions, co_await pool_->versions());
  Json machine;
  machine["versions"] = std::move(versions);
  machine["sandbox"] = pool_->sandbox_level();
  machine["devices"] = Json::array();
  if (!platform_.interpret) {
    KA_CO_TRY(const std::unique_ptr<WorkerSession> session, co_await pool_->open(WorkerRole::kInspect));
    Json request;
    request["request"] = "devices";
    KA_CO_TRY(Json answer, co_await session->call(std::move(request), 120s));
    if (const Json* devices = find(answer, "devices"); devices != nullptr && bool_or(answer, "ok")) machine["devices"] = *devices;
    if (const Json* uuids = find(answer, "uuids"); uuids != nullptr && uuids->is_array() && !uuids->empty())
      gpu_ = uuids->front().is_string() ? uuids->front().get<std::string>() : "";
    if (machine["devices"].empty())
      co_return fail(Fault::kEnvironment, fmt::format("this Python's torch shows no {} device", platform_.name), config_.python,
                     "install a build of torch for your GPU, or take Triton's interpreter with --target-platform cpu");
  }
  machine_ = machine;
  co_return machine;
}

Task<Result<bool>> Workshop::has_clock() {
  const auto origin = config_.origin.find("tune");
  const bool asked = config_.tune != Tuning::kOff && origin != config_.origin.end() && origin->second != "default";
  if (!platform_.interpret || !asked) co_return platform_.timing;
  KA_CO_TRY(const std::unique_ptr<WorkerSession> session, co_await pool_->open(WorkerRole::kInspect));
  Json request;
  request["request"] = "clock";
  request["device"] = platform_.device;
  KA_CO_TRY(const Json answer, co_await session->call(std::move(request), 120s));
  co_return bool_or(answer, "clock");
}

Task<Result<Target>> Workshop::target() {
  KA_CO_TRY(const Json answer, co_await machine());
  Target target = target_of(platform_, answer);
  target.gpu = gpu_;
  co_return target;
}

Error worker_refusal(const Json& error, const fs::path& problem, const Config& config) {
  const std::string kind = string_or(error, "kind", "internal");
  Error made;
  made.message = first_line(string_or(error, "message", "the worker gave no reason"));
  made.where = problem.string();
  if (const int64_t line = int_or(error, "line"); line > 0) {
    const std::string file = string_or(error, "file", problem.string());
    made.where = fmt::format("{}:{}", file.empty() ? problem.string() : file, line);
  }
  if (kind == "missing_package") {
    made.fault = Fault::kEnvironment;
    made.hint = fmt::format("install it for {}, or choose another Python with --python", config.python);
    return made;
  }
  for (const Refusal& row : kRefusals) {
    if (row.kind != kind) continue;
    made.fault = row.fault;
    made.hint = row.hint;
  }
  return made;
}

Result<std::string> read_problem(const fs::path& problem) {
  if (is_dir(problem)) return fail(Fault::kInput, "this is a folder, not a problem file", problem.string());
  std::error_code ignored;
  if (!fs::exists(problem, ignored)) return fail(Fault::kInput, "there is no such file", problem.string(), "check the path");
  KA_TRY(std::string text, read_file(problem));
  if (trim(text).empty())
    return fail(Fault::kInput, "the problem file is empty", problem.string(),
                "a problem file defines `class Model(nn.Module)`, get_inputs() and get_init_inputs(); see examples/");
  return text;
}

}  // namespace ka
