#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ka {

/// JSON that keeps the order in which fields were written, so that artifacts read well and print the same bytes.
using Json = nlohmann::ordered_json;

/// Parses one JSON document; the error names `where` (a path or a peer) and the byte offset.
Result<Json> parse_json(std::string_view text, std::string_view where);

/// Prints with two-space indentation and a final newline; NaN and infinities are the caller's to encode.
std::string pretty(const Json& json);

}  // namespace ka
