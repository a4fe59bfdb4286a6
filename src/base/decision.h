#pragma once

#include <string>
#include <utility>

namespace ka {

/// Answers yes or no, always with the reason; kept in the run and shown to people.
struct Decision {
  bool yes = false;
  std::string reason;

  static Decision accept(std::string reason = {}) { return {true, std::move(reason)}; }
  static Decision refuse(std::string reason) { return {false, std::move(reason)}; }
  explicit operator bool() const { return yes; }
};

}  // namespace ka
