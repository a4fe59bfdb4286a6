#include "mutation.h"

#include <array>

namespace ka::fuzz {
namespace {

constexpr std::size_t kDeep = 100000;
// Stands where text goes that no Json value can hold; JSON prints it as it is.
constexpr std::string_view kHole = "@@hole@@";

/// Every place of a document that can be changed: the value and what holds it.
struct Place {
  Json* holder = nullptr;  ///< an object or a list
  std::string key;         ///< of an object
  std::size_t index = 0;   ///< of a list
  Json& value() const { return holder->is_object() ? (*holder)[key] : (*holder)[index]; }
};

void collect(Json& json, std::vector<Place>& places, bool numbers_only) {
  const auto take = [&](Json& holder, const std::string& key, std::size_t index, Json& value) {
    if (!numbers_only || value.is_number()) places.push_back({&holder, key, index});
    if (value.is_structured()) collect(value, places, numbers_only);
  };
  if (json.is_object()) {
    for (auto& [key, value] : json.items()) take(json, key, 0, value);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) take(json, {}, i, json[i]);
  }
}

std::string with_hole(const Json& json, const std::string& filling) {
  std::string text = compact(json);
  const std::string quoted = '"' + std::string(kHole) + '"';
  if (const auto at = text.find(quoted); at != std::string::npos) text.replace(at, quoted.size(), filling);
  return text;
}

std::string pick(const auto& texts, Choices& choices) { return std::string(texts[choices.below(texts.size())]); }

std::string other_kind(Choices& choices) {
  constexpr std::array<std::string_view, 10> kValues = {"null", "true", "\"\"",  "\"accepted\"", "0",
                                                        "-1",   "[]",   "[[1]]", "{}",           "{\"ok\":true}"};
  return pick(kValues, choices);
}

std::string huge(Choices& choices) {
  constexpr std::array<std::string_view, 10> kValues = {
      "1e308", "1e309", "-1e308", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
      "-1",    "0",     "1e-320"};
  return pick(kValues, choices);
}

std::string no_number(Choices& choices) {
  constexpr std::array<std::string_view, 7> kValues = {"NaN", "\"nan\"", "Infinity", "\"inf\"", "\"-inf\"", "\"1.0\"", "nan"};
  return pick(kValues, choices);
}

std::string deep(Choices& choices) {
  const bool object = choices.one_in(2), closed = choices.one_in(2);
  std::string text;
  for (std::size_t i = 0; i < kDeep; ++i) text += object ? "{\"a\":" : "[";
  text += "0";
  if (closed) text.append(kDeep, object ? '}' : ']');
  return text;
}

std::string flip(std::string text, Choices& choices) {
  for (std::size_t left = 1 + choices.below(8); left > 0 && !text.empty(); --left) {
    const std::size_t at = choices.below(text.size());
    text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << choices.below(8)));
  }
  return text;
}

Json refusal(Choices& choices) {
  constexpr std::array<std::string_view, 6> kKinds = {"raised",   "no_entry",      "out_of_memory",
                                                      "internal", "compile_error", "accepted"};
  Json reply = {{"ok", false}};
  if (choices.one_in(4)) return reply;
  reply["error"] = Json{{"kind", pick(kKinds, choices)}, {"message", "so\nit is"}, {"line", -1}};
  if (choices.one_in(4)) reply["error"] = "a text";
  return reply;
}

}  // namespace

std::string_view name(Spoil spoil) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Spoil::kCount)> kNames = {
      "flip bits", "cut short", "drop field", "repeat field", "retype", "huge number", "not a number",
      "nest deep", "wrong id",  "refuse",     "other reply",  "stray",  "garbage",     "close first"};
  return kNames[static_cast<std::size_t>(spoil)];
}

std::string spoil_text(Spoil how, const Json& document, Choices& choices) {
  Json changed = document;
  std::vector<Place> places;
  collect(changed, places, how == Spoil::kHugeNumber || how == Spoil::kNotANumber);
  if (places.empty()) return compact(changed);
  const Place place = places[choices.below(places.size())];
  switch (how) {
    case Spoil::kDropField:
      if (place.holder->is_object())
        place.holder->erase(place.key);
      else
        place.holder->erase(place.index);
      return compact(changed);
    case Spoil::kRepeatField: {
      if (place.holder->is_array()) {
        place.holder->push_back(Json(place.value()));
        return compact(changed);
      }
      const std::string old_value = compact(place.value());
      place.value() = kHole;
      return with_hole(changed, fmt::format("{},{}:{}", old_value, compact(Json(place.key)), other_kind(choices)));
    }
    case Spoil::kRetype: place.value() = kHole; return with_hole(changed, other_kind(choices));
    case Spoil::kHugeNumber: place.value() = kHole; return with_hole(changed, huge(choices));
    case Spoil::kNotANumber: place.value() = kHole; return with_hole(changed, no_number(choices));
    case Spoil::kNestDeep: place.value() = kHole; return with_hole(changed, deep(choices));
    default: return compact(changed);
  }
}

Spoilt spoil(Spoil how, const Json& reply, int id, const std::vector<const Json*>& others, Choices& choices) {
  Json whole = Json{{"id", id}};
  whole.update(reply);
  const std::string genuine = compact(whole) + "\n";
  switch (how) {
    case Spoil::kFlipBits: return {flip(genuine.substr(0, genuine.size() - 1), choices) + "\n", false};
    case Spoil::kCutShort: {
      const std::size_t kept = choices.below(genuine.size() - 1);
      const bool ended = choices.one_in(2);
      return {genuine.substr(0, kept) + (ended ? "\n" : ""), true};
    }
    case Spoil::kWrongId: {
      constexpr std::array<std::string_view, 7> kIds = {"0", "-1", "4294967297", "\"1\"", "null", "1.0", "[]"};
      whole["id"] = kHole;
      return {with_hole(whole, pick(kIds, choices)) + "\n", false};
    }
    case Spoil::kRefuse: {
      Json answer = Json{{"id", id}};
      answer.update(refusal(choices));
      return {compact(answer) + "\n", false};
    }
    case Spoil::kOtherReply: {
      Json answer = Json{{"id", id}};
      if (!others.empty()) answer.update(*others[choices.below(others.size())]);
      return {compact(answer) + "\n", false};
    }
    case Spoil::kStray: {
      Json twin = whole;
      twin["id"] = id + 1;
      const std::string stray = choices.one_in(2) ? compact(twin) : std::string(R"({"event":"exited","id":1,"exit":0})");
      return {stray + "\n{}\n" + genuine + (choices.one_in(2) ? genuine : ""), false};
    }
    case Spoil::kGarbage: {
      constexpr std::array<std::string_view, 6> kLines = {"", "[]", "true", "\xff\xfe{", "{\"id\":1,\"ok\":true", "accepted"};
      return {pick(kLines, choices) + "\n", false};
    }
    case Spoil::kCloseFirst: return {"", true};
    default: return {spoil_text(how, whole, choices) + "\n", false};
  }
}

}  // namespace ka::fuzz
