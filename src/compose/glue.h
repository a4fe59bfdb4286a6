#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "syntax/module.h"

namespace ka {

/// A program that a model has cut: `Model.forward` is Python glue, which may look at values, between calls of parts. A part is an nn.Module
/// class without a constructor that the original does not define, called as `Name()(tensors…)`.
class Glue {
 public:
  /// Reads a rewritten program. Fails, in words for who wrote it, where forward needs something that is neither a part nor the original's.
  static Result<Glue> read(std::string source, std::string_view original, std::string_view where);

  const std::string& source() const { return source_; }
  const std::vector<std::string>& parts() const { return parts_; }
  /// Prints forward as a method, with `functions[part]` for `part()`.
  std::string forward(const std::map<std::string, std::string>& functions) const;
  /// Prints a problem file whose Model is a part; `inputs` are Python expressions of its arguments.
  std::string part_problem(const std::string& part, const std::vector<std::string>& inputs) const;

 private:
  std::string source_;
  std::vector<std::string> parts_;
};

}  // namespace ka
