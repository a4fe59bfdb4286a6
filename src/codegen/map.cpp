#include "codegen/skeleton.h"

namespace ka {

LaunchText write_map(const SkeletonInput& input) {
  Names names;
  const Nest& nest = input.nest;
  FunctionText function(input, names);
  const int64_t length = nest.parallel_extent();
  const bool wide = needs_wide_offsets(input.graph, nest);
  const bool ragged = length % input.schedule.block != 0;
  function.constant("LENGTH", length);
  function.constant("BLOCK", input.schedule.block);
  function.grid({std::to_string(ceil_div(length, input.schedule.block))});

  ExpressionWriter writer(input.graph, nest, names);
  function.name_tensors(writer);
  writer.open_scope(nest.parallel);
  writer.line(fmt::format("offs = tl.program_id(0){} * BLOCK + tl.arange(0, BLOCK)", wide ? ".to(tl.int64)" : ""));
  if (ragged) writer.line("mask = offs < LENGTH");
  bind_axes(writer, nest, names, nest.parallel, "offs", "i", ragged ? "mask" : "");
  for (const Write& write : nest.writes) {
    const std::string value = writer.value(write.value);
    writer.line(writer.store(write, value, "offs", ragged ? "mask" : ""));
  }
  return function.finish(writer.close_scope());
}

}  // namespace ka
