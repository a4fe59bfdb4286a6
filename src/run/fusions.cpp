#include "run/fusions.h"

#include "agent/reply.h"
#include "base/text.h"
#include "plan/artifacts.h"

namespace ka {

std::optional<std::vector<FusionProposal>> fusions_in(const std::string& reply) {
  const Json answer = object_from_reply(reply);
  const Json* groups = find(answer, "groups");
  if (groups == nullptr || !groups->is_array()) return std::nullopt;
  std::vector<FusionProposal> proposals;
  for (const Json& group : *groups) {
    FusionProposal proposal;
    const Json* ids = group.is_object() ? find(group, "subgraphs") : nullptr;
    if (ids == nullptr || !ids->is_array()) continue;
    for (const Json& id : *ids)
      if (id.is_string()) proposal.parts.push_back(id.get<std::string>());
    proposal.why = shorten(first_line(string_or(group, "why")), 200);
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

Task<Result<std::vector<FusionProposal>>> propose_fusions(RunContext& context, const Plan& plan) {
  const Config& config = context.workshop.config();
  KA_CO_TRY(const Target target, co_await context.workshop.target());
  ModelRequest request;
  request.model = config.model;
  request.purpose = "fuse";
  request.max_tokens = 4096;
  request.messages = context.team.prompts.fusion(plan_text(plan), target, config.fusions);
  const Result<ModelReply> reply = co_await context.team.models->ask(std::move(request));
  if (!reply && reply.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(reply.error());
  std::optional<std::vector<FusionProposal>> proposals = reply ? fusions_in(reply->text) : std::nullopt;
  if (!proposals) {
    const std::string why = reply ? "the reply holds no list of groups" : reply.error().message;
    context.events.emit(Warned{fmt::format("{} proposed no fusions: {}", config.model, why)});
    co_return std::vector<FusionProposal>();
  }
  if (proposals->size() > static_cast<size_t>(config.fusions)) proposals->resize(static_cast<size_t>(config.fusions));
  co_return std::move(*proposals);
}

}  // namespace ka
