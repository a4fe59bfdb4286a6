#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/templates.h"
#include "server/api.h"
#include "server/event_feed.h"
#include "server/guard.h"
#include "server/performance.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

/// A desk on a folder of its own; its program ends at once, so that what it starts leaves no trace.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *make_temp_dir("ka_server_");
    ASSERT_TRUE(make_dirs(folder_ / "examples"));
    ASSERT_TRUE(write_file_atomic(folder_ / "examples/relu.py", "class Model: pass\n"));
    ASSERT_TRUE(write_file_atomic(folder_ / "secret.py", "secret = 1\n"));
    desk_ = make_desk("/bin/true", 1);
  }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  std::unique_ptr<Desk> make_desk(const std::string& program, size_t at_a_time) const {
    Config config = *load_config({{"runs", (folder_ / "runs").string()}, {"platform", "cpu"}}, folder_);
    return std::make_unique<Desk>(config, Overrides{{"platform", "cpu"}, {"runs", (folder_ / "runs").string()}},
                                  Place{folder_, program, {}}, at_a_time);
  }
  Reply ask(const std::string& method, const std::string& path, const std::string& body = {},
            std::map<std::string, std::string> query = {}) {
    return answer(*desk_, Call{method, path, std::move(query), {}, body, {}});
  }
  static Json json(const Reply& reply) { return *parse_json(reply.body, "the reply"); }
  std::string start_run() {
    const Reply reply = ask("POST", "/api/v1/runs", R"({"problem": "examples/relu.py"})");
    EXPECT_EQ(reply.status, 201) << reply.body;
    return string_or(json(reply), "run");
  }
  /// Lets what was started end.
  void settle() const {
    for (int i = 0; i < 250 && desk_->load().running > 0; ++i) {
      desk_->turn();
      ::usleep(20'000);
    }
    EXPECT_EQ(desk_->load().running, 0U);
  }
  fs::path run_path(const std::string& run) const { return folder_ / "runs" / run; }

  fs::path folder_;
  std::unique_ptr<Desk> desk_;
};

TEST(Routes, ThePatternsMatchWholePaths) {
  std::map<std::string, std::string> parts;
  EXPECT_TRUE(matches("/api/v1/runs/{run}/files/{file*}", "/api/v1/runs/a/files/b/c.py", parts));
  EXPECT_EQ(parts["run"], "a");
  EXPECT_EQ(parts["file"], "b/c.py");
  EXPECT_FALSE(matches("/api/v1/runs/{run}", "/api/v1/runs/a/b", parts));
  EXPECT_FALSE(matches("/api/v1/runs/{run}", "/api/v1/runs/", parts));
}

/// The description and the routes are the same, in both directions.
TEST(Routes, AreWhatTheDescriptionSays) {
  std::set<std::string> described, routed;
  const Json document = *parse_json(template_text("data/openapi.json"), "data/openapi.json");
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items())
      if (method != "parameters") described.insert(method + " " + path);
  for (const HttpRoute& route : all_routes()) {
    if (!route.pattern.starts_with("/api/")) continue;
    std::string method(route.method), path(route.pattern);
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (path.ends_with("*}")) path.erase(path.size() - 2, 1);
    routed.insert(method + " " + path);
  }
  EXPECT_EQ(described, routed);
}

TEST_F(ServerTest, ARunIsResumedBeforeItsFirstProcessWasReaped) {
  const std::string run = start_run();
  ::usleep(200'000);                                       // its process has ended, and no turn has seen it
  ASSERT_TRUE(remove_tree(run_path(run) / "queue.json"));  // which it took away
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + run + "/resume").status, 202);
  EXPECT_TRUE(is_file(run_path(run) / "queue.json")) << "what the next process is told is gone";
  settle();
}

TEST_F(ServerTest, SuitesAreListedAndTheirReportsRunNoScript) {
  EXPECT_TRUE(json(ask("GET", "/api/v1/suites"))["suites"].empty());
  const std::string id = "suite_20261123_000000_00000000";
  const fs::path path = run_path(id);
  ASSERT_TRUE(write_file_atomic(path / "suite.json", R"({"started": "2026-11-23T00:00:00Z", "machine": {"gpu": "a GPU"}})"));
  EXPECT_EQ(ask("GET", "/api/v1/suites/" + id + "/report").status, 404) << "not yet";
  ASSERT_TRUE(
      write_file_atomic(path / "report.json", R"({"seconds": 3, "levels": [{"problems": 2, "judged": 2, "accepted": 1}]})"));
  ASSERT_TRUE(write_file_atomic(path / "report.html", "<h1>report</h1>"));
  const Json suites = json(ask("GET", "/api/v1/suites"))["suites"];
  ASSERT_EQ(suites.size(), 1U);
  EXPECT_EQ(suites[0]["accepted"], 1);
  EXPECT_EQ(suites[0]["gpu"], "a GPU");
  EXPECT_FALSE(suites[0]["running"].get<bool>());
  const Reply page = ask("GET", "/api/v1/suites/" + id + "/report");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  ASSERT_EQ(page.headers.size(), 1U);
  EXPECT_NE(page.headers[0].second.find("default-src 'none'"), std::string::npos);
  for (const char* other : {"..", "run_1", "suite_", "%2e%2e"})
    EXPECT_EQ(ask("GET", std::string("/api/v1/suites/") + other + "/report").status, 404) << other;
}

TEST(GuardTest, RefusesOtherHostsOriginsAndForms) {
  const Guard guard("", {"workstation"});
  Call call{"GET", "/api/v1/runs", {}, {{"host", "127.0.0.1:7860"}}, {}, {}};
  EXPECT_FALSE(guard.refuse(call));
  for (const char* host : {"localhost:7860", "[::1]:7860", "workstation:7860"}) {
    call.headers["host"] = host;
    EXPECT_FALSE(guard.refuse(call)) << host;
  }
  for (const char* host : {"evil.example:7860", "", "127.0.0.1.evil.example", "localhost.evil.example"}) {
    call.headers["host"] = host;
    EXPECT_EQ(guard.refuse(call)->status, 403) << host;
  }
  call.headers["host"] = "127.0.0.1:7860";
  call.headers["origin"] = "http://evil.example";
  EXPECT_EQ(guard.refuse(call)->status, 403);
  call.headers["origin"] = "null";
  EXPECT_EQ(guard.refuse(call)->status, 403);
  call.headers["origin"] = "http://127.0.0.1:7860";
  EXPECT_FALSE(guard.refuse(call));
  for (const char* method : {"POST", "DELETE", "PUT", "PATCH"}) {
    call.method = method;
    call.headers.erase("x-kernelagent");
    EXPECT_EQ(guard.refuse(call)->status, 403) << method;
    call.headers["x-kernelagent"] = "1";
    EXPECT_FALSE(guard.refuse(call)) << method;
  }
}

TEST(GuardTest, ACallOfAToolIsJson) {
  const Guard guard("", {});
  Call call{"POST", "/mcp", {}, {{"host", "localhost"}, {"content-type", "application/json"}}, {}, {}};
  EXPECT_FALSE(guard.refuse(call));
  call.path = "/api/v1/runs";
  EXPECT_EQ(guard.refuse(call)->status, 403) << "the page's own addresses want their header";
  call.path = "/mcp";
  for (const char* type : {"", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"}) {
    call.headers["content-type"] = type;
    EXPECT_EQ(guard.refuse(call)->status, 403) << type;
  }
}

TEST(GuardTest, AsksForTheToken) {
  const Guard guard("open sesame", {});
  Call call{"GET", "/api/v1/runs", {}, {{"host", "10.0.0.7:80"}}, {}, {}};
  EXPECT_EQ(guard.refuse(call)->status, 401);
  call.headers["authorization"] = "Bearer open";
  EXPECT_EQ(guard.refuse(call)->status, 401);
  call.headers["authorization"] = "Bearer open sesame";
  EXPECT_FALSE(guard.refuse(call));
  call.headers.erase("authorization");
  call.headers["cookie"] = "a=b; kernelagent_token=open sesame";
  EXPECT_FALSE(guard.refuse(call));
  call.headers.erase("cookie");
  call.query["token"] = "open sesame";
  EXPECT_EQ(guard.refuse(call)->status, 401) << "an address of the interface takes no token in its query";
  call.path = "/";
  EXPECT_FALSE(guard.refuse(call));
  EXPECT_TRUE(is_loopback("127.0.0.1") && is_loopback("::1") && is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("0.0.0.0") || is_loopback("127.evil.example") || is_loopback("::"));
}

TEST_F(ServerTest, NoPathLeavesItsFolder) {
  const std::string run = start_run();
  EXPECT_EQ(ask("GET", "/api/v1/runs/" + run + "/files/run.json").status, 200);
  fs::create_symlink(folder_ / "secret.py", run_path(run) / "link.py");
  for (const char* name : {"../../secret.py", "/etc/passwd", "link.py", "..", "", "compose_out/../../../secret.py"})
    EXPECT_EQ(ask("GET", "/api/v1/runs/" + run + "/files/" + name).status, 404) << name;
  for (const char* name :
       {"../secret.py", "examples/../secret.py", "examples//etc/passwd", "secret.py", "examples/../../etc/passwd"}) {
    EXPECT_EQ(ask("GET", std::string("/api/v1/problems/") + name).status, 404) << name;
    EXPECT_EQ(ask("POST", "/api/v1/runs", compact({{"problem", name}})).status, 400) << name;
  }
  for (const char* name : {"..", "run_..", ".", "index.sqlite", "run_x"})
    for (const char* method : {"GET", "DELETE"}) EXPECT_EQ(ask(method, std::string("/api/v1/runs/") + name).status, 404) << name;
  EXPECT_EQ(ask("GET", "/api/v1/problems/examples/relu.py").body, "class Model: pass\n");
  EXPECT_TRUE(is_file(folder_ / "secret.py"));
  EXPECT_EQ(json(ask("GET", "/api/v1/runs/" + run + "/files"))["files"].dump().find("link.py"), std::string::npos);
  const Reply pasted = ask("POST", "/api/v1/runs", R"({"text": "x = 1", "name": "../../../evil"})");
  EXPECT_EQ(pasted.status, 201) << pasted.body;
  EXPECT_FALSE(fs::exists(folder_ / "evil.py"));
}

TEST_F(ServerTest, AToolOverHttpNamesNoFileElsewhere) {
  const auto call = [&](const std::string& tool, const Json& arguments) {
    return string_or(json(ask("POST", "/mcp",
                              compact({{"jsonrpc", "2.0"},
                                       {"id", 1},
                                       {"method", "tools/call"},
                                       {"params", {{"name", tool}, {"arguments", arguments}}}})))["result"]["content"][0],
                     "text");
  };
  for (const char* path : {"/etc/passwd", "../elsewhere.py", "examples/../../elsewhere.py"}) {
    EXPECT_NE(call("trace", {{"problem", path}}).find("no such file in the server's folder"), std::string::npos) << path;
    EXPECT_NE(call("verify", {{"kernel", path}, {"problem", "examples/relu.py"}}).find("no such file in"), std::string::npos)
        << path;
  }
  for (const char* words : {"/etc/passwd", "secret.py", "--record=/tmp/x", ""})
    EXPECT_NE(call("generate", {{"words", words}}).find("say in words"), std::string::npos) << words;
}

TEST_F(ServerTest, RefusesWhatOnlyTheCommandLineMayChoose) {
  for (const char* settings :
       {R"({"python": "/bin/sh"})", R"({"runs": "/"})", R"({"record": "/etc/x"})", R"({"prompts": "/etc"})",
        R"({"model": "command/rm -r"})", R"({"unknown": "1"})", R"({"jobs": 4})", R"({"jobs": "many"})"}) {
    const Reply reply =
        ask("POST", "/api/v1/runs", std::string(R"({"problem": "examples/relu.py", "settings": )") + settings + "}");
    EXPECT_EQ(reply.status, 400) << settings;
  }
  for (const char* body : {"", "[]", "{", "{}", R"({"text": ""})", R"({"problem": "examples/relu.py", "text": "x"})",
                           R"({"text": "x", "until": "x"})", R"({"words": "a softmax"})", R"({"mode": "kernel", "text": "x"})",
                           R"({"mode": "other", "text": "x"})", R"({"mode": "fuser", "words": "a softmax"})"})
    EXPECT_EQ(ask("POST", "/api/v1/runs", body).status, 400) << body;
  EXPECT_EQ(ask("PUT", "/api/v1/runs").status, 405);
  EXPECT_EQ(ask("GET", "/api/v1/nothing").status, 404);
}

TEST_F(ServerTest, ShowsDialoguesRoundByRound) {
  const std::string run = start_run();
  EXPECT_TRUE(json(ask("GET", "/api/v1/runs/" + run + "/dialogues"))["lanes"].empty());
  const fs::path seed = run_path(run) / "kernels_out/sg_01/seed_2";
  ASSERT_TRUE(write_file_atomic(seed / "round_10/prompt.md", "again"));
  ASSERT_TRUE(write_file_atomic(seed / "round_9/kernel.py", "x = 1\n"));
  ASSERT_TRUE(write_file_atomic(
      seed / "round_9/verdict.json",
      R"({"verdict": "wrong", "reason": "r", "trials": [{"outputs": [{"bound_used": 3}, {"bound_used": 7}]}, {}]})"));
  ASSERT_TRUE(make_dirs(seed / "round_x"));
  const Json lanes = json(ask("GET", "/api/v1/runs/" + run + "/dialogues"))["lanes"];
  ASSERT_EQ(lanes.size(), 1U);
  EXPECT_EQ(lanes[0]["subgraph"], "sg_01");
  EXPECT_EQ(lanes[0]["seed"], 2);
  ASSERT_EQ(lanes[0]["rounds"].size(), 2U) << "in the order of their numbers";
  EXPECT_EQ(lanes[0]["rounds"][0]["verdict"], (Json{{"verdict", "wrong"}, {"reason", "r"}, {"bound_used", 7}}));
  EXPECT_TRUE(lanes[0]["rounds"][1]["verdict"].is_null());
  EXPECT_EQ(lanes[0]["rounds"][1]["folder"], "kernels_out/sg_01/seed_2/round_10");
}

TEST_F(ServerTest, TheAccountOfARunLeavesItsFileAlone) {
  const std::string run = start_run();
  const fs::path file = run_path(run) / "ledger.jsonl";
  const std::string lines = R"({"outcome":"reply","usage":{"input":100,"output":20,"reported":true},"usd":0.5,"seconds":2})"
                            "\n{\"outcome\":\"rep";
  ASSERT_TRUE(write_file_atomic(file, lines));
  ASSERT_TRUE(write_file_atomic(run_path(run) / "run.json", R"({"settings": {"budget": "2", "max_calls": 3}})"));
  const Json account = json(ask("GET", "/api/v1/runs/" + run + "/ledger"));
  EXPECT_EQ(account["calls"].size(), 1U);
  EXPECT_EQ(account["totals"]["input_tokens"], 100);
  EXPECT_EQ(account["left"], (Json{{"usd", 1.5}, {"tokens", nullptr}, {"calls", 2}}));
  EXPECT_EQ(*read_file(file), lines) << "a run may be writing the last line";
}

TEST(Performance, SpeedUpsHaveTheIntervalOfBothMedians) {
  const Json bench = *parse_json(R"({"measured": "2026-11-23", "machine": {"gpu": "a GPU"}, "times": {
    "candidate": {"median_ms": 2, "interval_ms": [1, 4]},
    "baselines": [{"name": "eager", "median_ms": 8, "interval_ms": [6, 10], "speedup": 4, "candidate_is": "faster"},
                  {"name": "compile", "failure": "it does not compile"}]}})",
                                 "bench");
  const Json found = performance_json({}, bench);
  const Json& speedups = found["bench"]["speedups"];
  EXPECT_EQ(speedups[0]["low"], 6.0 / 4);
  EXPECT_EQ(speedups[0]["high"], 10.0 / 1);
  EXPECT_EQ(speedups[1]["failure"], "it does not compile");
  EXPECT_TRUE(performance_json({}, {})["bench"].is_null());
}

TEST(Performance, EveryKernelStandsUnderTheRoof) {
  Profile profile;
  EXPECT_TRUE(roofline_svg(profile).empty());
  profile.gpu = "NVIDIA H100 80GB HBM3";
  KernelProfile moves, multiplies;
  moves.id = "sg_moves", moves.work.bytes = 3e9, moves.milliseconds = 2;
  multiplies.id = "sg_multiplies", multiplies.work = {1e6, 8e9, 0};
  profile.kernels = {moves, multiplies};
  const std::string svg = roofline_svg(profile);
  EXPECT_NE(svg.find("sg_moves: 0 FLOP/byte"), std::string::npos) << svg;
  EXPECT_NE(svg.find("sg_multiplies: 8e+03 FLOP/byte, 1 MB, 8e+03 MFLOP, not timed"), std::string::npos) << svg;
  const Json kernels = performance_json(profile, {})["kernels"];
  EXPECT_DOUBLE_EQ(kernels[0]["share_of_floor"].get<double>(), 0.5) << "3 GB take 1 ms at 3 TB/s";
  EXPECT_FALSE(kernels[1].contains("share_of_floor"));
  EXPECT_EQ(kernels[1]["bound_by"], "arithmetic");
}

TEST_F(ServerTest, ListsSearchesAndSorts) {
  const std::string first = start_run();
  const Json text = json(ask("POST", "/api/v1/runs", R"({"text": "x = 1\n", "name": "gelu.py"})"));
  const std::string second = string_or(text, "run");
  const auto ids = [&](std::map<std::string, std::string> query) {
    std::set<std::string> found;
    const Json list = json(ask("GET", "/api/v1/runs", {}, std::move(query)));
    for (const Json& row : list["runs"]) found.insert(string_or(row, "id"));
    return found;
  };
  EXPECT_EQ(ids({}), (std::set<std::string>{first, second}));
  EXPECT_EQ(ids({{"search", "GELU"}}), std::set<std::string>{second});
  EXPECT_EQ(ids({{"search", "no such word"}}), std::set<std::string>());
  EXPECT_EQ(ids({{"limit", "0"}}), std::set<std::string>());
  const Json sorted = json(ask("GET", "/api/v1/runs", {}, {{"sort", "problem"}}));
  EXPECT_EQ(string_or(sorted["runs"][0], "id"), second) << "gelu.py comes before relu.py";
  EXPECT_EQ(ask("GET", "/api/v1/runs", {}, {{"sort", "colour"}}).status, 400);
}

TEST_F(ServerTest, QueuesBeyondItsRoomAndFindsTheQueueAgain) {
  // A run takes itself out of the queue.
  const std::string script = fmt::format("#!/bin/sh\nrm {}/runs/$3/queue.json\nexec sleep 30\n", folder_.string());
  ASSERT_TRUE(write_file_atomic(folder_ / "slow.sh", script));
  fs::permissions(folder_ / "slow.sh", fs::perms::owner_all);
  desk_ = make_desk((folder_ / "slow.sh").string(), 1);
  const std::string first = start_run(), second = start_run();
  EXPECT_EQ(desk_->load().running, 1U);
  for (int i = 0; i < 250 && is_file(run_path(first) / kQueueFile); ++i) ::usleep(20'000);
  EXPECT_EQ(desk_->load().queued, 1U);
  EXPECT_EQ(string_or(json(ask("GET", "/api/v1/runs/" + second)), "status"), "queued");
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + second + "/resume").status, 409) << "it waits already";
  const std::unique_ptr<Desk> next = make_desk("/bin/true", 1);
  EXPECT_EQ(next->load().queued, 1U) << "a server started again has the same queue";
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + second + "/stop").status, 202);
  EXPECT_EQ(desk_->load().queued, 0U);
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + first + "/stop").status, 202);
  settle();
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + first + "/stop").status, 409);
  EXPECT_EQ(ask("DELETE", "/api/v1/runs/" + first).status, 202);
  EXPECT_FALSE(is_dir(run_path(first)));
}

TEST_F(ServerTest, WhatIsAliveIsNotDeleted) {
  const std::string run = start_run();
  Result<RunDirectory> held = desk_->open(run);
  ASSERT_TRUE(held && held->lock());
  EXPECT_EQ(held->holder(), ::getpid());
  EXPECT_EQ(ask("DELETE", "/api/v1/runs/" + run).status, 409);
  EXPECT_EQ(ask("POST", "/api/v1/runs/" + run + "/resume").status, 409);
  EXPECT_TRUE(is_dir(run_path(run)));
}

TEST_F(ServerTest, FollowersGoOnAfterTheirLastEvent) {
  const std::string run = start_run();
  settle();
  const fs::path events = run_path(run) / "events.jsonl";
  ASSERT_TRUE(append_file(events, "{\"event\":\"a\"}\n{\"event\":\"b\"}\n{\"event\":"));
  EventFeed all(*desk_->open(run), 0), late(*desk_->open(run), 1);
  EXPECT_EQ(all.next().text, "id: 1\ndata: {\"event\":\"a\"}\n\nid: 2\ndata: {\"event\":\"b\"}\n\n");
  EXPECT_EQ(late.next().text, "id: 2\ndata: {\"event\":\"b\"}\n\n");
  ASSERT_TRUE(append_file(events, "\"c\"}\n"));
  EXPECT_EQ(late.next().text, "id: 3\ndata: {\"event\":\"c\"}\n\n") << "a line is sent when it is whole";
  const Reply::Piece end = late.next();
  EXPECT_TRUE(end.over);
  EXPECT_NE(end.text.find("event: end"), std::string::npos);
  const Reply reply = answer(*desk_, Call{"GET", "/api/v1/runs/" + run + "/events", {}, {{"last-event-id", "2"}}, {}, {}});
  ASSERT_TRUE(reply.follow);
  EXPECT_TRUE(reply.follow().text.starts_with("id: 3"));
}

TEST_F(ServerTest, ShowsTheSettingsOfTheCommandLineAndNoKeys) {
  const Json options = json(ask("GET", "/api/v1/options"));
  ASSERT_EQ(options["settings"].size(), setting_rows().size());
  for (size_t i = 0; i < setting_rows().size(); ++i) {
    EXPECT_EQ(string_or(options["settings"][i], "key"), setting_rows()[i].key);
    EXPECT_EQ(string_or(options["settings"][i], "default"), setting_rows()[i].fallback);
  }
  ::setenv("OPENAI_API_KEY", "sk-very-secret", 1);
  const Reply providers = ask("GET", "/api/v1/providers");
  EXPECT_EQ(providers.body.find("very-secret"), std::string::npos);
  EXPECT_NE(providers.body.find("OPENAI_API_KEY"), std::string::npos);
  ::unsetenv("OPENAI_API_KEY");
}

TEST(CommandLine, RepeatsTheRun) {
  const Json run = {
      {"problem_path", "/a b/p.py"},
      {"platform", "cpu"},
      {"settings", {{"platform", "auto"}, {"effort", "quick"}, {"mode", "eval"}, {"cache", false}, {"seeds", 4}, {"rounds", 3}}}};
  EXPECT_EQ(command_line(run), "kernelagent run '/a b/p.py' --target-platform cpu --eval --effort quick --rounds 3 --no-cache");
  EXPECT_EQ(command_line({{"problem_path", "p.py"}, {"until", "plan"}, {"platform", "auto"}}),
            "kernelagent run p.py --until plan");
  EXPECT_EQ(command_line({{"description", "a sum"}, {"platform", "cpu"}}), "kernelagent generate 'a sum' --target-platform cpu");
}

}  // namespace
}  // namespace ka
