#include "llm/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/http_provider.h"
#include "llm/provider_table.h"

namespace ka {
namespace {

ModelRequest question(std::string model) {
  ModelRequest request;
  request.model = std::move(model);
  request.messages = {{Speaker::kSystem, "You write kernels."}, {Speaker::kUser, "Write relu."}};
  return request;
}

ModelRequest conversation(std::string model) {
  ModelRequest request = question(std::move(model));
  request.messages.push_back({Speaker::kAssistant, "def relu(): ..."});
  request.messages.push_back({Speaker::kUser, "It does not compile."});
  request.max_tokens = 500'000;
  request.temperature = 1.5;
  request.reasoning = "high";
  return request;
}

const Dialect& dialect(std::string_view prefix) { return *provider_table().find(prefix)->dialect; }

std::string body(std::string_view prefix, const ModelRequest& request) { return compact(dialect(prefix).body(request)); }

TEST(OpenAi, WritesResponsesRequests) {
  EXPECT_EQ(body("openai", question("gpt-5")),
            R"({"model":"gpt-5","instructions":"You write kernels.","input":[{"role":"user","content":"Write relu."}],)"
            R"("stream":true,"store":false})");
  EXPECT_EQ(body("openai", conversation("gpt-5-2025-08-07")),
            R"({"model":"gpt-5-2025-08-07","instructions":"You write kernels.","input":[{"role":"user","content":"Write relu."},)"
            R"({"role":"assistant","content":"def relu(): ..."},{"role":"user","content":"It does not compile."}],)"
            R"("max_output_tokens":128000,"reasoning":{"effort":"high"},"stream":true,"store":false})");
  EXPECT_EQ(body("openai", conversation("gpt-4o")),
            R"({"model":"gpt-4o","instructions":"You write kernels.","input":[{"role":"user","content":"Write relu."},)"
            R"({"role":"assistant","content":"def relu(): ..."},{"role":"user","content":"It does not compile."}],)"
            R"("max_output_tokens":16384,"temperature":1.5,"stream":true,"store":false})");
}

TEST(OpenAi, WritesChatRequests) {
  EXPECT_EQ(
      body("openai-chat", question("qwen")),
      R"({"model":"qwen","messages":[{"role":"system","content":"You write kernels."},{"role":"user","content":"Write relu."}],)"
      R"("stream":true,"stream_options":{"include_usage":true}})");
  ModelRequest request = conversation("qwen");
  request.messages.resize(2);
  EXPECT_EQ(
      body("openai-chat", request),
      R"({"model":"qwen","messages":[{"role":"system","content":"You write kernels."},{"role":"user","content":"Write relu."}],)"
      R"("max_tokens":500000,"temperature":1.5,"stream":true,"stream_options":{"include_usage":true}})");
  request.model = "o4-mini";
  EXPECT_EQ(
      body("openai-chat", request),
      R"({"model":"o4-mini","messages":[{"role":"system","content":"You write kernels."},{"role":"user","content":"Write relu."}],)"
      R"("max_completion_tokens":100000,"reasoning_effort":"high","stream":true,"stream_options":{"include_usage":true}})");
}

TEST(Anthropic, WritesRequestsWithCacheMarks) {
  EXPECT_EQ(
      body("anthropic", question("claude-opus-4-7")),
      R"({"model":"claude-opus-4-7","max_tokens":128000,)"
      R"("system":[{"type":"text","text":"You write kernels.","cache_control":{"type":"ephemeral"}}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"Write relu.","cache_control":{"type":"ephemeral"}}]}],)"
      R"("stream":true})");
  EXPECT_EQ(
      body("anthropic", conversation("claude-opus-4-7")),
      R"({"model":"claude-opus-4-7","max_tokens":128000,)"
      R"("system":[{"type":"text","text":"You write kernels.","cache_control":{"type":"ephemeral"}}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"Write relu.","cache_control":{"type":"ephemeral"}}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"def relu(): ..."}]},)"
      R"({"role":"user","content":[{"type":"text","text":"It does not compile.","cache_control":{"type":"ephemeral"}}]}],)"
      R"("thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"stream":true})");
}

TEST(Anthropic, KeepsToWhatEachFamilyTakes) {
  ModelRequest request = conversation("claude-sonnet-4-5-20250929");
  Json json = dialect("anthropic").body(request);
  EXPECT_EQ(compact(json["thinking"]), R"({"type":"enabled","budget_tokens":32000})");  // half of the limit
  EXPECT_EQ(json["max_tokens"], 64'000);
  EXPECT_FALSE(json.contains("temperature"));  // thinking allows none
  request.reasoning.clear();
  json = dialect("anthropic").body(request);
  EXPECT_EQ(json["temperature"], 1.0);
  EXPECT_FALSE(json.contains("thinking"));
  request.max_tokens = 1500;
  request.reasoning = "low";
  EXPECT_FALSE(dialect("anthropic").body(request).contains("thinking"));  // no room for it
  EXPECT_EQ(dialect("anthropic").body(conversation("claude-3-5-haiku-latest"))["max_tokens"], 8192);
}

TEST(Relay, WritesThePredecessorsRequest) {
  EXPECT_EQ(body("relay", conversation("claude-opus-4.5")),
            R"({"messages":[{"role":"system","content":"You write kernels."},{"role":"user","content":"Write relu."},)"
            R"({"role":"assistant","content":"def relu(): ..."},{"role":"user","content":"It does not compile."}],)"
            R"("model":"claude-opus-4.5","temperature":1.0,"max_tokens":64000,"n":1,"reasoning":{"effort":"high"}})");
}

/// Feeds a stream of (name, data) events and shows what became of it.
std::string stream(std::string_view prefix, const std::vector<ServerEvent>& events) {
  const auto reader = dialect(prefix).reader();
  for (const ServerEvent& event : events) {
    const auto result = reader->read_event(event);
    if (!result) continue;
    if (*result) return fmt::format("reply {}: {}", (*result)->finish, (*result)->text);
    const CallFailure& failure = result->error();
    return fmt::format("{}{}: {}", failure.kind == CallFailure::Kind::kTransient ? "transient" : "permanent",
                       failure.throttled ? ", throttled" : "", failure.error.message);
  }
  if (!reader->complete()) return "half: " + reader->reply().text;
  const ModelReply& reply = reader->reply();
  return fmt::format("{}: '{}' by {}, {}/{}/{} -> {}", reply.finish, reply.text, reply.model, reply.usage.input,
                     reply.usage.cached, reply.usage.cache_write, reply.usage.output);
}

TEST(OpenAi, ReadsResponsesStreams) {
  const ServerEvent hello = {"response.output_text.delta", R"({"type":"response.output_text.delta","delta":"Hel"})"};
  EXPECT_EQ(stream("openai", {hello}), "half: Hel");
  EXPECT_EQ(stream("openai",
                   {hello, {"", R"({"type":"response.completed","response":{"status":"completed","model":"gpt-5-2025","output":[
    {"type":"reasoning"},{"type":"message","content":[{"type":"output_text","text":"Hello"}]}],"usage":{"input_tokens":11,
    "input_tokens_details":{"cached_tokens":4},"output_tokens":5}}})"}}),
            "stop: 'Hello' by gpt-5-2025, 11/4/0 -> 5");
  EXPECT_EQ(
      stream("openai", {hello, {"", R"({"type":"response.incomplete","response":{"status":"incomplete","model":"m","output":[],
    "incomplete_details":{"reason":"max_output_tokens"}}})"}}),
      "length: 'Hel' by m, 0/0/0 -> 0");
  EXPECT_EQ(stream("openai", {{"", R"({"type":"response.completed","response":{"model":"m","output":[{"type":"message",
    "content":[{"type":"refusal","refusal":"No."}]}]}})"}}),
            "refusal: 'No.' by m, 0/0/0 -> 0");
  EXPECT_EQ(
      stream("openai", {{"", R"({"type":"response.failed","response":{"error":{"code":"server_error","message":"oops"}}})"}}),
      "transient: the service broke off: oops (server_error)");
  EXPECT_EQ(stream("openai", {{"error", R"({"type":"error","code":"context_length_exceeded","message":"too long"})"}}),
            "reply context: ");
  EXPECT_EQ(stream("openai", {{"", "{\"type\":\"resp"}}), "transient: the service sent an event that is no JSON");
}

TEST(OpenAi, ReadsChatStreams) {
  const ServerEvent first = {"",
                             R"({"model":"q","choices":[{"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]})"};
  EXPECT_EQ(stream("openai-chat", {first}), "half: Hel");
  EXPECT_EQ(stream("openai-chat", {first,
                                   {"", R"({"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]})"},
                                   {"", R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,
                                        "prompt_tokens_details":{"cached_tokens":3}}})"},
                                   {"", "[DONE]"}}),
            "stop: 'Hello' by q, 9/3/0 -> 2");
  EXPECT_EQ(stream("openai-chat", {first, {"", R"({"choices":[{"delta":{},"finish_reason":"length"}]})"}}),
            "length: 'Hel' by q, 0/0/0 -> 0");
  EXPECT_EQ(stream("openai-chat", {first, {"", R"({"error":{"message":"Rate limit","type":"rate_limit_error"}})"}}),
            "transient, throttled: the service broke off: Rate limit (rate_limit_error)");
}

TEST(Anthropic, ReadsStreams) {
  const ServerEvent start = {"message_start", R"({"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":10,
    "cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":1}}})"};
  const ServerEvent delta = {"content_block_delta",
                             R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}})"};
  const ServerEvent think = {"content_block_delta",
                             R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"?"}})"};
  const ServerEvent stop = {"message_stop", R"({"type":"message_stop"})"};
  const auto end = [](std::string reason) {
    return ServerEvent{"message_delta",
                       R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":{"output_tokens":7}})"};
  };
  EXPECT_EQ(stream("anthropic", {start, {"ping", R"({"type":"ping"})"}, think, delta, end("end_turn"), stop}),
            "stop: 'Hello' by claude-x, 130/100/20 -> 7");
  EXPECT_EQ(stream("anthropic", {start, delta, end("max_tokens"), stop}), "length: 'Hello' by claude-x, 130/100/20 -> 7");
  EXPECT_EQ(stream("anthropic", {start, end("refusal"), stop}), "refusal: '' by claude-x, 130/100/20 -> 7");
  EXPECT_EQ(stream("anthropic", {start, delta}), "half: Hello");
  EXPECT_EQ(
      stream("anthropic", {start, {"error", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"}}),
      "transient, throttled: the service broke off: Overloaded (overloaded_error)");
}

std::string document(std::string_view prefix, std::string_view text) {
  const auto reader = dialect(prefix).reader();
  const auto result = reader->read_document(*parse_json(text, "test"));
  if (result) return *result ? "reply" : result->error().error.message;
  return fmt::format("{}: {}", reader->reply().finish, reader->reply().text);
}

TEST(Documents, AreRepliesThatWereNotStreamed) {
  EXPECT_EQ(document("openai-chat", R"({"choices":[{"message":{"content":"Hi"},"finish_reason":"length"}]})"), "length: Hi");
  EXPECT_EQ(document("anthropic", R"({"content":[{"type":"thinking"},{"type":"text","text":"Hi"}],"stop_reason":"end_turn"})"),
            "stop: Hi");
  EXPECT_EQ(document("relay", R"([{"output":"Hi","plugboard_request_id":"1"}])"), "stop: Hi");
  EXPECT_EQ(document("relay", R"({"output":"Hi"})"), "the relay sent something else than a list of replies with an \"output\"");
  EXPECT_EQ(document("openai", R"({"status":"completed"})"), "the service sent a reply without output");
}

TEST(Headers, CarryTheKeyOnlyWhereThereIsOne) {
  EXPECT_THAT(dialect("openai").headers(Secret("k")), testing::ElementsAre("Authorization: Bearer k"));
  EXPECT_THAT(dialect("openai-chat").headers(Secret()), testing::IsEmpty());
  EXPECT_THAT(dialect("anthropic").headers(Secret("k")), testing::ElementsAre("anthropic-version: 2023-06-01", "x-api-key: k"));
  EXPECT_THAT(dialect("relay").headers(Secret("k")), testing::IsEmpty());
}

TEST(JoinUrl, WritesAVersionOnce) {
  EXPECT_EQ(join_url("https://x/v1/", "/models"), "https://x/v1/models");
  EXPECT_EQ(join_url("https://x/v1", "/v1/messages"), "https://x/v1/messages");
  EXPECT_EQ(join_url("http://x", "/"), "http://x/");
}

}  // namespace
}  // namespace ka
