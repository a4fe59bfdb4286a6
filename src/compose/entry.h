#pragma once

#include <string>

#include "base/source_writer.h"
#include "compose/program.h"
#include "syntax/zones.h"

namespace ka {

/// Writes `_Forward` and `_call` (grad mode, other devices), `kernel_function`, and `ModelNew`, which takes its construction from the
/// problem's Model; with `replay`, its launches are recorded and replayed (launch_graph.h). Fails where the problem's forward or its state
/// cannot be written out.
Status write_entries(SourceWriter& out, const Plan& plan, const Dataflow& flow, const ProgramNames& names,
                     const ForwardSignature& signature, const std::set<std::string>& problem_names, bool replay);

/// Writes `_Forward`, `_call` and `kernel_function` alone: all that a part of a program needs, whose forward is written elsewhere.
Status write_function(SourceWriter& out, const Plan& plan, const Dataflow& flow, const ProgramNames& names,
                      const std::set<std::string>& problem_names);

/// Prints how forward reaches a leaf of its arguments: "x", "xs[0]", "batch[\"mask\"]".
std::string argument_access(const std::string& dotted_name);

/// Prints how a module reaches a piece of its state: "self.layers[0].fc.weight".
std::string attribute_access(const std::string& dotted_name);

/// Prints the nest of outputs (Graph::output_tree) around their names. Fails for classes that the problem does not define.
Result<std::string> tree_expression(const Json& tree, const std::vector<std::string>& names,
                                    const std::set<std::string>& problem_names);

}  // namespace ka
