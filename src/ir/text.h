#pragma once

#include <string>
#include <string_view>

#include "ir/graph.h"

namespace ka {

/// Prints a type as the text form does: "float32[4, 8] stride [1, 4] offset 2"; contiguous strides and offset 0 are left out.
std::string to_text(const TensorType& type);

/// Prints one argument as the text form does: "%x", "[1, 2]", "None", "2.0", "inf", "\"tanh\"", "float32".
std::string to_text(const Graph& graph, const Argument& argument);

/// Prints a double as its shortest text that reads back to the same bits and is visibly a float: "2.0", "1e-05", "inf", "nan".
std::string to_text(double number);

/// Is this a word that the text form writes without quotes: letters, digits, '_', '.', '/', '-', not empty?
bool is_plain_word(std::string_view text);

/// Prints a string in double quotes with JSON's escapes.
std::string quote(std::string_view text);

}  // namespace ka
