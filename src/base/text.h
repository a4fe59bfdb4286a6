#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ka {

/// Splits at every separator; an empty text is one empty piece.
std::vector<std::string> split(std::string_view text, char separator);
/// Splits into lines without their ends ("\n" or "\r\n"); a final newline starts no further line.
std::vector<std::string> split_lines(std::string_view text);
/// Joins pieces with a separator between them.
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
/// Returns the text without white space at both ends.
std::string_view trim(std::string_view text);
/// Puts `spaces` spaces before every line that is not empty.
std::string indent(std::string_view text, int spaces);
/// Replaces every occurrence.
std::string replace_all(std::string text, std::string_view from, std::string_view to);
/// Lowers ASCII letters.
std::string to_lower(std::string_view text);
/// Cuts a text to at most `width` bytes, at a UTF-8 boundary, ending in "…" where it was cut.
std::string shorten(std::string_view text, std::size_t width);
/// Returns the first line that is not empty, trimmed.
std::string first_line(std::string_view text);

/// "1 kernel", "2 kernels"; `many` where adding an s is not enough.
std::string plural(int64_t count, std::string_view one, std::string_view many = {});
/// "512 B", "1.5 KiB", "8.0 GiB".
std::string human_bytes(uint64_t bytes);
/// "850 ns", "12.3 us", "4.56 ms", "7.8 s", "2 min 5 s", "1 h 3 min".
std::string human_duration(std::chrono::nanoseconds span);

}  // namespace ka
