#include "run/tie.h"

#include <algorithm>

#include "agent/reply.h"
#include "base/text.h"

namespace ka {
namespace {

ModelRequest question(const RunContext& context, const std::string& problem_text, const Route& route) {
  const Config& config = context.workshop.config();
  std::vector<std::string> refused;
  for (const Route::Refused& one : route.refused) refused.push_back(fmt::format("{} ×{}", one.op, one.count));
  ModelRequest request;
  request.model = config.router_model.empty() ? config.model : config.router_model;
  request.purpose = "route";
  request.max_tokens = 4096;
  request.messages = context.team.prompts.route(problem_text, to_text(route.features), join(refused, ", "));
  return request;
}

}  // namespace

Task<Status> break_tie(RunContext& context, std::string problem_text, Route* route) {
  if (!route->tie || context.team.models == nullptr) co_return Status();
  ModelRequest request = question(context, problem_text, *route);
  const std::string model = request.model;
  const Result<ModelReply> reply = co_await context.team.models->ask(std::move(request));
  if (!reply && reply.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(reply.error());
  const Json answer = reply ? object_from_reply(reply->text) : Json::object();
  const std::string wanted = string_or(answer, "way");
  const auto found = std::find_if(route->ways.begin(), route->ways.end(), [&](Way way) { return name(way) == wanted; });
  if (found == route->ways.end()) {
    const std::string why = reply ? "the reply names neither way" : reply.error().message;
    context.events.emit(Warned{fmt::format("two ways are equally good, and {} did not choose: {}", model, why)});
    co_return Status();
  }
  std::rotate(route->ways.begin(), found, found + 1);
  route->reason = fmt::format("two ways are equally good; {} chose {}: {}", model, wanted,
                              shorten(first_line(string_or(answer, "why", "no reason given")), 200));
  route->chosen_by = model;
  co_return Status();
}

}  // namespace ka
