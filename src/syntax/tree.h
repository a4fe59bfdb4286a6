#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ka {

/// One node of a Python syntax tree: a view, valid while its SyntaxTree lives. Types and fields are those of tree-sitter-python
/// ("function_definition" with fields "name", "parameters", "body"; …).
class SyntaxNode {
 public:
  std::string_view type() const;
  std::string_view text() const;  ///< the node's source
  uint32_t start() const;         ///< byte offsets into the source
  uint32_t end() const;
  int line() const;    ///< of the first character, from 1
  int column() const;  ///< in bytes, from 0

  bool is_named() const;    ///< false for punctuation and keywords
  bool is_missing() const;  ///< put in by the parser where the source lacks it
  bool is_error() const;    ///< source that the parser could not place
  bool has_error() const;   ///< an error or a missing node is at or below this one

  std::vector<SyntaxNode> children() const;        ///< all, punctuation included
  std::vector<SyntaxNode> named_children() const;  ///< without punctuation; comments included
  std::optional<SyntaxNode> field(std::string_view name) const;
  std::optional<SyntaxNode> parent() const;

  bool is(std::string_view wanted) const { return type() == wanted; }
  bool operator==(const SyntaxNode& other) const { return id_ == other.id_ && tree_ == other.tree_; }

 private:
  friend class SyntaxTree;
  friend struct NodeAccess;
  // The parts of a TSNode: only tree.cpp knows tree-sitter.
  std::array<uint32_t, 4> context_{};
  const void* id_ = nullptr;
  const void* tree_ = nullptr;
  const std::string* source_ = nullptr;
};

/// A parsed Python source. Parsing never fails: unreadable parts become error nodes.
class SyntaxTree {
 public:
  static SyntaxTree parse(std::string source);

  SyntaxNode root() const;
  const std::string& source() const { return *source_; }
  /// Returns the first error or missing node in source order, if any.
  std::optional<SyntaxNode> first_error() const;

 private:
  SyntaxTree() = default;
  std::shared_ptr<const std::string> source_;
  std::shared_ptr<const void> tree_;
};

}  // namespace ka
