#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "process/task.h"

namespace ka {

enum class Speaker { kSystem, kUser, kAssistant };
/// "system", "user", "assistant".
std::string_view name(Speaker speaker);

struct Message {
  Speaker speaker = Speaker::kUser;
  std::string text;
};

/// One question to a model.
struct ModelRequest {
  std::string model;  ///< "openai/gpt-5", an alias, or a name whose vendor is plain ("claude-…", "gpt-…", "o4-…")
  std::vector<Message> messages;      ///< system messages first, then user and assistant in turn
  int64_t max_tokens = 0;             ///< of the reply, thinking included; 0: the model's own limit
  std::optional<double> temperature;  ///< brought into the model's range, and left out where the model takes none
  std::string reasoning;              ///< "low", "medium", "high", or empty: the settings' choice
  std::string purpose;  ///< "write sg_01 seed 2 round 3"; the ledger shows it, and equal requests are told apart by it
  /// Called with each piece of the reply as it comes, for showing, not for keeping: a retry starts over, and only the reply itself is
  /// freed of keys that a service might repeat.
  std::function<void(std::string_view)> on_text;
  std::string digest;  ///< set by Models: `request_digest` of what was asked, before it was brought into limits
};

struct Usage {
  int64_t input = 0;        ///< all tokens read, cached ones included
  int64_t cached = 0;       ///< of `input`: read from the vendor's cache
  int64_t cache_write = 0;  ///< of `input`: written to the vendor's cache (Anthropic prices them apart)
  int64_t output = 0;       ///< tokens written, thinking included
  bool reported = false;    ///< the provider said so; otherwise all are 0

  Usage& operator+=(const Usage& other);
};

struct ModelReply {
  std::string text;
  std::string finish;  ///< "stop"; "length": cut at max_tokens; "refusal": `text` may say why; "context": the prompt is too long
  Usage usage;
  std::string model;   ///< as the provider names what answered
  double seconds = 0;  ///< from the first attempt to the end, waiting for a turn included
};

/// The canonical text of a request and its SHA-256: what was asked (messages, max_tokens, temperature, reasoning), not of whom and why.
std::string request_digest(const ModelRequest& request);

Json to_json(const Usage& usage);
Usage usage_from_json(const Json& json);
Json to_json(const ModelReply& reply);
ModelReply reply_from_json(const Json& json);

/// The conversation as a person would read it: the texts one after the other, with headings where there are several turns.
std::string conversation_text(const ModelRequest& request);

/// Why one attempt yielded no reply.
struct CallFailure {
  enum class Kind {
    kTransient,    ///< the same call may work later: overload, a dropped stream, a time-out
    kPermanent,    ///< it will not: a bad key, an unknown model, a request the server cannot read
    kInterrupted,  ///< the loop was interrupted
  };
  Kind kind = Kind::kPermanent;
  Error error;
  std::optional<double> retry_after;  ///< seconds the server asks us to wait
  bool throttled = false;             ///< the server complains about load: everybody who calls it waits
  Usage usage;                        ///< what was read and written all the same, as far as it was said
};

/// One attempt's outcome.
using CallResult = tl::expected<ModelReply, CallFailure>;

/// Talks to one model service. Runs on the one poll loop and never blocks; destroying the task of an `ask` cancels the call in flight
/// (the connection is closed, the program killed). One attempt: no retries, no limits, no ledger, which are `Models`' part.
class Provider {
 public:
  virtual ~Provider() = default;
  /// Asks; `request.model` is the bare name, without the provider's prefix.
  virtual Task<CallResult> ask(ModelRequest request) = 0;
  /// Learns that a reply kept by an earlier process has answered this request.
  virtual void already_answered(const ModelRequest&) {}
  /// Says in a few words that the service answers and knows us, without asking a model anything; an error says what is wrong.
  virtual Task<Result<std::string>> probe() = 0;
};

}  // namespace ka
