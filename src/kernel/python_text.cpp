#include "kernel/python_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kColumns = 88;

/// Keywords, the names that generated modules import, and builtins that their host code calls.
constexpr std::array kReserved = {
    "False", "None",  "True",   "and",      "as",     "assert",  "async",  "await", "break",  "class", "continue",
    "def",   "del",   "elif",   "else",     "except", "finally", "for",    "from",  "global", "if",    "import",
    "in",    "is",    "lambda", "nonlocal", "not",    "or",      "pass",   "raise", "return", "try",   "while",
    "with",  "yield", "torch",  "triton",   "tl",     "math",    "nn",     "self",  "all",    "any",   "isinstance",
    "list",  "tuple", "type",   "zip",      "range",  "print",   "device",
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string python_identifier(std::string_view text) {
  std::string word;
  for (const char c : text) word += is_letter(c) || is_digit(c) ? c : '_';
  if (word.empty() || is_digit(word.front())) word.insert(0, "v");
  if (std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end()) word += '_';
  return word;
}

std::string NameScope::take(std::string_view wanted) {
  const std::string stem = python_identifier(wanted);
  std::string candidate = stem;
  for (int i = 1; !taken_.insert(candidate).second; ++i) candidate = fmt::format("{}_{}", stem, i);
  return candidate;
}

std::string tuple_text(const std::vector<std::string>& items) {
  if (items.size() == 1) return "(" + items.front() + ",)";
  return "(" + join(items, ", ") + ")";
}

std::string tuple_text(const Shape& numbers) {
  std::vector<std::string> items;
  for (const int64_t number : numbers) items.push_back(std::to_string(number));
  return tuple_text(items);
}

std::string torch_name(Dtype dtype) { return "torch." + std::string(name(dtype)); }

std::string string_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      literal += '\\';
      literal += c;
    } else if (c == '\n') {
      literal += "\\n";
    } else if (c == '#') {
      literal += "\\x23";  // readers that cut at '#' must not take it for a comment
    } else if (static_cast<unsigned char>(c) < 0x20) {
      literal += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      literal += c;
    }
  }
  return literal + "\"";
}

void write_items(SourceWriter& out, int depth, std::string_view head, const std::vector<std::string>& items,
                 std::string_view tail) {
  const std::string joined = join(items, ", ");
  const size_t indent = static_cast<size_t>(depth) * 4;
  if (items.empty() || indent + head.size() + joined.size() + tail.size() <= kColumns) {
    out.raw(std::string(head) + joined + std::string(tail));
    return;
  }
  out.raw(head);
  {
    const auto inner = out.indent();
    if (indent + 4 + joined.size() <= kColumns) {
      out.raw(joined);
    } else {
      for (const std::string& item : items) out.raw(item + ",");
    }
  }
  out.raw(tail);
}

}  // namespace ka
