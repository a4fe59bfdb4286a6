#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/expression.h"
#include "codegen/schedule.h"
#include "codegen/windows.h"
#include "kernel/kernel.h"

namespace ka {

/// Names the buffers that hold a contraction's operand as two float16 parts, each batch × rows × padded depth, and what each row was
/// multiplied with to fit them, inverted: NaN where it does not fit. Without `low`, only the rounded operand is kept.
struct OperandParts {
  std::string high, low, scale;
};

/// What a skeleton is given: one nest, how to run it, and the names of its tensors.
struct SkeletonInput {
  const Graph& graph;
  const Nest& nest;
  const Schedule& schedule;
  std::string entry;                                     ///< the jit function's name
  std::string summary;                                   ///< its docstring
  std::vector<std::pair<ValueId, std::string>> tensors;  ///< buffers in parameter order: reads, then writes
  std::vector<OperandParts> parts = {};                  ///< behind them: the left and the right operand's, or the one to be made
  std::optional<Windows> windows = {};                   ///< the right operand, where it has no parts
  std::string turns = {};  ///< counters, by row block and step, of programs that walk a recurrence together
};

/// One side of a contraction.
struct Operand {
  ExprId expr = kNone;
  const std::vector<AxisId>& across;  ///< its rows, or columns
  bool batched = false;               ///< does it depend on the batch?
};
Operand left_operand(const Nest& nest);
Operand right_operand(const Nest& nest);

/// Computes an operand over a block of positions across it and along its depth, and returns its text, of type `type` and zero where
/// `depth_mask` fails (empty: nowhere). `block` is the block's shape ("BLOCK_M, BLOCK_K").
std::string operand_block(ExpressionWriter& writer, const Nest& nest, const Operand& operand, const std::vector<AxisId>& depth,
                          const std::string& depth_mask, const std::string& block, Dtype type);

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
/// Every program takes some rows of a recurrent layer through all of its steps (recur.cpp),
LaunchText write_recur(const SkeletonInput& input);
/// or some units of some rows, and waits for the others in every step (recur_together.cpp).
LaunchText write_recur_together(const SkeletonInput& input);
/// Every program takes some rows of scores past all keys (attend.cpp).
LaunchText write_attend(const SkeletonInput& input);
/// Every program takes a tile of a matrix product and what follows it (contract.cpp).
LaunchText write_contract(const SkeletonInput& input);
/// Every program takes some rows of one of a matrix product's operands and cuts them into parts (operand_parts.cpp).
LaunchText write_operand_parts(const SkeletonInput& input, const Operand& operand);

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
  std::vector<std::string> buffers_;
  std::vector<std::string> pointers_;  ///< the parameter of each buffer
  std::vector<std::pair<std::string, std::string>> constants_;
  std::vector<std::string> grid_;
};

/// Binds the axes of one flattened position (outermost first) to its text: the position itself where there is one axis, else its
/// quotients and remainders, written as lines `<stem>0 = position // …`. `shape` is appended to each use ("[:, None]" or empty).
void bind_axes(ExpressionWriter& writer, const Nest& nest, Names& names, const std::vector<AxisId>& axes,
               const std::string& position, const std::string& stem, const std::string& mask, const std::string& shape = {});

/// How programs of several batches are numbered: along a launch's second axis, or where that takes no more of them (65,535 in CUDA), all
/// along the first. `program` and `batch` are the texts of a program's number in its batch, and of the batch.
struct BatchedGrid {
  BatchedGrid(int64_t programs, int64_t batches);
  std::vector<std::string> extents;
  std::string program = "tl.program_id(0)";
  std::string batch = "tl.program_id(1)";
};

/// Puts a block under a header, indented.
void append_block(std::vector<std::string>& lines, const std::string& header, const std::vector<std::string>& block);

/// The value that leaves a combination unchanged, as text.
std::string identity_text(ReduceKind kind, Dtype type);

int64_t ceil_div(int64_t a, int64_t b);

}  // namespace ka
