#pragma once

#include <string>
#include <vector>

#include "base/source_writer.h"
#include "compose/dataflow.h"
#include "kernel/python_text.h"

namespace ka {

/// What the parts of a program's forward zone call each other.
struct ProgramNames {
  NameScope module;                     ///< taken at module level
  std::vector<std::string> functions;   ///< per subgraph: the function that runs its kernel
  std::vector<std::string> parameters;  ///< per graph input: its name in kernel_function; empty where it is not a parameter
  std::vector<std::string> constants;   ///< per graph input: the module-level tuple of a literal constant, or empty
};

/// Is the input a tensor that the program makes itself, because forward does?
bool is_literal(const Input& input);

/// Is the input one that `forward` takes, rather than state of the module?
bool is_user_input(const Input& input);

/// Lists the inputs that are parameters, user inputs first, as indices into Graph::inputs.
std::vector<int> parameter_inputs(const Graph& graph, const ProgramNames& names);

/// Names the results of `_program`, in order: the user outputs, then the new values of plain attributes.
std::vector<std::string> result_names(const Graph& graph, const Dataflow& flow);

/// Writes `def _program(…)`: checks inputs, runs every kernel, writes mutations back, returns the results flat (one alone, else a tuple).
Status write_program(SourceWriter& out, const Plan& plan, const Dataflow& flow, const std::vector<const Kernel*>& kernels,
                     const ProgramNames& names);

/// Prints a number, string, bool or null of an artifact as a Python literal; {"float":"inf"} as float("inf").
std::string python_literal(const Json& json);

}  // namespace ka
