#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace ka {

/// What programs compiled, before their first call (judge/ahead.h) or when they ran and were accepted: files of Triton's cache, as the
/// child that ran the program's text packed them (compiled.py).
///
/// That child ran the program's code, so that its answer is trusted for nothing but the same text: entries are found by the hash of the
/// whole source and the device, and a program cannot write one that another text reads. They live as long as the pool, whose workers
/// have the same versions throughout, and never touch the disk.
class CompiledStore {
 public:
  /// Keeps a program's files; what is no object of texts, empty or too large is left out.
  void keep(std::string_view source, std::string_view device, Json files);
  /// Returns the files for a program's text; an empty object where none are kept.
  Json find_for(std::string_view source, std::string_view device) const;

 private:
  std::map<std::string, Json> entries_;
  size_t bytes_ = 0;
};

}  // namespace ka
