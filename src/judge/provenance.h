#pragma once

#include <string>
#include <string_view>

namespace ka {

// A problem that a model wrote says so in its own text, so that the word travels with the file: every verdict against it is qualified until
// a person has read the file and taken the line away.

/// Puts the line that names the author before a problem's text.
std::string mark_as_written_by(std::string_view author, std::string_view problem);

/// Names the model that a problem's text says it was written by; empty where no line says so.
std::string unconfirmed_author(std::string_view problem);

/// Returns the problem without such lines.
std::string confirmed(std::string_view problem);

}  // namespace ka
