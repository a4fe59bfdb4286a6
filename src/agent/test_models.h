#pragma once

#include <deque>
#include <string>
#include <vector>

#include "llm/models.h"
#include "process/loop.h"

namespace ka {

/// A model that says what it was told to say, in order, each reply after one turn of the loop; a reply that begins with "!" is an error,
/// one that begins with "finish:" ends in that way, each "late:" before it takes fifty turns.
class ScriptedModels : public Models {
 public:
  ScriptedModels(Loop& loop, std::deque<std::string> script) : loop_(loop), script_(std::move(script)) {}

  Task<Result<ModelReply>> ask(ModelRequest request) override {
    requests.push_back(std::move(request));
    std::string text = script_.empty() ? "!the script is over" : std::move(script_.front());
    if (!script_.empty()) script_.pop_front();
    int turns = 1;
    for (; text.starts_with("late:"); turns += 50) text.erase(0, 5);
    co_await loop_.sleep(std::chrono::milliseconds(turns));
    if (text.starts_with("!")) co_return fail(Fault::kEnvironment, text.substr(1));
    ModelReply reply;
    reply.finish = "stop";
    if (text.starts_with("finish:")) {
      reply.finish = text.substr(7, text.find('\n') - 7);
      text = text.substr(text.find('\n') + 1);
    }
    reply.text = std::move(text);
    co_return reply;
  }
  std::optional<std::string> spent() const override { return std::nullopt; }
  Result<std::string> full_name(const std::string& model) const override { return model; }
  Task<Result<std::string>> probe(std::string) override { co_return std::string("here"); }
  const Ledger& ledger() const override { std::abort(); }
  const ModelSettings& settings() const override { std::abort(); }

  std::vector<ModelRequest> requests;

 private:
  Loop& loop_;
  std::deque<std::string> script_;
};

}  // namespace ka
