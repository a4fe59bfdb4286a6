#pragma once

#include <set>
#include <string>

#include "judge/names.h"

// Where in a candidate's source an expression stands, and so what can become of its value.

namespace ka {

/// A value that is made without running anybody's code: literals, names, arithmetic, containers, `tl.constexpr(…)`, element types.
bool is_constant(const SyntaxNode& node, const SourceNames& names);

/// Is this what a call calls?
bool is_called(const SyntaxNode& node);

/// Is this only compared, or asked about with isinstance or issubclass, alone or in a tuple?
bool is_only_asked(const SyntaxNode& node, const SourceNames& names);

/// Is this part of an annotation?
bool is_in_annotation(const SyntaxNode& node);

/// Is this the class that `super(C, self)` names?
bool is_first_of_super(const SyntaxNode& node, const SourceNames& names);

/// Does anything at or below this node run code when it is evaluated: a call, a function, a comprehension, an assignment?
bool runs_code(const SyntaxNode& node);

/// Does a string stand at or below this node?
bool holds_string(const SyntaxNode& node);

/// Does one of these names stand at or below this node?
bool names_any_of(const SyntaxNode& node, const std::set<std::string>& wanted);

/// Is this a statement that is a string, such as a doc string?
bool is_string_statement(const SyntaxNode& node);

/// `__all__ = ["ModelNew"]`, which nothing reads.
bool lists_exports(const SyntaxNode& node);

/// The names that a function binds: its parameters, and what its body assigns.
std::set<std::string> local_names(const SyntaxNode& function);

/// The function that tl.reduce, tl.associative_scan and tl.map_elementwise apply in a kernel, called so or as a tensor's method.
std::optional<SyntaxNode> applied_function(const SyntaxNode& call, const SourceNames& names);

}  // namespace ka
