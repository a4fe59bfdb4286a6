#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "choices.h"

namespace ka::fuzz {

/// The ways in which a reply is spoiled.
enum class Spoil {
  kFlipBits,
  kCutShort,
  kDropField,
  kRepeatField,  ///< the same key twice, or an element of a list twice
  kRetype,       ///< a value of another kind in its place
  kHugeNumber,
  kNotANumber,  ///< NaN and infinity, bare and as the strings that stand for them
  kNestDeep,    ///< 10^5 levels
  kWrongId,
  kRefuse,      ///< "ok": false with an error of any form
  kOtherReply,  ///< another reply of the same worker, under this id
  kStray,       ///< messages before the reply: its twin under another id, garbage that is JSON
  kGarbage,     ///< a line that is no message
  kCloseFirst,  ///< the line is closed, nothing is said
  kCount,
};
std::string_view name(Spoil spoil);

/// What goes over the line in place of a reply.
struct Spoilt {
  std::string bytes;
  bool close = false;  ///< the line is closed afterwards
};

/// Spoils one reply; `others` are further replies that the same worker gave.
Spoilt spoil(Spoil how, const Json& reply, int id, const std::vector<const Json*>& others, Choices& choices);

/// Changes one place of a document (kDropField … kNotANumber); the text may be no JSON afterwards.
std::string spoil_text(Spoil how, const Json& document, Choices& choices);

}  // namespace ka::fuzz
