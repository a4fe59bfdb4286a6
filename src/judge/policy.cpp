#include "judge/policy.h"

#include <algorithm>

#include "base/text.h"
#include "judge/launch_graph_text.h"
#include "judge/outline.h"
#include "judge/source_reader.h"
#include "syntax/tree.h"
#include "syntax/zones.h"

namespace ka {
namespace {

constexpr size_t kDeepest = 400;  ///< levels of syntax; Python's own parser gives up on deeper text

bool is_too_deep(const SyntaxNode& root) {
  std::vector<std::pair<SyntaxNode, size_t>> pending = {{root, 0}};
  while (!pending.empty()) {
    const auto [node, depth] = pending.back();
    pending.pop_back();
    if (depth > kDeepest) return true;
    for (const SyntaxNode& child : node.named_children()) pending.emplace_back(child, depth + 1);
  }
  return false;
}

bool has_encoding_cookie(const std::string& source) {
  const std::vector<std::string> lines = split_lines(source);
  for (size_t i = 0; i < std::min<size_t>(2, lines.size()); ++i) {
    if (lines[i].starts_with('#') &&
        (lines[i].find("coding:") != std::string::npos || lines[i].find("coding=") != std::string::npos))
      return true;
  }
  return false;
}

bool defines_entry(const SyntaxNode& root) {
  return find_definition(root, "kernel_function").has_value() || find_definition(root, "ModelNew").has_value();
}

}  // namespace

std::string to_text(const Breach& breach) { return fmt::format("line {}: {}: `{}`", breach.line, breach.rule, breach.text); }

SourceRuling rule_on_source(const std::string& source, const std::string& problem_source, bool trusted_zones) {
  SourceRuling ruling;
  ruling.text = source;
  ruling.has_atomics = source.find("atomic_") != std::string::npos;
  if (const auto line = first_line_of_other_than_utf8(source)) {
    ruling.syntax_error = fmt::format("line {} is not UTF-8", *line);
    return ruling;
  }
  const SyntaxTree whole = SyntaxTree::parse(source);
  if (is_too_deep(whole.root())) {
    ruling.syntax_error = "it is nested too deeply";
    return ruling;
  }
  if (const auto error = whole.first_error()) {
    ruling.syntax_error = fmt::format("line {}: {}", error->line(), shorten(first_line(error->text()), 80));
    return ruling;
  }
  ruling.breaches = breaches_of_text(whole);
  ruling.defines_entry = defines_entry(whole.root());
  ruling.outline = outline_of(whole.root());
  if (has_encoding_cookie(source)) ruling.breaches.push_back({1, "sources are UTF-8 without a cookie", first_line(source)});
  const SyntaxTree read = SyntaxTree::parse(without_launch_graph(whole));
  SourceNames names = names_of(read.root());
  if (read.source() != source) {
    names.functions.insert(kReplayedFunction);
    names.bound.insert(kReplayedFunction);
  }
  if (!trusted_zones || !has_zones(source)) {
    auto breaches = breaches_of(read.root(), names, 1);
    ruling.breaches.insert(ruling.breaches.end(), breaches.begin(), breaches.end());
    return ruling;
  }
  const auto zones = split_zones(read.source());
  const auto expected = construction_zone(problem_source, "the problem");
  if (!zones || !expected) {
    ruling.breaches.push_back(
        {1, "a composed program's zones follow each other", !zones ? zones.error().message : expected.error().message});
    return ruling;
  }
  if (trim(zones->construction) != trim(*expected)) {
    ruling.breaches.push_back({zones->construction_line, "the construction zone is the problem's own text", "it differs"});
    return ruling;
  }
  ruling.zoned = true;
  const SyntaxTree problem = SyntaxTree::parse(zones->construction);
  names.given = names_of(problem.root()).attributes;
  const SyntaxTree forward = SyntaxTree::parse(zones->forward);
  // The construction zone's imports are in force below it.
  auto breaches = breaches_of(forward.root(), names, zones->forward_line);
  ruling.breaches.insert(ruling.breaches.end(), breaches.begin(), breaches.end());
  return ruling;
}

}  // namespace ka
