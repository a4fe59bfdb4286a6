#include "suite/document.h"

#include "base/source_writer.h"
#include "base/templates.h"
#include "base/text.h"
#include "suite/plot.h"

namespace ka {
namespace {

std::string cell(const std::string& text) {
  return replace_all(replace_all(replace_all(text, "\n", " "), "|", "\\|"), "<", "&lt;");
}

void write_table(SourceWriter& out, const DocumentTable& table) {
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& one : cells) text += " " + cell(one) + " |";
    out.raw(text);
  };
  line(table.head);
  std::string rule = "|";
  for (size_t i = 0; i < table.head.size(); ++i) rule += i >= table.numbers ? "---:|" : "---|";
  out.raw(rule);
  for (const auto& row : table.rows) line(row);
}

void write_html_table(SourceWriter& out, const DocumentTable& table) {
  const auto line = [&](const std::vector<std::string>& cells, std::string_view tag) {
    std::string text = "<tr>";
    for (size_t i = 0; i < cells.size(); ++i)
      text += fmt::format("<{}{}>{}</{}>", tag, i >= table.numbers ? " class=\"n\"" : "", escaped(cells[i]), tag);
    out.raw(text + "</tr>");
  };
  out.raw("<div class=\"scroll\"><table>");
  line(table.head, "th");
  for (const auto& row : table.rows) line(row, "td");
  out.raw("</table></div>");
}

}  // namespace

std::string to_markdown(const Document& document) {
  SourceWriter out;
  out.line("# {}", document.title);
  for (const Section& section : document.sections) {
    if (section.lines.empty() && section.table.rows.empty()) continue;  // a figure alone
    out.blank();
    if (!section.title.empty()) {
      out.line("## {}", section.title);
      out.blank();
    }
    for (const std::string& line : section.lines) out.line("- {}", cell(line));
    if (section.table.rows.empty()) continue;
    if (!section.lines.empty()) out.blank();
    write_table(out, section.table);
  }
  return out.take();
}

std::string to_html(const Document& document) {
  SourceWriter out(0);
  out.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
  out.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  out.line("<title>{}</title>", escaped(document.title));
  out.raw("<style>");
  out.raw(trim(template_text("templates/suite/report.css")));
  out.raw("</style>\n</head>\n<body>");
  out.line("<h1>{}</h1>", escaped(document.title));
  for (const Section& section : document.sections) {
    if (section.lines.empty() && section.table.rows.empty() && section.figures.empty()) continue;
    out.raw("<section>");
    if (!section.title.empty()) out.line("<h2>{}</h2>", escaped(section.title));
    if (!section.lines.empty()) {
      out.raw("<ul>");
      for (const std::string& line : section.lines) out.line("<li>{}</li>", escaped(line));
      out.raw("</ul>");
    }
    for (const std::string& figure : section.figures) out.line("<figure>{}</figure>", figure);
    if (!section.table.rows.empty()) write_html_table(out, section.table);
    out.raw("</section>");
  }
  out.raw("</body>\n</html>");
  return out.take();
}

}  // namespace ka
