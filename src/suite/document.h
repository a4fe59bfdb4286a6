#pragma once

#include <string>
#include <vector>

namespace ka {

/// A table of text; columns from `numbers` on are aligned to the right.
struct DocumentTable {
  std::vector<std::string> head;
  size_t numbers = 1;
  std::vector<std::vector<std::string>> rows;
};

/// A part of a document: what stands in it is plain text, escaped for each form.
struct Section {
  std::string title;
  std::vector<std::string> lines;
  DocumentTable table;
  std::vector<std::string> figures;  ///< SVG; the Markdown form leaves them out
};

/// One text in two forms.
struct Document {
  std::string title;
  std::vector<Section> sections;
};
std::string to_markdown(const Document& document);
/// One self-contained page: no script, nothing loaded from elsewhere.
std::string to_html(const Document& document);

}  // namespace ka
