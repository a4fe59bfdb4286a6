#pragma once

#include <filesystem>
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

/// Runs the problem file once in a worker and returns its graph (docs/PROTOCOL.md). Errors name the line of the user's code.
Task<Result<Traced>> trace_problem(Workshop& workshop, std::filesystem::path problem);

/// "6 operators, 1 input, 4 parameters, 2 outputs".
std::string summary(const Graph& graph);

/// Which way a program takes, decided from its traced operators: no text is guessed at.
struct Route {
  /// "codegen": every operator can be emitted; "pipeline": some cannot, and are left to the agent; "none": some cannot, and there is no
  /// other author.
  std::string strategy;
  std::string reason;
  struct Refused {
    std::string op, reason;
    Location location;
    int64_t count = 0;  ///< nodes with this operator that are refused for this reason
  };
  std::vector<Refused> refused;
  std::vector<std::pair<std::string, int64_t>> operators;  ///< every operator with its count, sorted by name
};
Route choose_route(const Graph& graph, bool has_agent);
Json to_json(const Route& route);

/// The error for a program that no author can take: names the operators, the first one's line, and what to do.
Error refusal(const Route& route, const std::string& problem);

}  // namespace ka
