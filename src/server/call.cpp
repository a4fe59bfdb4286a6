#include "server/call.h"

#include "base/text.h"

namespace ka {
namespace {

std::string value_or(const std::map<std::string, std::string>& map, const std::string& name, std::string fallback) {
  const auto found = map.find(name);
  return found == map.end() ? std::move(fallback) : found->second;
}

}  // namespace

std::string Call::header(const std::string& name) const { return value_or(headers, name, {}); }
std::string Call::part(const std::string& name) const { return value_or(parts, name, {}); }
std::string Call::asked(const std::string& name, const std::string& fallback) const {
  const std::string given = value_or(query, name, {});
  return given.empty() ? fallback : given;
}

Reply json_reply(const Json& json, int status) {
  Reply reply;
  reply.status = status;
  reply.body = compact(json) + "\n";
  return reply;
}

Reply error_reply(const Error& error, int status) {
  if (status == 0) status = error.fault == Fault::kInput ? 400 : error.fault == Fault::kEnvironment ? 503 : 500;
  return json_reply({{"error", {{"message", error.message}, {"where", error.where}, {"hint", error.hint}}}}, status);
}

bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& parts) {
  const std::vector<std::string> wanted = split(pattern, '/'), given = split(path, '/');
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string& want = wanted[i];
    if (i >= given.size()) return false;
    if (want.ends_with("*}")) {
      parts = std::move(found);
      parts[want.substr(1, want.size() - 3)] = join({given.begin() + static_cast<std::ptrdiff_t>(i), given.end()}, "/");
      return true;
    }
    if (want.starts_with('{')) {
      if (given[i].empty()) return false;
      found[want.substr(1, want.size() - 2)] = given[i];
    } else if (want != given[i]) {
      return false;
    }
  }
  if (wanted.size() != given.size()) return false;
  parts = std::move(found);
  return true;
}

}  // namespace ka
