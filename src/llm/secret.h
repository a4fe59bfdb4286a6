#pragma once

#include <string>
#include <string_view>

namespace ka {

/// Holds an API key. It cannot be printed, formatted, compared or turned into JSON: only `reveal` gives it out, to whoever writes the
/// HTTP header. The memory is overwritten at the end.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret other) noexcept;
  ~Secret();

  bool empty() const { return value_.empty(); }
  const std::string& reveal() const { return value_; }

  /// Replaces every occurrence of the key in a text that came from outside (a server's error may repeat it). Values of fewer than 16
  /// bytes are placeholders such as "EMPTY", not keys, and stay.
  std::string scrub(std::string text) const;

 private:
  std::string value_;
};

}  // namespace ka
