#pragma once

#include <string_view>

namespace ka {

/// Prints the broken invariant and aborts. Never returns.
[[noreturn]] void check_failed(const char* file, int line, const char* condition, std::string_view message);

}  // namespace ka

/// Aborts with the place and the condition when one of our own invariants does not hold.
#define KA_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::ka::check_failed(__FILE__, __LINE__, #condition, (message)))
