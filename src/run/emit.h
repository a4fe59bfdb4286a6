#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "ir/graph.h"
#include "run/config.h"

namespace ka {

/// Reads a graph: the worker's JSON (graph.json), or its text form (any other name). Needs no Python.
Result<Graph> read_graph(const std::filesystem::path& path);

/// True if the file holds a graph and no problem.
bool is_graph_file(const std::filesystem::path& path);

/// What `emit` found out about one graph.
struct Emission {
  Json kernels = Json::array();     ///< {subgraph, inputs, outputs, kernel, source}, a candidate each, in plan order
  Json host_views = Json::array();  ///< names of values that need no kernel
};

/// Plans a graph and writes kernels without judging them: the first candidate of every subgraph that no other stands for, or all of
/// them. Fails with the operator and the reason where one cannot be emitted.
Result<Emission> emit_kernels(Graph graph, const Config& config, bool all_candidates);

}  // namespace ka
