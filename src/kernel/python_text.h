#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_writer.h"
#include "ir/types.h"

namespace ka {

/// Turns any text into a Python identifier that is neither a keyword nor a name the generated modules use ("torch", "triton", "tl").
std::string python_identifier(std::string_view text);

/// Gives out names that are all different: the wanted one, or the first free of name_1, name_2, …
class NameScope {
 public:
  /// Marks a name as taken without giving it out.
  void reserve(std::string name) { taken_.insert(std::move(name)); }
  bool is_taken(const std::string& name) const { return taken_.contains(name); }
  /// Returns a free Python identifier made of `wanted`, and takes it.
  std::string take(std::string_view wanted);

 private:
  std::set<std::string> taken_;
};

/// Prints "(4, 8)", "(4,)", "()".
std::string tuple_text(const Shape& numbers);
std::string tuple_text(const std::vector<std::string>& items);

/// Prints "torch.float32".
std::string torch_name(Dtype dtype);

/// Prints a Python string literal in double quotes.
std::string string_literal(std::string_view text);

/// Writes `head` + items + `tail` as black does: on one line where it fits in 88 columns, else the items on a line of their own,
/// else an item a line. `depth` is the number of blocks that `out` stands in.
void write_items(SourceWriter& out, int depth, std::string_view head, const std::vector<std::string>& items,
                 std::string_view tail);

}  // namespace ka
