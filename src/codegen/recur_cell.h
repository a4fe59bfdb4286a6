#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codegen/skeleton.h"

namespace ka {

/// What the skeletons of a recurrent layer write alike: a step's states, read from where the step before left them, and its cell.
class CellWriter {
 protected:
  explicit CellWriter(const SkeletonInput& input);

  /// Puts a block under a header where the writer is.
  void nested(const std::string& header, const std::vector<std::string>& block);
  /// Closes a scope that is no block of its own.
  void move_lines();
  /// A state before this step, broadcast to `shape`: what it started from, or what the step before left.
  void state(const std::string& name, ExprId first, const Index& last, const std::string& shape);
  /// The names of the gates, in the order of their weights.
  std::vector<std::string_view> gate_names() const;
  /// A step of the cell, and the stores of its states: `shares` is the hidden state's share of every gate, biases not yet added.
  void cell(const std::vector<std::string>& shares);
  /// The tensor that keeps every step's states.
  const std::string& states() const { return input_.tensors.back().second; }

  const SkeletonInput& input_;
  const Nest& nest_;
  const Recurrence& r_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
  std::string row_mask_;
  std::string cached_;  ///< ", cache_modifier=…" where other programs write the states that are read; else empty

 private:
  void store(const Write& write, const std::string& value);
};

}  // namespace ka
