#include "syntax/zones.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace ka {
namespace {

struct Edit {
  uint32_t start = 0;
  uint32_t end = 0;
  std::string replacement;
};

/// Does the text hold the word, not as a part of a longer one?
bool has_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

bool is_docstring(const SyntaxNode& statement) {
  const std::vector<SyntaxNode> parts = statement.named_children();
  return statement.is("expression_statement") && parts.size() == 1 && parts.front().is("string");
}

bool reads_like_code(std::string_view text) {
  constexpr std::array kWords = {"pass", "try", "except", "threading"};
  return text.find('#') != std::string_view::npos ||
         std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return has_word(text, word); });
}

/// Is the statement `if __name__ == …:`?
bool is_main_block(const SyntaxNode& statement) {
  const std::optional<SyntaxNode> condition = statement.is("if_statement") ? statement.field("condition") : std::nullopt;
  return condition && has_word(condition->text(), "__name__");
}

/// Collects what the construction zone leaves out or writes otherwise.
class Cutter {
 public:
  explicit Cutter(const std::string& source) : source_(source) {}

  void cut(const SyntaxNode& root, const Definition& model) {
    for (const SyntaxNode& statement : root.named_children()) {
      if (is_main_block(statement)) remove(statement);
    }
    for (const Definition& item : definitions(root)) {
      if (item.name == "get_inputs" || item.name == "get_init_inputs") remove(item.whole);
    }
    int statements = 0;
    for (const SyntaxNode& statement : model.body.named_children()) statements += statement.is("comment") ? 0 : 1;
    for (const Definition& method : definitions(model.body)) {
      if (method.name != "forward" || method.is_class) continue;
      if (--statements == 0)
        replace(method.whole, "...");
      else
        remove(method.whole);
    }
    visit(root);
  }

  std::string apply() {
    std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) { return a.start < b.start; });
    std::string out;
    uint32_t at = 0;
    for (const Edit& edit : edits_) {
      if (edit.start < at) continue;  // inside a part that is already left out
      out += std::string_view(source_).substr(at, edit.start - at);
      out += edit.replacement;
      at = edit.end;
    }
    return out + source_.substr(at);
  }

 private:
  void replace(const SyntaxNode& node, std::string text) { edits_.push_back({node.start(), node.end(), std::move(text)}); }

  /// Removes whole lines where nothing else stands on them, and the empty lines behind.
  void remove(const SyntaxNode& node) {
    uint32_t start = node.start();
    while (start > 0 && (source_[start - 1] == ' ' || source_[start - 1] == '\t')) --start;
    uint32_t end = node.end();
    while (end < source_.size() && (source_[end] == ' ' || source_[end] == '\t')) ++end;
    const bool whole_lines = (start == 0 || source_[start - 1] == '\n') && (end == source_.size() || source_[end] == '\n');
    if (whole_lines && end < source_.size()) ++end;
    while (whole_lines && end < source_.size() && source_[end] == '\n') ++end;
    edits_.push_back({whole_lines ? start : node.start(), whole_lines ? end : node.end(), ""});
  }

  void visit(const SyntaxNode& node) {
    if (node.is("pass_statement")) replace(node, "...");
    if (node.is("module") || node.is("block")) {
      const std::vector<SyntaxNode> statements = node.named_children();
      for (const SyntaxNode& statement : statements) {
        if (!is_docstring(statement) || !reads_like_code(statement.text())) continue;
        if (node.is("block") && statements.size() == 1)
          replace(statement, "...");
        else
          remove(statement);
      }
    }
    for (const SyntaxNode& child : node.named_children()) visit(child);
  }

  const std::string& source_;
  std::vector<Edit> edits_;
};

/// Is the statement `if __name__ == "__main__":` without another branch?
bool is_self_test(const SyntaxNode& statement) {
  const std::optional<SyntaxNode> condition = statement.is("if_statement") ? statement.field("condition") : std::nullopt;
  return condition && condition->text() == "__name__ == \"__main__\"" && !statement.field("alternative");
}

/// Cuts a program at its markers. Only comments that stand directly in the module are markers: in a string, a bracket or a block they
/// would not end what Python reads.
class Splitter {
 public:
  explicit Splitter(std::string program) : tree_(SyntaxTree::parse(std::move(program))) {}

  Result<Zones> split() {
    if (const auto error = tree_.first_error()) return refuse(*error, "the program is not valid Python");
    for (const SyntaxNode& node : tree_.root().named_children()) {
      const int place = node.is("comment") && node.column() == 0 ? marker(node.text()) : kNoMarker;
      if (place != kNoMarker && place != static_cast<int>(markers_.size()))
        return refuse(node, "a zone marker stands twice or out of order");
      if (place != kNoMarker) markers_.push_back(node);
      if (place != kNoMarker || node.is("comment")) continue;
      if (markers_.empty()) return refuse(node, "code above the construction zone");
      if (markers_.size() == 3 && (std::exchange(tested_, true) || !is_self_test(node))) {
        return refuse(node, "the self-test zone must be one `if __name__ == \"__main__\":` block");
      }
    }
    // An exported program has dropped its self-test.
    if (markers_.size() < 2) return fail(Fault::kInput, "the program lacks its zone markers");
    return zones();
  }

 private:
  static constexpr int kNoMarker = -1;

  static int marker(std::string_view comment) {
    if (comment.starts_with(kConstructionMarker)) return 0;
    return comment == kForwardMarker ? 1 : comment == kSelfTestMarker ? 2 : kNoMarker;
  }

  static tl::unexpected<Error> refuse(const SyntaxNode& node, std::string_view why) {
    return fail(Fault::kInput, fmt::format("line {}: {}", node.line(), why));
  }

  /// The text between two markers, whole lines.
  std::string between(size_t from, size_t to) const {
    const size_t start = markers_[from].end() + 1;
    const size_t end = to < markers_.size() ? markers_[to].start() : tree_.source().size();
    return start < end ? tree_.source().substr(start, end - start) : "";
  }

  Zones zones() const {
    Zones zones;
    zones.header = tree_.source().substr(0, markers_[0].start());
    zones.problem_hash = markers_[0].text().substr(kConstructionMarker.size(), 64);
    zones.construction = between(0, 1);
    zones.forward = between(1, 2);
    zones.construction_line = markers_[0].line() + 1;
    zones.forward_line = markers_[1].line() + 1;
    if (markers_.size() == 3) {
      zones.self_test = between(2, 3);
      zones.self_test_line = markers_[2].line() + 1;
    }
    return zones;
  }

  SyntaxTree tree_;
  std::vector<SyntaxNode> markers_;
  bool tested_ = false;
};

Result<Definition> find_model(const SyntaxNode& root, std::string_view where) {
  std::optional<Definition> model = find_definition(root, "Model");
  if (!model || !model->is_class) return fail(Fault::kInput, "the problem has no class Model", std::string(where));
  return std::move(*model);
}

}  // namespace

std::string construction_marker(std::string_view problem_source) {
  return std::string(kConstructionMarker) + sha256(problem_source) + ") ---";
}

bool has_zones(std::string_view program) {
  return program.starts_with(kConstructionMarker) ||
         program.find("\n" + std::string(kConstructionMarker)) != std::string_view::npos;
}

Result<Zones> split_zones(std::string_view program) { return Splitter(std::string(program)).split(); }

Result<std::string> construction_zone(std::string_view problem_source, std::string_view where) {
  KA_TRY(const SyntaxTree tree, parse_python(replace_all(std::string(problem_source), "\r\n", "\n"), where));
  KA_TRY(const Definition model, find_model(tree.root(), where));
  Cutter cutter(tree.source());
  cutter.cut(tree.root(), model);
  return std::string(trim(cutter.apply())) + "\n";
}

Result<ForwardSignature> forward_signature(const SyntaxTree& problem, std::string_view where) {
  KA_TRY(const Definition model, find_model(problem.root(), where));
  const std::optional<Definition> forward = find_definition(model.body, "forward");
  if (!forward || forward->is_class) return fail(Fault::kInput, "class Model does not define forward itself", std::string(where));
  ForwardSignature signature;
  signature.parameters = parameters(forward->node);
  const std::optional<SyntaxNode> list = forward->node.field("parameters");
  if (signature.parameters.empty() || !list) return fail(Fault::kInput, "Model.forward takes no self", std::string(where));
  signature.parameters.erase(signature.parameters.begin());
  const std::vector<SyntaxNode> items = list->named_children();
  std::vector<std::string> texts;
  for (size_t i = 1; i < items.size(); ++i) {
    if (!items[i].is("comment")) texts.emplace_back(items[i].text());
  }
  signature.text = join(texts, ", ");
  return signature;
}

}  // namespace ka
