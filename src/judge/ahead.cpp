#include "judge/ahead.h"

#include <algorithm>

#include "base/log.h"
#include "process/when_all.h"
#include "syntax/packed_source.h"

namespace ka {
namespace {

constexpr int kFewKernels = 8;       ///< fewer compile about as fast as processes are started for them
constexpr int kKernelsAProcess = 4;  ///< at least, on the average: every process calls the whole program
constexpr int kMostProcesses = 8;    ///< other judgements want cores too

int kernel_count(std::string_view source) {
  constexpr std::string_view kDecorator = "@triton.jit";
  int count = 0;
  for (size_t at = source.find(kDecorator); at != std::string_view::npos; at = source.find(kDecorator, at + 1)) ++count;
  return count;
}

Json request_for(const AheadRequest& ahead, const ProblemFacts& facts) {
  Json request = load_candidate_request(ahead.candidate, ahead.device, ahead.mode, facts);
  request["request"] = "ahead";
  request["source"] = packed_text(ahead.source);
  request["capability"] = facts.capability;
  request["types"] = facts.state_types;
  request["arguments"] = Json::array();
  for (const ProblemInput& input : facts.inputs)
    request["arguments"].push_back(input.tensor ? Json{{"tensor", *input.tensor}} : Json{{"scalar", input.scalar}});
  return request;
}

Task<Json> compile_part(WorkerPool& pool, Json request, Deadline deadline) {
  Result<std::unique_ptr<Party>> party = co_await open_party(pool, WorkerRole::kAhead, deadline);
  if (!party) {
    log_debug("compiling ahead: {}", party.error().message);
    co_return Json::object();
  }
  const Answer answer = co_await (*party)->ask(std::move(request));
  if (!answer.good()) {
    log_debug("compiling ahead: {}", answer.describe());
    co_return Json::object();
  }
  const std::string ended = string_or(answer.reply, "ended");
  log_debug("compiled ahead: {} of {} launches{}{}", int_or(answer.reply, "compiled"), int_or(answer.reply, "launches"),
            ended.empty() ? "" : "; it ended with ", ended);
  const Json* files = find(answer.reply, "files");
  co_return files != nullptr && files->is_object() ? *files : Json::object();
}

}  // namespace

int compiling_processes(std::string_view source, unsigned cores) {
  const int kernels = kernel_count(source);
  if (kernels < kFewKernels) return 0;
  const int processes = std::min({kernels / kKernelsAProcess, static_cast<int>(cores / 2), kMostProcesses});
  return processes < 2 ? 0 : processes;
}

Task<Json> compiled_for(WorkerPool& pool, AheadRequest request, const ProblemFacts& facts) {
  Json kept = pool.compiled().find_for(request.source, request.device);
  if (!kept.empty() || facts.capability == 0) co_return kept;
  const int processes = compiling_processes(request.source, request.cores);
  if (processes == 0) co_return kept;
  if (request.progress)
    request.progress(fmt::format("compiling {} kernels in {} processes", kernel_count(request.source), processes));
  std::vector<Task<Json>> parts;
  for (int part = 0; part < processes; ++part) {
    Json one = request_for(request, facts);
    one["part"] = Json::array({part, processes});
    parts.push_back(compile_part(pool, std::move(one), request.deadline));
  }
  const std::vector<Json> compiled = co_await when_all(std::move(parts));
  for (const Json& files : compiled) kept.update(files);
  pool.compiled().keep(request.source, request.device, kept);
  co_return kept;
}

}  // namespace ka
