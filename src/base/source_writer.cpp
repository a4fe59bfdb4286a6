#include "base/source_writer.h"

namespace ka {

void SourceWriter::raw(std::string_view text) {
  const std::string margin(static_cast<std::size_t>(width_ * depth_), ' ');
  while (true) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty()) text_ += margin;
    text_ += line;
    text_ += '\n';
    if (end == std::string_view::npos || end + 1 == text.size()) return;
    text.remove_prefix(end + 1);
  }
}

void SourceWriter::blank(int lines) {
  if (text_.empty()) return;
  const auto last = text_.find_last_not_of('\n');
  const std::size_t newlines = text_.size() - (last == std::string::npos ? 0 : last + 1);
  const std::size_t wanted = static_cast<std::size_t>(lines) + 1;
  if (newlines < wanted) text_.append(wanted - newlines, '\n');
}

}  // namespace ka
