#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syntax/tree.h"

// What a source defines, imports, calls and names, and where, as lines of text. The worker writes the same from Python's own syntax tree
// (outline.py); where the two differ, the rules were applied to another program than the one that would run.

namespace ka {

/// Returns lines "KIND LINE:COLUMN NAME", sorted. Kinds: function, class, lambda, call, attribute, name, import, from. What stands inside
/// an f-string has the place of the whole string.
std::string outline_of(const SyntaxNode& root);

/// Returns the line of the source from which on two outlines differ; nothing when they are equal.
std::optional<int> first_difference(std::string_view ours, std::string_view theirs);

}  // namespace ka
