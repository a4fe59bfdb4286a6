#include "server/mcp.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <list>
#include <mutex>
#include <thread>

#include "base/build_info.h"
#include "base/text.h"
#include "server/api.h"

namespace ka {
namespace {

// Versions of the protocol that differ in nothing we use.
constexpr std::string_view kVersions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr int kInvalidRequest = -32600, kNoSuchMethod = -32601, kInvalidParameters = -32602;

Json reply_to(const Json& id, Json result) { return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}; }
Json refusal(const Json& id, int code, const std::string& message) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}};
}

Json initialize(const Json& parameters) {
  const std::string asked = string_or(parameters, "protocolVersion");
  const bool known = std::find(std::begin(kVersions), std::end(kVersions), asked) != std::end(kVersions);
  return {
      {"protocolVersion", known ? asked : std::string(kVersions[0])},
      {"capabilities", {{"tools", Json::object()}}},
      {"serverInfo", {{"name", "kernelagent"}, {"title", "KernelAgent"}, {"version", version()}}},
      {"instructions",
       "Write a Triton kernel for a PyTorch problem, then call verify: its verdict says what is wrong. plan shows what to fuse; run "
       "lets KernelAgent write the kernels itself."}};
}

Json list_tools() {
  Json list = Json::array();
  for (const Tool& tool : tools())
    list.push_back({{"name", tool.name}, {"title", tool.title}, {"description", tool.description}, {"inputSchema", tool.input}});
  return {{"tools", std::move(list)}};
}

Json outcome(const Result<Json>& result) {
  const std::string text = result ? compact(*result) : to_text(result.error());
  Json json = {{"content", Json::array({{{"type", "text"}, {"text", text}}})}, {"isError", !result}};
  if (result) json["structuredContent"] = *result;
  return json;
}

/// Says which file an argument may not name, or nothing.
Status check_files(const Desk& desk, const Json& arguments) {
  for (const std::string name : {"problem", "kernel"}) {
    const std::string path = string_or(arguments, name);
    if (!path.empty() && !inside(desk.folder(), path))
      return fail(Fault::kInput, "there is no such file in the server's folder", path, "send its text as " + name + "_text");
  }
  return {};
}

Json call_tool(Desk& desk, const Json& id, const Json& parameters, const std::function<void(const Json&)>& notify,
               const std::atomic<bool>& gone, Reach reach) {
  const std::string name = string_or(parameters, "name");
  const auto tool = std::find_if(tools().begin(), tools().end(), [&](const Tool& row) { return row.name == name; });
  if (tool == tools().end()) return refusal(id, kInvalidParameters, fmt::format("there is no tool '{}'", name));
  const Json* given = find(parameters, "arguments");
  const Json arguments = given == nullptr ? Json::object() : *given;
  if (!arguments.is_object()) return refusal(id, kInvalidParameters, "arguments is an object");
  Status fits = check_arguments(*tool, arguments);
  if (fits && reach == Reach::kFolder) fits = check_files(desk, arguments);
  if (!fits) return reply_to(id, outcome(tl::unexpected<Error>(fits.error())));
  Caller caller{{}, gone};
  const Json* meta = find(parameters, "_meta");
  if (const Json* token = meta == nullptr ? nullptr : find(*meta, "progressToken")) {
    caller.progress = [&notify, token = *token](double step, const std::string& text) {
      notify({{"jsonrpc", "2.0"},
              {"method", "notifications/progress"},
              {"params", {{"progressToken", token}, {"progress", step}, {"message", text}}}});
    };
  }
  return reply_to(id, outcome(tool->call(desk, arguments, caller)));
}

/// What the threads of one conversation share: the way out, and the calls that go on.
class Conversation {
 public:
  explicit Conversation(Desk& desk) : desk_(desk) {}
  ~Conversation() {
    // Whoever called has gone: what still goes on is of no use to anybody.
    std::list<Going> calls;
    {
      const std::lock_guard lock(mutex_);
      for (Going& call : calls_) call.gone = true;
    }
    calls.swap(calls_);
    for (Going& call : calls) call.thread.join();
  }

  void hear(const Json& message) {
    const std::string method = string_or(message, "method");
    if (method == "notifications/cancelled") {
      const Json* parameters = find(message, "params");
      if (const Json* id = parameters == nullptr ? nullptr : find(*parameters, "requestId")) cancel(*id);
    } else if (method == "tools/call") {
      begin(message);
    } else if (const std::optional<Json> reply = answer_mcp(desk_, message, {}, none_gone_, Reach::kAnywhere)) {
      say(*reply);
    }
  }

  void say(const Json& message) {
    const std::string line = compact(message) + "\n";
    const std::lock_guard lock(out_);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }

 private:
  struct Going {
    Json id;
    std::atomic<bool> gone = false, done = false;
    std::thread thread;
  };

  void begin(const Json& message) {
    const std::lock_guard lock(mutex_);
    for (auto call = calls_.begin(); call != calls_.end();) {
      if (!call->done) {
        ++call;
        continue;
      }
      call->thread.join();
      call = calls_.erase(call);
    }
    Going& call = calls_.emplace_back();
    if (const Json* id = find(message, "id")) call.id = *id;
    call.thread = std::thread([this, message, &call] {
      const std::optional<Json> reply = answer_mcp(
          desk_, message, [this](const Json& note) { say(note); }, call.gone, Reach::kAnywhere);
      // A cancelled call is not answered.
      if (reply && !call.gone) say(*reply);
      call.done = true;
    });
  }
  void cancel(const Json& id) {
    const std::lock_guard lock(mutex_);
    for (Going& call : calls_)
      if (call.id == id) call.gone = true;
  }

  Desk& desk_;
  const std::atomic<bool> none_gone_ = false;
  std::mutex out_;    ///< guards standard output
  std::mutex mutex_;  ///< guards calls_
  std::list<Going> calls_;
};

}  // namespace

std::optional<Json> answer_mcp(Desk& desk, const Json& message, const std::function<void(const Json&)>& notify,
                               const std::atomic<bool>& gone, Reach reach) {
  const Json* id = find(message, "id");
  const std::string method = string_or(message, "method");
  if (id == nullptr && !method.empty()) return std::nullopt;
  if (id == nullptr || method.empty() || string_or(message, "jsonrpc") != "2.0")
    return refusal(id == nullptr ? Json() : *id, kInvalidRequest, "this is no JSON-RPC 2.0 request");
  const Json* given = find(message, "params");
  const Json parameters = given == nullptr ? Json::object() : *given;
  if (method == "initialize") return reply_to(*id, initialize(parameters));
  if (method == "ping") return reply_to(*id, Json::object());
  if (method == "tools/list") return reply_to(*id, list_tools());
  if (method == "tools/call") return call_tool(desk, *id, parameters, notify, gone, reach);
  return refusal(*id, kNoSuchMethod, fmt::format("there is no method '{}'", method));
}

Status serve_mcp(Desk& desk) {
  Conversation conversation(desk);
  for (std::string line; std::getline(std::cin, line);) {
    if (trim(line).empty()) continue;
    const Result<Json> message = parse_json(line, "standard input");
    if (message) {
      conversation.hear(*message);
    } else {
      conversation.say(
          {{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", -32700}, {"message", message.error().message}}}});
    }
  }
  return {};
}

}  // namespace ka
