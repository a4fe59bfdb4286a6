#include "server/api.h"
#include "server/mcp.h"

namespace ka {
namespace {

/// The protocol's HTTP transport without sessions: a request is answered with JSON, a notification with nothing.
Reply post(Desk& desk, const Call& call) {
  const Result<Json> message = parse_json(call.body, "the request");
  if (!message) return error_reply(message.error());
  const std::atomic<bool> gone = false;
  const std::optional<Json> reply = answer_mcp(
      desk, *message, [](const Json&) {}, gone);
  if (reply) return json_reply(*reply);
  Reply accepted;
  accepted.status = 202;
  return accepted;
}

constexpr Route kRoutes[] = {{"POST", "/mcp", post}};

}  // namespace

std::span<const Route> mcp_routes() { return kRoutes; }

}  // namespace ka
