#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "compose/glue.h"
#include "ir/graph.h"
#include "run/workshop.h"

namespace ka {

/// What a look at a program of glue and parts found: what is wrong with it, in words for who wrote it, or the graphs of the parts that
/// were called, named after them.
struct GlueCheck {
  std::string fault;
  std::vector<Graph> graphs;
};

/// Compares a rewritten program with the original on all input sets, sees what its parts are called with, and traces each. Nothing may be
/// computed outside of parts; forward must keep to the judge's rules. Leaves a problem file per part in `file`'s folder, parts/NAME.py.
/// An error where the original cannot be compared with anything.
Task<Result<GlueCheck>> check_glue(Workshop& workshop, Glue glue, std::filesystem::path original, std::filesystem::path file);

}  // namespace ka
