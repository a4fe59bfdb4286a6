#include "llm/failures.h"

#include <ctime>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include "base/text.h"

namespace ka {
namespace {

/// What services say in an error, however they wrap it.
struct Complaint {
  std::string type, code, message;

  bool mentions(std::initializer_list<std::string_view> words) const {
    const std::string all = to_lower(type + " " + code + " " + message);
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return all.find(word) != std::string::npos; });
  }
  /// "message (code)", one line.
  std::string text() const {
    std::string line = shorten(first_line(message), 300);
    const std::string& label = code.empty() ? type : code;
    if (line.empty()) return label;
    return label.empty() ? line : fmt::format("{} ({})", line, label);
  }
};

std::string text_of(const Json& json, std::string_view key) {
  const Json* field = find(json, key);
  if (field == nullptr || field->is_null()) return {};
  return field->is_string() ? field->get<std::string>() : compact(*field);
}

/// {"type", "code", "message"}, or a plain text.
Complaint complaint_of(const Json& error) {
  if (error.is_string()) return {{}, {}, error.get<std::string>()};
  return {text_of(error, "type"), text_of(error, "code"), text_of(error, "message")};
}

/// {"error": {…}} and {"error": "…"}, FastAPI's {"detail": …}, or no JSON at all.
Complaint complaint_of_body(const std::string& body) {
  const auto json = parse_json(body, "answer");
  if (!json) return {{}, {}, body};
  if (const Json* error = find(*json, "error"); error != nullptr && !error->is_null()) return complaint_of(*error);
  if (const Json* detail = find(*json, "detail"); detail != nullptr) return {{}, {}, text_of(*json, "detail")};
  return complaint_of(*json);
}

bool is_too_long(const Complaint& complaint) {
  return complaint.mentions({"context_length_exceeded", "exceed_context_size", "maximum context length", "context window",
                             "prompt is too long", "input is too long", "available context size", "max_model_len"});
}

bool is_refusal(const Complaint& complaint) {
  return complaint.mentions({"content_policy_violation", "content_filter", "invalid_prompt", "usage policy"});
}

bool is_out_of_money(const Complaint& complaint) {
  return complaint.mentions({"insufficient_quota", "billing_hard_limit", "credit balance is too low", "billing_error"});
}

std::optional<ModelReply> as_reply(const Complaint& complaint) {
  ModelReply reply;
  if (is_too_long(complaint)) {
    reply.finish = "context";
    return reply;
  }
  if (!is_refusal(complaint)) return std::nullopt;
  reply.finish = "refusal";
  reply.text = complaint.message;
  return reply;
}

CallFailure permanent(Fault fault, std::string message, std::string where, std::string hint) {
  CallFailure failure;
  failure.error = {fault, std::move(message), std::move(where), std::move(hint)};
  return failure;
}

bool is_transient(int status) {
  constexpr std::array kTransient = {408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529};
  return std::find(kTransient.begin(), kTransient.end(), status) != kTransient.end();
}

std::string url_hint(const Endpoint& endpoint) {
  return endpoint.origin == "default"
             ? "is the model's name right? kernelagent models --probe asks every service"
             : fmt::format("is {} right? kernelagent models --probe asks every service", endpoint.origin);
}

}  // namespace

CallFailure transient(std::string message) {
  CallFailure failure;
  failure.kind = CallFailure::Kind::kTransient;
  failure.error = {Fault::kEnvironment, std::move(message), {}, {}};
  return failure;
}

std::optional<double> retry_after(const std::map<std::string, std::string>& headers, UtcTime now) {
  const auto number = [](const std::string& text) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) return std::nullopt;
    return value;
  };
  if (const auto header = headers.find("retry-after-ms"); header != headers.end())
    if (const auto value = number(header->second)) return *value / 1000;
  const auto header = headers.find("retry-after");
  if (header == headers.end()) return std::nullopt;
  if (const auto value = number(header->second)) return value;
  std::tm date = {};
  if (::strptime(header->second.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return std::nullopt;
  const auto moment = std::chrono::system_clock::from_time_t(::timegm(&date));
  return std::max(0.0, std::chrono::duration<double>(moment - now).count());
}

CallResult meaning_of(const HttpReply& answer, const Endpoint& endpoint) {
  Complaint complaint = complaint_of_body(endpoint.key.scrub(answer.body));
  const int status = answer.status;
  const std::string said = complaint.text().empty() ? "" : ": " + complaint.text();
  if (status == 400 || status == 413 || status == 422)
    if (auto reply = as_reply(complaint)) return std::move(*reply);
  if (status >= 300 && status < 400)
    return tl::unexpected(permanent(Fault::kInput, fmt::format("the service redirects (HTTP {}), which is not followed", status),
                                    endpoint.url, url_hint(endpoint)));
  if (status == 401 || status == 403) {
    const std::string hint =
        endpoint.key_variable.empty() ? "" : fmt::format("set {} in the environment or in .env", endpoint.key_variable);
    const std::string what = endpoint.key.empty() ? "the service wants a key" : "the service refuses the key";
    return tl::unexpected(permanent(Fault::kInput, fmt::format("{} (HTTP {}){}", what, status, said), endpoint.url, hint));
  }
  if (is_out_of_money(complaint))
    return tl::unexpected(permanent(Fault::kEnvironment,
                                    fmt::format("the account has nothing left to spend (HTTP {}){}", status, said), endpoint.url,
                                    "add credit with the vendor, or name another model"));
  if (status == 404)
    return tl::unexpected(permanent(Fault::kInput, fmt::format("the service has no such model or address (HTTP 404){}", said),
                                    endpoint.url, url_hint(endpoint)));
  const auto wish = answer.headers.find("x-should-retry");
  const bool again = wish != answer.headers.end() ? wish->second == "true" : is_transient(status);
  if (!again)
    return tl::unexpected(permanent(status < 500 ? Fault::kInput : Fault::kEnvironment,
                                    fmt::format("the service cannot answer this request (HTTP {}){}", status, said), endpoint.url,
                                    {}));
  CallFailure failure = transient(fmt::format("HTTP {}{}", status, said));
  failure.error.where = endpoint.url;
  failure.throttled = status == 429 || status == 503 || status == 529;
  failure.retry_after = retry_after(answer.headers, std::chrono::system_clock::now());
  return tl::unexpected(std::move(failure));
}

CallResult meaning_of_error(const Json& error) {
  const Complaint complaint = complaint_of(error);
  if (auto reply = as_reply(complaint)) return std::move(*reply);
  const std::string text = "the service broke off: " + complaint.text();
  if (is_out_of_money(complaint)) return tl::unexpected(permanent(Fault::kEnvironment, text, {}, {}));
  if (complaint.mentions({"invalid_request", "authentication", "permission", "not_found"}))
    return tl::unexpected(permanent(Fault::kInput, text, {}, {}));
  CallFailure failure = transient(text);
  failure.throttled = complaint.mentions({"overloaded", "rate_limit"});
  return tl::unexpected(std::move(failure));
}

CallFailure meaning_of(const HttpFailure& failure, const Endpoint& endpoint) {
  CallFailure result = transient(failure.message);
  result.error.where = endpoint.url;
  switch (failure.kind) {
    case HttpFailure::Kind::kUnreachable: result.error.message = "the service cannot be reached: " + failure.message; break;
    case HttpFailure::Kind::kDropped: result.error.message = "the connection broke: " + failure.message; break;
    case HttpFailure::Kind::kTimedOut: break;
    case HttpFailure::Kind::kCertificate:
      return permanent(Fault::kEnvironment, "the service's certificate is not trusted: " + failure.message, endpoint.url,
                       "name a file of certificate authorities in SSL_CERT_FILE");
    case HttpFailure::Kind::kBadUrl:
      return permanent(Fault::kInput, "the URL cannot be used: " + failure.message, endpoint.url, url_hint(endpoint));
    case HttpFailure::Kind::kTooLarge:
    case HttpFailure::Kind::kStopped: return permanent(Fault::kEnvironment, failure.message, endpoint.url, {});
    case HttpFailure::Kind::kInterrupted:
      result.kind = CallFailure::Kind::kInterrupted;
      result.error = {Fault::kInterrupted, "interrupted", {}, {}};
      break;
  }
  return result;
}

}  // namespace ka
