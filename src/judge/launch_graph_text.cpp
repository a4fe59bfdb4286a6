#include "judge/launch_graph_text.h"

#include <algorithm>

#include "base/templates.h"
#include "base/text.h"

namespace ka {

std::string without_launch_graph(const SyntaxTree& whole) {
  const std::string& source = whole.source();
  const std::string_view fixed = trim(template_text("templates/program/launch_graph.py"));
  const size_t start = source.find(fixed), end = start + fixed.size();
  if (start == std::string::npos || source.find(fixed, end) != std::string::npos) return source;
  const std::vector<SyntaxNode> statements = whole.root().named_children();
  const auto begins = [&](const SyntaxNode& node) { return node.start() == start; };
  const auto ends = [&](const SyntaxNode& node) { return node.end() == end; };
  if (std::none_of(statements.begin(), statements.end(), begins) || std::none_of(statements.begin(), statements.end(), ends))
    return source;
  std::string blank = source;
  std::replace_if(
      blank.begin() + static_cast<std::ptrdiff_t>(start), blank.begin() + static_cast<std::ptrdiff_t>(end),
      [](char c) { return c != '\n'; }, ' ');
  return blank;
}

}  // namespace ka
