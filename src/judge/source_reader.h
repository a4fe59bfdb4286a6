#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "judge/names.h"
#include "judge/policy.h"

// Reads a candidate's source with the rules of source_rules.h in hand.

namespace ka {

/// Returns what code breaks, in source order, 20 breaches at most. `first_line` is the line at which `root` begins in its file.
std::vector<Breach> breaches_of(const SyntaxNode& root, SourceNames names, int first_line);

/// Returns what the text itself breaks, whatever it says: ASCII outside of strings and comments, no control characters but line ends
/// and tabs, no indentation of tabs and spaces.
std::vector<Breach> breaches_of_text(const SyntaxTree& tree);

/// Returns the line of the first byte that is not UTF-8.
std::optional<int> first_line_of_other_than_utf8(std::string_view source);

}  // namespace ka
