#include "llm/failures.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

Endpoint service() {
  Endpoint endpoint;
  endpoint.url = "https://x/v1";
  endpoint.origin = "default";
  endpoint.key_variable = "X_API_KEY";
  endpoint.key = Secret("sk-0123456789abcdef0123");
  return endpoint;
}

std::string meaning(int status, std::string body, std::map<std::string, std::string> headers = {}) {
  const CallResult result = meaning_of(HttpReply{status, std::move(headers), std::move(body)}, service());
  if (result) return "reply " + result->finish + (result->text.empty() ? "" : ": " + result->text);
  const CallFailure& failure = result.error();
  std::string text = failure.kind == CallFailure::Kind::kTransient ? "transient" : "permanent";
  if (failure.throttled) text += ", throttled";
  if (failure.retry_after) text += fmt::format(", after {} s", *failure.retry_after);
  return text + ": " + failure.error.message;
}

TEST(Meaning, OfLoadAndFaults) {
  EXPECT_EQ(meaning(429, R"({"error":{"message":"Slow down","code":"rate_limit_exceeded"}})", {{"retry-after", "2.5"}}),
            "transient, throttled, after 2.5 s: HTTP 429: Slow down (rate_limit_exceeded)");
  EXPECT_EQ(
      meaning(529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", {{"retry-after-ms", "40"}}),
      "transient, throttled, after 0.04 s: HTTP 529: Overloaded (overloaded_error)");
  EXPECT_EQ(meaning(500, "<html>oops</html>"), "transient: HTTP 500: <html>oops</html>");
  EXPECT_EQ(meaning(502, ""), "transient: HTTP 502");
  EXPECT_EQ(meaning(500, "", {{"x-should-retry", "false"}}), "permanent: the service cannot answer this request (HTTP 500)");
  EXPECT_EQ(meaning(400, "{}", {{"x-should-retry", "true"}}), "transient: HTTP 400");
}

TEST(Meaning, OfRequestsThatWillNeverWork) {
  EXPECT_EQ(meaning(401, R"({"error":{"message":"Incorrect API key provided: sk-0123456789abcdef0123."}})"),
            "permanent: the service refuses the key (HTTP 401): Incorrect API key provided: [key].");
  EXPECT_EQ(meaning(404, R"({"detail":"Not Found"})"),
            "permanent: the service has no such model or address (HTTP 404): Not Found");
  EXPECT_EQ(meaning(429, R"({"error":{"message":"You exceeded your quota","code":"insufficient_quota"}})"),
            "permanent: the account has nothing left to spend (HTTP 429): You exceeded your quota (insufficient_quota)");
  EXPECT_EQ(
      meaning(400, R"({"error":{"message":"Unsupported value: temperature","code":null,"type":"invalid_request_error"}})"),
      "permanent: the service cannot answer this request (HTTP 400): Unsupported value: temperature (invalid_request_error)");
  EXPECT_EQ(meaning(307, "", {{"location", "http://elsewhere"}}),
            "permanent: the service redirects (HTTP 307), which is not followed");
}

TEST(Meaning, OfLongPromptsAndRefusals) {
  EXPECT_EQ(meaning(400, R"({"error":{"message":"too long","code":"context_length_exceeded"}})"), "reply context");
  EXPECT_EQ(
      meaning(400, R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens"}})"),
      "reply context");
  EXPECT_EQ(meaning(400, R"({"error":{"type":"exceed_context_size_error","message":"n_ctx"}})"), "reply context");
  EXPECT_EQ(meaning(400, R"({"error":{"code":"invalid_prompt","message":"flagged"}})"), "reply refusal: flagged");
}

TEST(RetryAfter, ReadsSecondsAndDates) {
  const auto now = std::chrono::system_clock::from_time_t(1'445'412'470);  // 2015-10-21 07:27:50 UTC
  EXPECT_EQ(retry_after({{"retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"}}, now), 10.0);
  EXPECT_EQ(retry_after({{"retry-after", "Wed, 21 Oct 2015 07:00:00 GMT"}}, now), 0.0);
  EXPECT_EQ(retry_after({{"retry-after", "7"}}, now), 7.0);
  EXPECT_EQ(retry_after({{"retry-after", "7"}, {"retry-after-ms", "1500"}}, now), 1.5);
  EXPECT_EQ(retry_after({{"retry-after", "-3"}}, now), std::nullopt);
  EXPECT_EQ(retry_after({{"retry-after", "soon"}}, now), std::nullopt);
  EXPECT_EQ(retry_after({}, now), std::nullopt);
}

}  // namespace
}  // namespace ka
