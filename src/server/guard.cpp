#include "server/guard.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace ka {
namespace {

/// The name in "name:port", "[::1]:port" or "name", in lower case.
std::string host_name(std::string_view host) {
  if (host.starts_with('[')) return to_lower(host.substr(1, host.find(']') - 1));
  return to_lower(host.substr(0, host.find(':')));
}

bool is_address(const std::string& name) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, name.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

std::string cookie(const std::string& cookies, std::string_view name) {
  for (const std::string& pair : split(cookies, ';')) {
    const std::string_view text = trim(pair);
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) return std::string(text.substr(name.size() + 1));
  }
  return {};
}

Reply refusal(int status, std::string message, std::string hint) {
  return error_reply({Fault::kInput, std::move(message), {}, std::move(hint)}, status);
}

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || (address.starts_with("127.") && is_address(address));
}

bool Guard::has_token(const Call& call) const {
  // Digests are compared, so that the time taken says nothing about the token.
  const std::string wanted = sha256(token_), bearer = call.header("authorization");
  if (bearer.starts_with("Bearer ") && sha256(bearer.substr(7)) == wanted) return true;
  if (sha256(cookie(call.header("cookie"), kTokenCookie)) == wanted) return true;
  return call.method == "GET" && call.path == "/" && sha256(call.asked("token")) == wanted;
}

std::optional<Reply> Guard::refuse(const Call& call) const {
  const std::string host = call.header("host"), name = host_name(host);
  if (name != "localhost" && !is_address(name) && std::find(names_.begin(), names_.end(), name) == names_.end())
    return refusal(403, fmt::format("this server is not called '{}'", name), "open it by its address, as it was printed");
  if (const std::string origin = call.header("origin"); !origin.empty() && origin != "http://" + host)
    return refusal(403, "requests from other sites are not answered", "open the page from this server");
  if (!token_.empty() && !has_token(call))
    return refusal(401, "the token is missing or wrong", "open the address with ?token=…, or send Authorization: Bearer …");
  const bool reads = call.method == "GET" || call.method == "HEAD" || call.method == "OPTIONS";
  // Clients of the tools' protocol know nothing of our header; but neither can another site send JSON without asking first.
  const bool ours =
      !call.header(kOwnHeader).empty() || (call.path == "/mcp" && call.header("content-type").starts_with("application/json"));
  if (!reads && !ours)
    return refusal(403, fmt::format("the header {} is missing", kOwnHeader), "send it with any value: other sites cannot");
  return std::nullopt;
}

}  // namespace ka
