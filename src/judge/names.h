#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "syntax/tree.h"

namespace ka {

/// What the names of one source stand for, without scopes: a name counts as bound when any function binds it.
struct SourceNames {
  std::map<std::string, std::string> imported;  ///< name → full path ("tl" → "triton.language", "nn" → "torch.nn")
  std::set<std::string> bound;                  ///< parameters, assignment targets, definitions
  std::set<std::string> functions;              ///< every `def`, methods included
  std::set<std::string> classes;
  std::set<std::string> kernels;     ///< functions that triton.jit or triton.constexpr_function decorates
  std::set<std::string> attributes;  ///< set on self or ctx, or registered there by name
  std::set<std::string> assigned;    ///< bound by anything but a parameter
  std::set<std::string> ambiguous;   ///< imported, and given another meaning elsewhere
};
SourceNames names_of(const SyntaxNode& root);

/// Returns the full path of a name or attribute chain that starts at an import ("tl.math.exp" → "triton.language.math.exp").
std::optional<std::string> path_of(const SyntaxNode& node, const SourceNames& names);

}  // namespace ka
