#include "llm/secret.h"

#include <utility>

#include "base/text.h"

namespace ka {
namespace {

constexpr std::size_t kShortestKey = 16;

/// Overwrites in a way that the compiler may not drop, the capacity beyond the end included.
void wipe(std::string& text) {
  text.resize(text.capacity());
  volatile char* bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
  text.clear();
}

}  // namespace

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { wipe(other.value_); }

Secret& Secret::operator=(Secret other) noexcept {
  value_.swap(other.value_);
  return *this;
}

Secret::~Secret() { wipe(value_); }

std::string Secret::scrub(std::string text) const {
  if (value_.size() < kShortestKey) return text;
  return replace_all(std::move(text), value_, "[key]");
}

}  // namespace ka
