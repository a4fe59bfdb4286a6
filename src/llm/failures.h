#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "llm/http.h"
#include "llm/provider.h"

namespace ka {

/// Says what an answer with another status than 2xx means. Not every one is a failure: a prompt that is too long and a request that the
/// service will not answer are replies. Never repeats the key.
CallResult meaning_of(const HttpReply& reply, const Endpoint& endpoint);

/// Says what an error object inside a 2xx answer means ({"type", "code", "message"} as both vendors write it).
CallResult meaning_of_error(const Json& error);

/// Says what a failed transfer means.
CallFailure meaning_of(const HttpFailure& failure, const Endpoint& endpoint);

/// A failure worth another try.
CallFailure transient(std::string message);

/// Reads the seconds a server asks us to wait: retry-after-ms, retry-after as a number or a date. Nothing where it asks for none.
std::optional<double> retry_after(const std::map<std::string, std::string>& headers, UtcTime now);

}  // namespace ka
