#include "codegen/rows.h"

#include <algorithm>

namespace ka {

void RowsWriter::begin() {
  const Schedule& s = input_.schedule;
  const int64_t rows = nest_.parallel_extent();
  columns_ = nest_.reduce_extent();
  function_.constant("ROWS", rows);
  function_.constant("COLUMNS", columns_);
  function_.constant("ROW_BLOCK", s.rows);
  function_.constant("COLUMN_BLOCK", s.columns);
  function_.grid({std::to_string(ceil_div(rows, s.rows))});
  function_.name_tensors(writer_);
  row_mask_ = rows % s.rows != 0 ? "row_mask" : "";
  column_mask_ = columns_ % s.columns != 0 || columns_ == 0 ? "column_mask" : "";
  names_.fresh("row_mask");
  names_.fresh("column_mask");
  writer_.open_scope(nest_.parallel);
  wide_ = needs_wide_offsets(input_.graph, nest_);
  writer_.line(
      fmt::format("row = tl.program_id(0){} * ROW_BLOCK + tl.arange(0, ROW_BLOCK)[:, None]", wide_ ? ".to(tl.int64)" : ""));
  if (!row_mask_.empty()) writer_.line("row_mask = row < ROWS");
  bind_axes(writer_, nest_, names_, nest_.parallel, "row", "row", row_mask_);
}

void RowsWriter::bind_columns(const std::string& position) {
  writer_.line("col = " + position + (wide_ && columns_ > (int64_t{1} << 30) ? ".to(tl.int64)" : ""));
  if (!column_mask_.empty()) writer_.line("column_mask = col < COLUMNS");
  bind_axes(writer_, nest_, names_, nest_.reduce, "col", "col", column_mask_);
}

std::string RowsWriter::over_block(ExprId expr, const std::string& text) const {
  const std::vector<bool> used = nest_.axes_of(expr);
  const auto depends = [&](const std::vector<AxisId>& axes) {
    return std::any_of(axes.begin(), axes.end(), [&](AxisId axis) { return used[static_cast<size_t>(axis)]; });
  };
  const bool full = (depends(nest_.parallel) || input_.schedule.rows == 1) && depends(nest_.reduce);
  return full ? text : fmt::format("tl.broadcast_to({}, [ROW_BLOCK, COLUMN_BLOCK])", text);
}

}  // namespace ka
