#include "base/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ka {
namespace {

constexpr std::size_t kMaxDepth = 512;

std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  const auto column = 1 + (start == std::string_view::npos ? before.size() : before.size() - start - 1);
  return fmt::format("{}:{}", line, column);
}

/// Returns the offset of the bracket that nests too deeply, or npos: copies and printing recurse, so depth is bounded here.
std::size_t too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

/// Takes the reason out of "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while … - reason".
std::string reason(std::string_view what) {
  if (const auto colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
  return std::string(what);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view where) {
  if (const auto offset = too_deep(text); offset != std::string_view::npos) {
    return fail(Fault::kInput, fmt::format("JSON nests deeper than {} levels", kMaxDepth),
                fmt::format("{}:{}", where, position(text, offset)));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    return fail(Fault::kInput, fmt::format("not valid JSON: {}", reason(error.what())),
                fmt::format("{}:{}", where, position(text, offset)));
  } catch (const Json::exception& error) {  // numbers out of range
    return fail(Fault::kInput, fmt::format("not valid JSON: {}", reason(error.what())), std::string(where));
  }
}

std::string pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string compact(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

const Json* find(const Json& json, std::string_view key) {
  if (!json.is_object()) return nullptr;
  const auto field = json.find(std::string(key));
  return field == json.end() ? nullptr : &*field;
}

std::string string_or(const Json& json, std::string_view key, std::string fallback) {
  const Json* field = find(json, key);
  return field != nullptr && field->is_string() ? field->get<std::string>() : std::move(fallback);
}

int64_t int_or(const Json& json, std::string_view key, int64_t fallback) {
  const Json* field = find(json, key);
  return field != nullptr && field->is_number_integer() ? field->get<int64_t>() : fallback;
}

double number_or(const Json& json, std::string_view key, double fallback) {
  const Json* field = find(json, key);
  if (field == nullptr) return fallback;
  return number_from_json(*field).value_or(fallback);
}

bool bool_or(const Json& json, std::string_view key, bool fallback) {
  const Json* field = find(json, key);
  return field != nullptr && field->is_boolean() ? field->get<bool>() : fallback;
}

Json number_to_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

Result<double> number_from_json(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
  }
  return fail(Fault::kInput, fmt::format("{} is no number", compact(json).substr(0, 60)));
}

}  // namespace ka
