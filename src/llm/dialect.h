#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "llm/event_stream.h"
#include "llm/provider.h"
#include "llm/secret.h"

namespace ka {

/// Builds one reply from what a service sends, as a stream of events or as one document.
class ReplyReader {
 public:
  virtual ~ReplyReader() = default;
  /// Takes one event of a stream. A result ends the call: the service reported an error, or what came makes no sense.
  virtual std::optional<CallResult> read_event(const ServerEvent& event) = 0;
  /// Takes a whole reply that was not streamed.
  virtual std::optional<CallResult> read_document(const Json& document) = 0;
  /// Says whether the service said that the reply is complete; a stream that ends before is half a reply.
  bool complete() const { return complete_; }
  /// The reply so far.
  ModelReply& reply() { return reply_; }

 protected:
  ModelReply reply_;
  bool complete_ = false;
};

/// How one vendor's HTTP API speaks: where, with which headers, in which JSON. Has no state; everything else about a call (transport,
/// time-outs, errors' meaning) is the same for all and lives in HttpProvider.
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// What follows the base URL.
  virtual std::string path() const = 0;
  virtual std::vector<std::string> headers(const Secret& key) const = 0;
  /// The request as JSON, brought into what the model takes (token limit, temperature, reasoning). Asks for a stream where there is one.
  virtual Json body(const ModelRequest& request) const = 0;
  virtual std::unique_ptr<ReplyReader> reader() const = 0;
  /// What a GET is sent to by `probe`.
  virtual std::string probe_path() const { return "/models"; }
  /// The one parser of the dialect's probe answer: how many models it lists, or nothing.
  static std::optional<std::size_t> listed_models(const std::string& body);
};

/// Parses an event's data; malformed JSON is half a reply, so the failure is transient.
tl::expected<Json, CallFailure> parse_event(const ServerEvent& event);

}  // namespace ka
