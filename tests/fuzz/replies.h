#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "transcript.h"

namespace ka::fuzz {

/// What one input did.
struct Outcome {
  std::string kind;   ///< "error", a verdict's name, "read", "refused"
  std::string fault;  ///< empty, or what must not have happened
  std::string story;  ///< which transcript, which replies spoilt and how
};

/// Plays one judgement whose replies are spoilt as the bytes say, or feeds one spoilt message to the readers of messages and graphs.
///  - The candidate's replies can only convict: spoilt, they never turn a refused candidate into an accepted one.
///  - The comparing process's replies decide: what a reply as delivered demands is the verdict; one that lacks what a verdict rests on is
///    an error, never a verdict.
///  - Spoilt replies of the reference never turn a refused candidate into an accepted one.
///  - Nothing hangs.
Outcome play(std::span<const uint8_t> bytes);

/// Plays a transcript as it was recorded.
Outcome play_unspoilt(const Transcript& transcript);

}  // namespace ka::fuzz
