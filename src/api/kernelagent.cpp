#include "api/kernelagent.h"

#include <atomic>
#include <cstdlib>

#include "base/file.h"
#include "llm/failures.h"
#include "llm/provider_table.h"
#include "run/config.h"
#include "run/pipeline.h"

namespace ka {
namespace {

using Answer = std::function<std::optional<std::string>(const std::string&)>;

/// A function as a model.
class FunctionProvider : public Provider {
 public:
  explicit FunctionProvider(Answer answer) : answer_(std::move(answer)) {}

  Task<CallResult> ask(ModelRequest request) override {
    std::optional<std::string> text = answer_(conversation_text(request));
    if (!text) {
      CallFailure failure;
      failure.error = {Fault::kEnvironment, "the caller's model gave no reply", {}, {}};
      co_return tl::unexpected(std::move(failure));
    }
    ModelReply reply;
    reply.text = std::move(*text);
    reply.finish = "stop";
    reply.model = request.model;
    co_return reply;
  }
  Task<Result<std::string>> probe() override { co_return std::string("a function of the program"); }

 private:
  Answer answer_;
};

/// Makes a function known under a name of its own, and returns that.
std::string model_of(Answer answer) {
  static std::atomic<int> count = 0;
  ProviderRow row;
  row.prefix = fmt::format("function{}", ++count);
  row.meaning = "a function of the program";
  row.free = true;
  const std::string name = row.prefix + "/own";
  row.make = [answer = std::move(answer)](const ProviderSetup&) { return std::make_unique<FunctionProvider>(answer); };
  add_provider(std::move(row));
  return name;
}

Result<RunOutcome> perform(const AgentOptions& options, Overrides more, const RunRequest& request) {
  Overrides settings = options.settings;
  settings.try_emplace("seeds", std::to_string(options.workers));
  settings.try_emplace("rounds", std::to_string(options.max_rounds));
  if (!options.model.empty()) settings.try_emplace("model", options.model);
  settings.merge(more);
  KA_TRY(const Config config, load_config(settings, options.folder));
  if (!request.description.empty() && config.model.empty())
    return fail(Fault::kInput, "a model writes what is generated, and none is named", "model");
  return run_problem(config, request, {});
}

AgentResult result_of(const Result<RunOutcome>& outcome) {
  AgentResult result;
  if (!outcome) {
    result.message = to_text(outcome.error());
    return result;
  }
  result.success = outcome->end.status == "accepted";
  result.message = outcome->end.message;
  result.session_dir = outcome->directory;
  if (!result.success) return result;
  result.kernel_path = outcome->end.program;
  result.kernel_code = read_file(result.kernel_path).value_or(std::string());
  return result;
}

}  // namespace

KernelAgent::KernelAgent(AgentOptions options) : options_(std::move(options)) {
  if (options_.answer) options_.model = model_of(options_.answer);
  // Its folder also says where the rest of an installation is.
  if (const auto worker = options_.settings.find("worker"); worker != options_.settings.end())
    ::setenv("KERNELAGENT_WORKER", worker->second.c_str(), 1);
}

AgentResult KernelAgent::generate_kernel(const std::string& description) const {
  RunRequest request;
  request.description = description;
  return result_of(perform(options_, {}, request));
}

AgentResult KernelAgent::generate_kernel_for(const std::filesystem::path& problem) const {
  RunRequest request;
  request.problem = problem;
  return result_of(perform(options_, {{"route", "agent"}}, request));
}

AgentResult KernelAgent::run(const std::filesystem::path& problem) const {
  RunRequest request;
  request.problem = problem;
  return result_of(perform(options_, {}, request));
}

}  // namespace ka
