#include <algorithm>
#include <utility>

#include "base/text.h"
#include "judge/source_reader.h"

namespace ka {
namespace {

int line_at(std::string_view source, size_t position) {
  return 1 + static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
}

/// Bytes of the UTF-8 sequence that starts here; 0 where none does.
size_t sequence_at(std::string_view source, size_t position) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(source[index]); };
  const unsigned char lead = byte(position);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || position + length > source.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(position + i) & 0xC0) != 0x80) return 0;
  }
  if (length < 3) return length;
  const unsigned char second = byte(position + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : length;
}

using Span = std::pair<size_t, size_t>;

/// Where text may be in any language: comments and the insides of strings, f-strings' expressions left out.
void free_text(const SyntaxNode& node, std::vector<Span>& spans) {
  if (node.is("comment") || node.is("string_content")) return spans.emplace_back(node.start(), node.end()), void();
  for (const SyntaxNode& child : node.named_children()) free_text(child, spans);
}

/// Where tabs and spaces both indent, Python asks that every width of a tab mean the same, and a parser may pick one: returns the first
/// line that begins with a tab where another begins with a space. Lines inside strings are text.
std::optional<int> first_tab_among_spaces(std::string_view source, const std::vector<Span>& text) {
  std::optional<int> tab;
  bool spaces = false;
  int line = 1;
  auto span = text.begin();
  for (size_t start = 0; start < source.size(); ++line) {
    const size_t end = std::min(source.find_first_not_of(" \t", start), source.size());
    while (span != text.end() && span->second <= start) ++span;
    const std::string_view indentation = source.substr(start, end - start);
    const bool blank = end == source.size() || source[end] == '\n' || source[end] == '\r' || source[end] == '#';
    if (!blank && (span == text.end() || span->first > start)) {
      if (!tab && indentation.find('\t') != std::string_view::npos) tab = line;
      spaces = spaces || indentation.find(' ') != std::string_view::npos;
    }
    const size_t next = source.find('\n', start);
    start = next == std::string_view::npos ? source.size() : next + 1;
  }
  return spaces ? tab : std::nullopt;
}

}  // namespace

std::optional<int> first_line_of_other_than_utf8(std::string_view source) {
  for (size_t position = 0; position < source.size();) {
    const size_t length = sequence_at(source, position);
    if (length == 0) return line_at(source, position);
    position += length;
  }
  return std::nullopt;
}

std::vector<Breach> breaches_of_text(const SyntaxTree& tree) {
  const std::string& source = tree.source();
  std::vector<Span> spans;
  free_text(tree.root(), spans);
  if (const auto line = first_tab_among_spaces(source, spans))
    return {{*line, "indentation is spaces, or tabs, not both", "\\t"}};
  auto span = spans.begin();
  for (size_t i = 0; i < source.size(); ++i) {
    while (span != spans.end() && span->second <= i) ++span;
    const unsigned char byte = static_cast<unsigned char>(source[i]);
    const bool line_end = byte == '\r' && i + 1 < source.size() && source[i + 1] == '\n';
    if ((byte < 0x20 && byte != '\n' && byte != '\t' && !line_end) || byte == 0x7F)
      return {{line_at(source, i), "no control characters but line ends and tabs", fmt::format("\\x{:02x}", byte)}};
    const bool free = span != spans.end() && span->first <= i;
    if (byte >= 0x80 && !free) return {{line_at(source, i), "names are ASCII", fmt::format("\\x{:02x}", byte)}};
  }
  return {};
}

}  // namespace ka
