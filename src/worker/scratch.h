#pragma once

#include <filesystem>

#include "base/result.h"
#include "process/fd.h"

namespace ka {

/// A fresh folder of our own, removed with its content by the destructor. A lock file in it tells whether its owner lives, so that the
/// folders of a program that was killed (tensors in memory, above all) are removed by the next one.
class Scratch {
 public:
  /// Makes "kernelagent-XXXXXX" in `parent`, after removing those there whose owner is gone.
  static Result<Scratch> make(const std::filesystem::path& parent);
  Scratch(Scratch&&) = default;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  const std::filesystem::path& path() const { return path_; }

 private:
  Scratch(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace ka
