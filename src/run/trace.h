#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "run/workshop.h"

namespace ka {

/// A traced problem, and what the worker noticed.
struct Traced {
  Graph graph;
  std::vector<std::string> warnings;
};

/// What came of tracing: the graph, or why a program that runs cannot be traced.
struct TraceAnswer {
  Traced traced;
  std::optional<Error> untraceable;
};

/// Runs the problem file once in a worker (docs/PROTOCOL.md). Errors name the line of the user's code.
Task<Result<TraceAnswer>> try_trace(Workshop& workshop, std::filesystem::path problem);

/// The same, where only a graph will do.
Task<Result<Traced>> trace_problem(Workshop& workshop, std::filesystem::path problem);

/// "6 operators, 1 input, 4 parameters, 2 outputs".
std::string summary(const Graph& graph);

}  // namespace ka
