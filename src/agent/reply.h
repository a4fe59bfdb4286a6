#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace ka {

inline constexpr size_t kLongestKernel = size_t{256} << 10;  ///< bytes; a longer module is nobody's kernel

/// Takes the kernel's module out of a model's reply: the last fenced block that is Python and defines `function`; where there are no
/// fences, the whole reply if it is such a module. Nothing is repaired or guessed: the error says what is missing, in words for the model.
Result<std::string> module_from_reply(std::string_view reply, std::string_view function = "kernel_function");

/// The JSON object in a reply, which may stand in a fence or between words; an empty one where there is none.
Json object_from_reply(const std::string& reply);

}  // namespace ka
