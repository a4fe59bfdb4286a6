#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "run/route.h"
#include "run/trace.h"

// What the commands that only look (route, trace, plan, ops) print. They leave nothing on disk.

namespace ka {

/// Traces a problem file in a worker, or reads a graph file, which needs no Python.
Result<Traced> look_at(const Config& config, const std::filesystem::path& path);

/// Says which way a problem file, or a graph file, takes. A program that cannot be traced is an error, or with a model a route that begins
/// with its refactoring.
Result<Route> look_for_route(const Config& config, const std::filesystem::path& path);

/// A plan as its artifacts.
struct PlanView {
  std::string text;       ///< plan.txt
  std::string subgraphs;  ///< subgraphs.json
  std::string graph;      ///< the canonical graph's text form
};
Result<PlanView> view_plan(Graph graph, const PlanTerms& terms);

/// Prints fused_code.py of a problem whose graph this is.
Result<std::string> view_fused(Graph graph, const std::filesystem::path& problem, const PlanTerms& terms);

/// Draws a plan as SVG.
Result<std::string> draw_plan(Graph graph, const PlanTerms& terms);

/// One row of the operator table, for people.
struct OperatorLine {
  std::string name;
  std::string how;     ///< "pointwise", "view", "reduce", …, "composite", or "refused"
  std::string reason;  ///< why it is refused, or empty
};
std::vector<OperatorLine> operator_lines();

}  // namespace ka
