#pragma once

#include <string_view>

// The allow-lists of the static policy, as questions. Paths are written in full ("torch.nn.Linear"), aliases undone.

namespace ka {

/// May a candidate import this module, or this name from a module?
bool may_import(std::string_view path);

/// May forward code name this? `constructing`: inside __init__, where layers and their initial values are made.
bool may_name(std::string_view path, bool constructing);

/// May code inside a @triton.jit function name this?
bool may_name_in_kernel(std::string_view path);

/// May forward code call this method on an object whose type the text does not tell?
bool may_call_method(std::string_view method);

/// Is this one of Python's own functions, types or exceptions that can do no harm?
bool is_harmless_builtin(std::string_view name);

/// Names that reach around every rule, whatever they are bound to.
bool is_forbidden_name(std::string_view name);

/// Attributes that lead from an object to the interpreter's insides, or from a kernel to its Python function.
bool is_forbidden_attribute(std::string_view name);

}  // namespace ka
