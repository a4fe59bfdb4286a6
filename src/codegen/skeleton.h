#pragma once

#include <string>
#include <vector>

#include "codegen/expression.h"
#include "codegen/schedule.h"
#include "kernel/kernel.h"

namespace ka {

/// What a skeleton is given: one nest, how to run it, and the names of its tensors.
struct SkeletonInput {
  const Graph& graph;
  const Nest& nest;
  const Schedule& schedule;
  std::string entry;                                     ///< the jit function's name
  std::string summary;                                   ///< its docstring
  std::vector<std::pair<ValueId, std::string>> tensors;  ///< buffers in parameter order: reads, then writes
};

/// A jit function and how to launch it.
struct LaunchText {
  std::string source;
  Launch launch;
};

/// Every program takes a block of elements (map.cpp).
LaunchText write_map(const SkeletonInput& input);
/// Every program takes some rows and combines each over its columns (reduce.cpp).
LaunchText write_reduce(const SkeletonInput& input);
/// Every program takes some rows and walks each from its first element to its last (scan.cpp).
LaunchText write_scan(const SkeletonInput& input);
/// Every program takes some rows of a recurrent layer through all of its steps (recur.cpp).
LaunchText write_recur(const SkeletonInput& input);
/// Every program takes a tile of a matrix product and what follows it (contract.cpp).
LaunchText write_contract(const SkeletonInput& input);

/// Collects a skeleton's constants and writes the function around a body.
class FunctionText {
 public:
  FunctionText(const SkeletonInput& input, Names& names);

  /// Adds a compile-time constant parameter, passed at launch.
  void constant(const std::string& name, int64_t value) { constant(name, std::to_string(value)); }
  void constant(const std::string& name, std::string python);
  void grid(std::vector<std::string> extents) { grid_ = std::move(extents); }
  /// Gives the pointers' names to a writer of expressions.
  void name_tensors(ExpressionWriter& writer) const;
  LaunchText finish(const std::vector<std::string>& body) const;

 private:
  const SkeletonInput& input_;
  Names& names_;
  std::vector<std::string> pointers_;
  std::vector<std::pair<std::string, std::string>> constants_;
  std::vector<std::string> grid_;
};

/// Binds the axes of one flattened position (outermost first) to its text: the position itself where there is one axis, else its
/// quotients and remainders, written as lines `<stem>0 = position // …`. `shape` is appended to each use ("[:, None]" or empty).
void bind_axes(ExpressionWriter& writer, const Nest& nest, Names& names, const std::vector<AxisId>& axes,
               const std::string& position, const std::string& stem, const std::string& mask, const std::string& shape = {});

/// Puts a block under a header, indented.
void append_block(std::vector<std::string>& lines, const std::string& header, const std::vector<std::string>& block);

/// The value that leaves a combination unchanged, as text.
std::string identity_text(ReduceKind kind, Dtype type);

int64_t ceil_div(int64_t a, int64_t b);

}  // namespace ka
