#pragma once

#include <string>

#include "syntax/tree.h"

namespace ka {

/// The function through which a program reaches the fixed text that replays its launches.
inline constexpr const char* kReplayedFunction = "_replayed";

/// Blanks the fixed text of templates/program/launch_graph.py out of a source that holds it, whole, once, and as definitions of the module:
/// that text records CUDA graphs, which nothing else may, and is ours. All other lines keep their places. Any other source comes back as
/// it is, so that whatever only resembles the text is read like the rest.
std::string without_launch_graph(const SyntaxTree& whole);

}  // namespace ka
