#pragma once

#include <string_view>

// The allow-lists of the static policy, as questions. Paths are written in full ("torch.nn.Linear"), aliases undone.

namespace ka {

/// May a candidate import this module, or this name from a module?
bool may_import(std::string_view path);

/// Is this a module, which is no value?
bool is_module(std::string_view path);

/// May forward code name this? `constructing`: inside __init__, where layers and their initial values are made.
bool may_name(std::string_view path, bool constructing);

/// May code inside a @triton.jit function name this?
bool may_name_in_kernel(std::string_view path);

/// May forward code call this method on an object whose type the text does not tell? With `constructing`: may __init__?
bool may_call_method(std::string_view method, bool constructing);

/// May forward code read this attribute, which the program itself does not define: a fact about a tensor, a layer or a device?
bool may_read_attribute(std::string_view name);

/// May a kernel use this attribute or method of a triton.language value?
bool may_use_in_kernel(std::string_view name);

/// Is this one of Python's own functions, types or exceptions that can do no harm?
bool is_harmless_builtin(std::string_view name);

/// Names that reach around every rule, whatever they are bound to.
bool is_forbidden_name(std::string_view name);

/// Attributes that no name of a program's own makes harmless: what hands out a tensor's memory past the dispatcher (Tensor.numpy), and the
/// frames and code of functions, generators and tracebacks.
bool is_forbidden_attribute(std::string_view name);

/// Has any object that a program may come to hold, and did not define, this attribute (data/foreign_attributes.txt)?
bool is_foreign_attribute(std::string_view name);

/// What nn.Module does with itself: a program may not put its own in its place.
bool is_machinery_of_modules(std::string_view name);

/// Does this kind of syntax occur in programs of the contract? Coroutines, generators, pattern matching and whatever the grammar will
/// learn do not.
bool is_known_syntax(std::string_view node_type);

/// Keyword arguments of triton.jit, triton.autotune and triton.Config that are data. Others name functions or files that Triton would
/// run or read.
bool is_plain_option(std::string_view decorator, std::string_view keyword);

}  // namespace ka
