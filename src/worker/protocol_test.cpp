#include "worker/protocol.h"

#include <gtest/gtest.h>

#include <cmath>

#include "worker/test_paths.h"

namespace ka {
namespace {

Result<ZygoteEvent> event(std::string_view text) { return parse_zygote_event(parse_json(text, "test").value()); }

TEST(Protocol, RequestsAreAsThePageSays) {
  EXPECT_EQ(compact(fork_request(7, WorkerRole::kCandidate, {.memory_mb = 8192, .cpu_seconds = 600})),
            R"({"request":"fork","id":7,"role":"candidate","limits":{"memory_mb":8192,"cpu_seconds":600}})");
  EXPECT_EQ(compact(fork_request(8, WorkerRole::kInspect, {})), R"({"request":"fork","id":8,"role":"inspect","limits":{}})");
  EXPECT_EQ(compact(kill_request(7)), R"({"request":"kill","id":7})");
  EXPECT_EQ(compact(stop_request()), R"({"request":"stop"})");
}

TEST(Protocol, EventsAreRead) {
  EXPECT_EQ(string_or(event(R"({"event":"ready","versions":{"torch":"2.13"},"import_seconds":2.1})")->versions, "torch"), "2.13");
  EXPECT_EQ(event(R"({"event":"failed","missing":"triton","message":"no"})")->missing, "triton");
  EXPECT_EQ(event(R"({"event":"failed","missing":null,"message":"no"})")->missing, "");
  EXPECT_EQ(event(R"({"event":"forked","id":7,"pid":1234})")->pid, 1234);
  EXPECT_EQ(event(R"({"event":"exited","id":7,"exit":3})")->exit, 3);
  const auto killed = event(R"({"event":"exited","id":7,"signal":9,"reason":"memory","output":"x"})");
  EXPECT_EQ(killed->signal, 9);
  EXPECT_EQ(killed->reason, "memory");
  EXPECT_EQ(event(R"({"event":"refused","id":null,"message":"why"})")->message, "why");
}

TEST(Protocol, MisshapenEventsAreErrors) {
  for (const char* text :
       {R"({})", R"({"event":7})", R"({"event":"forked","id":7})", R"({"event":"forked","id":7,"pid":-1})",
        R"({"event":"forked","id":"7","pid":3})", R"({"event":"forked","id":7,"pid":1})",
        R"({"event":"forked","id":99999999999,"pid":3})", R"({"event":"exited","id":7})",
        R"({"event":"exited","id":7,"exit":"0"})", R"({"event":"ready"})", R"({"event":"ready","versions":[]})"}) {
    EXPECT_FALSE(event(text)) << text;
  }
}

TEST(Protocol, FailuresAreReadHoweverLittleTheySay) {
  EXPECT_FALSE(failure_of(Json{{"ok", true}}));
  EXPECT_EQ(failure_of(Json{{"ok", false}})->kind, "internal");
  EXPECT_EQ(failure_of(Json{{"ok", "yes"}, {"error", 5}})->message, "the worker gave no reason");
  const Json reply = {{"ok", false}, {"error", {{"kind", "syntax"}, {"message", "bad"}, {"line", 3}, {"file", "a.py"}}}};
  EXPECT_EQ(failure_of(reply)->file, "a.py");
  EXPECT_EQ(failure_of(reply)->line, 3);
}

TEST(Protocol, NonFiniteNumbersBecomeText) {
  Json json = {{"a", {1.5, std::nan(""), {{"b", HUGE_VAL}}}}, {"c", -HUGE_VAL}, {"d", 3}};
  encode_non_finite(json);
  EXPECT_EQ(compact(json), R"({"a":[1.5,"nan",{"b":"inf"}],"c":"-inf","d":3})");
}

/// The page's own examples, kept in tests/protocol/*.json and read by the Python side's tests too.
TEST(Protocol, TheExamplesAreMessages) {
  const std::filesystem::path folder = find_in_repository("tests/protocol");
  int checked = 0;
  const std::vector<std::string> files = list_dir(folder).value();
  for (const std::string& file : files) {
    if (!file.ends_with(".json")) continue;
    const auto json = parse_json(read_file(folder / file).value(), file);
    ASSERT_TRUE(json) << to_text(json.error());
    const Json* events = find(*json, "zygote_events");
    if (events == nullptr) continue;
    for (const Json& example : *events) {
      const auto parsed = parse_zygote_event(example);
      EXPECT_TRUE(parsed) << file << ": " << compact(example);
      ++checked;
    }
    if (const Json* fork = find(*json, "fork")) {
      EXPECT_EQ(compact(fork_request(7, WorkerRole::kCandidate, {.memory_mb = 8192, .cpu_seconds = 600})), compact(*fork));
    }
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace ka
