#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "syntax/tree.h"

namespace ka {

/// A function or class of a module or class body.
struct Definition {
  std::string name;
  bool is_class = false;
  SyntaxNode whole;  ///< decorators included
  SyntaxNode node;   ///< the function_definition or class_definition itself
  SyntaxNode body;   ///< its block
};

/// Lists the functions and classes that stand directly in a module or block, in order.
std::vector<Definition> definitions(const SyntaxNode& block);

/// Finds the last one of that name, as Python would.
std::optional<Definition> find_definition(const SyntaxNode& block, std::string_view name);

/// One parameter of a function: "x", "*xs", "k=2.0".
struct Parameter {
  std::string name;           ///< without stars
  std::string default_value;  ///< source text, or empty
  std::string stars;          ///< "", "*" or "**"
};
std::vector<Parameter> parameters(const SyntaxNode& function);

/// Lists the names that a module's top level binds: definitions, assignments, imports, loop and with targets, also under if and try.
std::set<std::string> top_level_names(const SyntaxNode& module);

/// Parses, and fails with the place of the first syntax error.
Result<SyntaxTree> parse_python(std::string source, std::string_view where);

/// Renames global names throughout a module: wherever the name stands for the global, not where it is an attribute, a keyword of a
/// call, or a local of the same name.
std::string rename_globals(std::string_view source, const std::map<std::string, std::string>& names);

}  // namespace ka
