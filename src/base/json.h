#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ka {

/// JSON that keeps the order in which fields were written, so that artifacts read well and print the same bytes.
using Json = nlohmann::ordered_json;

/// Parses one JSON document, at most 512 levels deep; the error names `where` (a path or a peer) and line:column.
Result<Json> parse_json(std::string_view text, std::string_view where);

/// Prints with two-space indentation and a final newline; NaN and infinities are the caller's to encode.
std::string pretty(const Json& json);

/// Prints on one line without a newline; bytes that are not UTF-8 become U+FFFD.
std::string compact(const Json& json);

/// Finds a field of an object; null when `json` is no object or lacks it. The ones below never throw, whatever the types are.
const Json* find(const Json& json, std::string_view key);

/// Reads a field, or returns the fallback when it is missing or of another type.
std::string string_or(const Json& json, std::string_view key, std::string fallback = {});
int64_t int_or(const Json& json, std::string_view key, int64_t fallback = 0);
double number_or(const Json& json, std::string_view key, double fallback = 0);
bool bool_or(const Json& json, std::string_view key, bool fallback = false);

/// Encodes a number as protocols and artifacts carry it: non-finite ones as "nan", "inf", "-inf".
Json number_to_json(double value);
/// Decodes what number_to_json wrote; anything else is an error.
Result<double> number_from_json(const Json& json);

}  // namespace ka
