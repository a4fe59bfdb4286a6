#include "syntax/tree.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

extern "C" const TSLanguage* tree_sitter_python();

namespace ka {

/// Turns views into tree-sitter's nodes and back.
struct NodeAccess {
  static TSNode of(const SyntaxNode& node) {
    TSNode raw;
    std::copy(node.context_.begin(), node.context_.end(), raw.context);
    raw.id = node.id_;
    raw.tree = static_cast<const TSTree*>(node.tree_);
    return raw;
  }
  static SyntaxNode make(const TSNode& raw, const std::string* source) {
    SyntaxNode node;
    std::copy(std::begin(raw.context), std::end(raw.context), node.context_.begin());
    node.id_ = raw.id;
    node.tree_ = raw.tree;
    node.source_ = source;
    return node;
  }
  static std::optional<SyntaxNode> make_optional(const TSNode& raw, const std::string* source) {
    if (ts_node_is_null(raw)) return std::nullopt;
    return make(raw, source);
  }
};

std::string_view SyntaxNode::type() const { return ts_node_type(NodeAccess::of(*this)); }
std::string_view SyntaxNode::text() const { return std::string_view(*source_).substr(start(), end() - start()); }
uint32_t SyntaxNode::start() const { return ts_node_start_byte(NodeAccess::of(*this)); }
uint32_t SyntaxNode::end() const { return ts_node_end_byte(NodeAccess::of(*this)); }
int SyntaxNode::line() const { return static_cast<int>(ts_node_start_point(NodeAccess::of(*this)).row) + 1; }
int SyntaxNode::column() const { return static_cast<int>(ts_node_start_point(NodeAccess::of(*this)).column); }
bool SyntaxNode::is_named() const { return ts_node_is_named(NodeAccess::of(*this)); }
bool SyntaxNode::is_missing() const { return ts_node_is_missing(NodeAccess::of(*this)); }
bool SyntaxNode::is_error() const { return type() == "ERROR"; }
bool SyntaxNode::has_error() const { return ts_node_has_error(NodeAccess::of(*this)); }

std::vector<SyntaxNode> SyntaxNode::children() const {
  // A cursor visits all children in linear time, which indexing does not.
  std::vector<SyntaxNode> nodes;
  TSTreeCursor cursor = ts_tree_cursor_new(NodeAccess::of(*this));
  if (ts_tree_cursor_goto_first_child(&cursor)) {
    do {
      nodes.push_back(NodeAccess::make(ts_tree_cursor_current_node(&cursor), source_));
    } while (ts_tree_cursor_goto_next_sibling(&cursor));
  }
  ts_tree_cursor_delete(&cursor);
  return nodes;
}

std::vector<SyntaxNode> SyntaxNode::named_children() const {
  std::vector<SyntaxNode> nodes = children();
  std::erase_if(nodes, [](const SyntaxNode& node) { return !node.is_named(); });
  return nodes;
}

std::optional<SyntaxNode> SyntaxNode::field(std::string_view name) const {
  return NodeAccess::make_optional(
      ts_node_child_by_field_name(NodeAccess::of(*this), name.data(), static_cast<uint32_t>(name.size())), source_);
}

std::optional<SyntaxNode> SyntaxNode::parent() const {
  return NodeAccess::make_optional(ts_node_parent(NodeAccess::of(*this)), source_);
}

SyntaxTree SyntaxTree::parse(std::string source) {
  SyntaxTree tree;
  tree.source_ = std::make_shared<const std::string>(std::move(source));
  const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(ts_parser_new(), &ts_parser_delete);
  KA_CHECK(ts_parser_set_language(parser.get(), tree_sitter_python()), "the grammar's ABI does not fit the library");
  TSTree* raw = ts_parser_parse_string(parser.get(), nullptr, tree.source_->data(), static_cast<uint32_t>(tree.source_->size()));
  KA_CHECK(raw != nullptr, "the parser was cancelled");
  tree.tree_ = std::shared_ptr<const void>(
      raw, [](const void* pointer) { ts_tree_delete(static_cast<TSTree*>(const_cast<void*>(pointer))); });
  return tree;
}

SyntaxNode SyntaxTree::root() const {
  return NodeAccess::make(ts_tree_root_node(static_cast<const TSTree*>(tree_.get())), source_.get());
}

std::optional<SyntaxNode> SyntaxTree::first_error() const {
  std::optional<SyntaxNode> node = root();
  if (!node->has_error()) return std::nullopt;
  while (!node->is_error() && !node->is_missing()) {
    const std::vector<SyntaxNode> children = node->children();
    const auto next = std::find_if(children.begin(), children.end(), [](const SyntaxNode& child) {
      return child.has_error() || child.is_missing() || child.is_error();
    });
    if (next == children.end()) break;
    node = *next;
  }
  return node;
}

}  // namespace ka
