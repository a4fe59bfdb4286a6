// Recorded replies instead of a model: `--record FILE` writes them, a test writes them by hand.
#include <map>

#include "base/text.h"
#include "llm/provider_table.h"
#include "llm/transcript.h"

namespace ka::llm_drawer {
namespace {

CallFailure failed(Error error) {
  CallFailure failure;
  failure.error = std::move(error);
  return failure;
}

class ReplayProvider : public Provider {
 public:
  explicit ReplayProvider(const ProviderSetup& setup) : loop_(setup.loop) {}

  Task<CallResult> ask(ModelRequest request) override {
    auto transcript = open(request.model);
    if (!transcript) co_return tl::unexpected(failed(std::move(transcript.error())));
    auto entry = (*transcript)->take(request.digest, request.purpose);
    if (!entry) {
      const std::string left = plural(static_cast<int64_t>((*transcript)->left()), "reply", "replies");
      co_return tl::unexpected(
          failed({Fault::kInput, fmt::format("the transcript has no reply for '{}'", request.purpose), request.model,
                  left + " left for other requests; the prompts differ from those recorded"}));
    }
    if (entry->delay_s > 0) {
      const std::chrono::duration<double> delay(entry->delay_s);
      co_await loop_.sleep(std::chrono::duration_cast<std::chrono::nanoseconds>(delay));
      if (loop_.interrupted()) {
        CallFailure failure = failed({Fault::kInterrupted, "interrupted", {}, {}});
        failure.kind = CallFailure::Kind::kInterrupted;
        co_return tl::unexpected(std::move(failure));
      }
    }
    if (!entry->error.empty()) co_return tl::unexpected(failed({Fault::kEnvironment, entry->error, request.model, {}}));
    if (request.on_text) request.on_text(entry->reply.text);
    co_return std::move(entry->reply);
  }

  void already_answered(const ModelRequest& request) override {
    if (auto transcript = open(request.model)) (*transcript)->take(request.digest, request.purpose);
  }

  Task<Result<std::string>> probe() override { co_return std::string("reads the file that follows replay/"); }

 private:
  Result<Transcript*> open(const std::string& file) {
    const auto known = transcripts_.find(file);
    if (known != transcripts_.end()) return &known->second;
    KA_TRY(Transcript transcript, Transcript::read(file));
    return &transcripts_.emplace(file, std::move(transcript)).first->second;
  }

  Loop& loop_;
  std::map<std::string, Transcript> transcripts_;
};

}  // namespace

void replay(ProviderTable& table) {
  ProviderRow row;
  row.prefix = "replay";
  row.meaning = "replies recorded with --record, or written by hand: replay/calls.jsonl";
  row.free = true;
  row.make = [](const ProviderSetup& setup) { return std::make_unique<ReplayProvider>(setup); };
  table.add(std::move(row));
}

}  // namespace ka::llm_drawer
