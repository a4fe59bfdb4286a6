#include "base/templates.h"
#include "server/api.h"
#include "server/guard.h"

namespace ka {
namespace {

std::string_view type_of(std::string_view path) {
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  return "text/html; charset=utf-8";
}

Reply embedded(const std::string& path) {
  for (const std::string_view known : template_paths()) {
    if (known != path) continue;
    Reply reply;
    reply.type = type_of(path);
    reply.body = template_text(path);
    return reply;
  }
  return error_reply({Fault::kInput, "there is nothing at this address", path, "the page is at /"}, 404);
}

/// Takes the token out of the address, where histories keep it, into a cookie that scripts cannot read.
Reply page(Desk&, const Call& call) {
  const std::string token = call.asked("token");
  if (token.empty() || token.find_first_of("; \t\r\n,\"\\") != std::string::npos) return embedded("web/index.html");
  Reply reply;
  reply.status = 303;
  reply.type = "text/plain";
  reply.headers = {{"Location", "/"},
                   {"Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", kTokenCookie, token)}};
  return reply;
}

Reply file(Desk&, const Call& call) { return embedded("web/" + call.part("file")); }

constexpr HttpRoute kRoutes[] = {
    {"GET", "/", page},
    {"GET", "/web/{file}", file},
};

}  // namespace

std::span<const HttpRoute> page_routes() { return kRoutes; }

}  // namespace ka
