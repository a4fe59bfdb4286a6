#pragma once

#include <string>

#include "codegen/skeleton.h"

namespace ka {

/// What the skeletons share in which a program takes ROW_BLOCK rows and sees COLUMN_BLOCK of their columns at a time: constants, grid,
/// positions with their masks, and blocks that every lane has.
class RowsWriter {
 protected:
  explicit RowsWriter(const SkeletonInput& input)
      : input_(input), nest_(input.nest), function_(input, names_), writer_(input.graph, input.nest, names_) {}

  /// Opens the scope of the rows and names their positions.
  void begin();
  /// Names the columns' positions, which `position` gives, in the scope that is open.
  void bind_columns(const std::string& position);
  /// Spreads the text of an expression over the block where it does not depend on all of it.
  std::string over_block(ExprId expr, const std::string& text) const;

  const SkeletonInput& input_;
  const Nest& nest_;
  Names names_;
  FunctionText function_;
  ExpressionWriter writer_;
  int64_t columns_ = 0;
  bool wide_ = false;
  std::string row_mask_;     ///< condition that holds within the rows; empty: always
  std::string column_mask_;  ///< the same of the columns
};

}  // namespace ka
