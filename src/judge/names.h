#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "syntax/tree.h"

namespace ka {

/// What the names of one source stand for, without scopes: a name counts as bound when any function binds it.
struct SourceNames {
  std::map<std::string, std::string> imported;         ///< name → full path ("tl" → "triton.language", "nn" → "torch.nn")
  std::set<std::string> bound;                         ///< parameters, assignment targets, definitions
  std::set<std::string> functions;                     ///< every `def`, methods included
  std::set<std::string> classes;                       ///< and the first parameters of class methods
  std::map<std::string, std::set<std::string>> bases;  ///< class → what it derives from, paths in full
  std::set<std::string> kernels;                       ///< functions that triton.jit or triton.constexpr_function decorates
  std::set<std::string> plain;                         ///< functions that are no kernels
  std::set<std::string> methods;                       ///< functions directly in a class
  std::set<std::string> bound_methods;                 ///< those that take the object
  std::set<std::string>
      attributes;  ///< what a class defines: its methods and constants, and what is set on self or ctx, or registered there
  std::set<std::string> repeated;   ///< classes that are defined more than once
  std::set<std::string> given;      ///< those of the problem's own classes, in a composed program
  std::set<std::string> assigned;   ///< bound by anything but a parameter
  std::set<std::string> ambiguous;  ///< imported, and given another meaning elsewhere
};
/// Reads them; the block of `if __name__ == "__main__"`, which never runs, gives a module none.
SourceNames names_of(const SyntaxNode& root);

/// Is this the block of `if __name__ == "__main__"`?
bool is_main_block(const SyntaxNode& node);

/// Returns the full path of a name or attribute chain that starts at an import ("tl.math.exp" → "triton.language.math.exp").
std::optional<std::string> path_of(const SyntaxNode& node, const SourceNames& names);

/// Names what decorates a function or a class, paths in full, without arguments.
std::vector<std::string> decorators_of(const SyntaxNode& definition, const SourceNames& names);

}  // namespace ka
