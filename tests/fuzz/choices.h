#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ka::fuzz {

/// Turns bytes into decisions; zeros once they are used up, so that every input means something and a prefix means a simpler case.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint8_t byte() {
    if (next_ == bytes_.size()) return 0;
    return bytes_[next_++];
  }
  /// A number below `count`; 0 where there is nothing to choose from.
  std::size_t below(std::size_t count) {
    if (count <= 1) return 0;
    std::size_t value = byte();
    if (count > 256) value = (value << 8 | byte()) << 8 | byte();
    return value % count;
  }
  bool one_in(std::size_t count) { return below(count) == 1; }

 private:
  std::span<const uint8_t> bytes_;
  std::size_t next_ = 0;
};

}  // namespace ka::fuzz
