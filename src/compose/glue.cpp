#include "compose/glue.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace ka {
namespace {

std::optional<Definition> forward_of(const SyntaxTree& tree) {
  const std::optional<Definition> model = find_definition(tree.root(), "Model");
  return model && model->is_class ? find_definition(model->body, "forward") : std::nullopt;
}

std::set<std::string> names_of(const SyntaxNode& block) {
  std::set<std::string> names;
  for (const Definition& item : definitions(block)) names.insert(item.name);
  return names;
}

/// Is the node `Part()`, for one of the parts?
bool is_part(const SyntaxNode& node, const std::set<std::string>& parts) {
  if (!node.is("call")) return false;
  const std::optional<SyntaxNode> function = node.field("function"), arguments = node.field("arguments");
  return function && arguments && function->is("identifier") && parts.contains(std::string(function->text())) &&
         arguments->named_children().empty();
}

/// Visits names that are read or called: not attributes, not keywords of calls.
template <class Visit>
void each_name(const SyntaxNode& node, const Visit& visit) {
  if (node.is("identifier")) visit(node);
  const std::string_view spared = node.is("attribute") ? "attribute" : node.is("keyword_argument") ? "name" : "";
  const std::optional<SyntaxNode> left_out = spared.empty() ? std::nullopt : node.field(spared);
  for (const SyntaxNode& child : node.named_children()) {
    if (!left_out || !(child == *left_out)) each_name(child, visit);
  }
}

tl::unexpected<Error> refuse(const SyntaxNode& node, std::string message, std::string_view where) {
  return fail(Fault::kInput, std::move(message), fmt::format("{}:{}", where, node.line()));
}

/// Why a class can be no part.
Status check_part(const Definition& part, std::string_view where) {
  for (const Definition& method : definitions(part.body)) {
    if (method.name == "__init__")
      return refuse(method.node, part.name + " has a constructor: parts hold nothing, and get what they need as arguments",
                    where);
  }
  return {};
}

}  // namespace

Result<Glue> Glue::read(std::string source, std::string_view original, std::string_view where) {
  KA_TRY(const SyntaxTree tree, parse_python(source, where));
  const SyntaxTree before = SyntaxTree::parse(std::string(original));
  const std::optional<Definition> forward = forward_of(tree);
  if (!forward) return fail(Fault::kInput, "Model has no forward", std::string(where));
  const std::set<std::string> known = top_level_names(before.root());
  Glue glue;
  for (const Definition& item : definitions(tree.root())) {
    if (!item.is_class || item.name == "Model" || known.contains(item.name)) continue;
    KA_CHECK_OK(check_part(item, where));
    glue.parts_.push_back(item.name);
  }
  const std::set<std::string> parts(glue.parts_.begin(), glue.parts_.end());
  const std::set<std::string> own = top_level_names(tree.root());
  std::optional<SyntaxNode> strange;
  each_name(forward->body, [&](const SyntaxNode& name) {
    const std::string text(name.text());
    const bool allowed = !own.contains(text) || known.contains(text) || (name.parent() && is_part(*name.parent(), parts));
    if (!allowed && !strange) strange = name;
  });
  if (strange) {
    const std::string text(strange->text());
    return refuse(*strange,
                  parts.contains(text) ? fmt::format("call {0} as {0}()(…)", text)
                                       : "forward may use parts and what the original file defines, but not " + text,
                  where);
  }
  const std::optional<Definition> model = find_definition(tree.root(), "Model"), old = find_definition(before.root(), "Model");
  const std::set<std::string> methods = old ? names_of(old->body) : std::set<std::string>();
  for (const Definition& method : definitions(model->body)) {
    if (!methods.contains(method.name) && method.name != "forward")
      return refuse(method.node, fmt::format("Model gets no new methods: put {} into forward or into a part", method.name),
                    where);
  }
  glue.source_ = std::move(source);
  return glue;
}

std::string Glue::forward(const std::map<std::string, std::string>& functions) const {
  const SyntaxTree tree = SyntaxTree::parse(source_);
  const SyntaxNode method = forward_of(tree)->whole;
  const std::set<std::string> parts(parts_.begin(), parts_.end());
  std::string text;
  uint32_t at = method.start();
  const auto write = [&](const auto& self, const SyntaxNode& node) -> void {
    if (is_part(node, parts)) {
      text += source_.substr(at, node.start() - at) + functions.at(std::string(node.field("function")->text()));
      at = node.end();
      return;
    }
    for (const SyntaxNode& child : node.named_children()) self(self, child);
  };
  write(write, method);
  text += source_.substr(at, method.end() - at);
  // The method's own depth becomes four spaces.
  const std::string indent(static_cast<size_t>(method.column()), ' ');
  std::vector<std::string> lines = split_lines(text);
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].starts_with(indent)) lines[i].erase(0, indent.size());
    if (!lines[i].empty()) lines[i].insert(0, "    ");
  }
  return "    " + join(lines, "\n");
}

std::string Glue::part_problem(const std::string& part, const std::vector<std::string>& inputs) const {
  return fmt::format(
      "{}\n\n\nimport torch\n\nModel = {}\n\n\ndef get_inputs():\n    return [{}]\n\n\ndef get_init_inputs():\n    return []\n",
      trim(source_), part, join(inputs, ", "));
}

}  // namespace ka
