#pragma once

#include <vector>

#include "judge/names.h"

// Whose object an expression of a candidate's source names: the program's own, by the text alone, or possibly anything.

namespace ka {

/// Is this `self`, or the `ctx` of an autograd function: the first parameter of the method that it stands in, and so an object of a class of
/// the program? A method that can be handed another object by name (a static one, a class's) has none.
bool is_own_self(const SyntaxNode& node, const SourceNames& names);

/// Is this own `self`, or reached from it through attributes and subscripts?
bool starts_at_own_self(const SyntaxNode& node, const SourceNames& names);

/// Is this a class of the program, by its name?
bool is_own_class(const SyntaxNode& node, const SourceNames& names);

/// Does a class of the program derive from this one (a path in full), directly or not?
bool derives_from(const std::string& name, std::string_view base, const SourceNames& names);

/// The class that a definition stands in directly, if any.
std::optional<SyntaxNode> class_around(const SyntaxNode& definition);

/// Does a call pass the method's own `self` first?
bool passes_own_self(const SyntaxNode& call, const SourceNames& names);

/// What a statement or an expression binds, sets or deletes: names, attributes and subscripts, however deep in its patterns.
std::vector<SyntaxNode> targets_of(const SyntaxNode& node);

}  // namespace ka
