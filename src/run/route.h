#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "ir/graph.h"
#include "run/config.h"

namespace ka {

/// A way that a program can take.
enum class Way {
  kCodegen,   ///< every operator can be emitted: the compiler writes the kernels, a model only where one is not accepted
  kPipeline,  ///< what the compiler cannot emit is left to the agent, subgraph by subgraph
  kAgent,     ///< the agent writes one kernel for the whole program
};
std::string_view name(Way way);

/// What is known of a program before its way is chosen. All of it is read from the traced operators and the syntax tree.
struct RouteFeatures {
  int64_t operators = 0;
  int64_t longest_chain = 0;  ///< operators on the longest path from an input to an output
  int64_t modules = 0;        ///< parameters' and buffers' owners: "layers.0" of "layers.0.weight"
  int64_t control_flow = 0;   ///< if, for and while in forward, where the text is known
  int64_t attention = 0, convolutions = 0, transposed_convolutions = 0, matmuls = 0, reductions = 0;
};

/// Which way a program takes, and why.
struct Route {
  std::vector<Way> ways;  ///< in the order tried; empty: nobody can take it
  std::string reason;
  std::string remembered;   ///< the run in which the first way worked, where that decided
  bool tie = false;         ///< the first two ways are equally good: a model may choose (run/tie.h)
  std::string chosen_by;    ///< the model that chose, where one did
  bool refactored = false;  ///< the graph is that of a rewritten program, because the original cannot be traced
  RouteFeatures features;
  struct Refused {
    std::string op, reason;
    Location location;
    int64_t count = 0;  ///< nodes with this operator that are refused for this reason
  };
  std::vector<Refused> refused;
  std::vector<std::pair<std::string, int64_t>> operators;  ///< every operator with its count, sorted by name

  /// "refactor", or the first way, or "none".
  std::string strategy() const;
};

/// Decides. Several graphs are the parts of one program, which take one way. `problem_text` may be empty; the configuration says what is wanted, whether a model is there, and whether later ways may follow.
Route choose_route(std::span<const Graph> graphs, std::string_view problem_text, const Config& config);
Json to_json(const Route& route);
/// One line for people.
std::string to_text(const RouteFeatures& features);

/// The error for a program that no author can take: names the operators, the first one's line, and what to do.
Error refusal(const Route& route, const std::string& problem);

/// The ways that worked, in `<runs>/router_cache.json`, by graph, platform, model, authors and version. Replaced in one step; a damaged file
/// is as good as none, and the cache never makes a run fail.
class RouterCache {
 public:
  RouterCache(const Config& config, const std::string& platform, std::span<const Graph> graphs);

  /// Puts the way that worked before to the front, which ends a tie. Says nothing where the configuration asks for a way, or not to be reminded.
  void remind(Route& route) const;
  /// Remembers a way that led to an accepted program.
  void keep(Way way, const std::string& run) const;

 private:
  const Config& config_;
  std::filesystem::path file_;
  std::string key_;
};

}  // namespace ka
