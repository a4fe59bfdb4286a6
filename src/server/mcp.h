#pragma once

#include <functional>
#include <optional>

#include "server/tools.h"

namespace ka {

/// Which files a caller may name: whoever starts this program, any; whoever calls over HTTP, those of the working folder.
enum class Reach { kAnywhere, kFolder };

/// Answers one JSON-RPC message of the Model Context Protocol, in the caller's thread; nothing for a notification. `notify` hears the
/// progress of a tool whose call carries a token.
std::optional<Json> answer_mcp(Desk& desk, const Json& message, const std::function<void(const Json&)>& notify,
                               const std::atomic<bool>& gone, Reach reach);

/// Speaks the protocol on standard input and output, a message a line, until the input ends. Calls of tools run side by side.
Status serve_mcp(Desk& desk);

}  // namespace ka
