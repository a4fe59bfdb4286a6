#include "llm/secret.h"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

#include "base/json.h"

namespace ka {
namespace {

template <class T>
concept Streamed = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamed<Secret>);
static_assert(!std::is_constructible_v<Json, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST(Secret, LeavesNoTextThatRepeatsIt) {
  const Secret key("sk-0123456789abcdef0123");
  EXPECT_EQ(key.scrub("bad key sk-0123456789abcdef0123, sk-0123456789abcdef0123!"), "bad key [key], [key]!");
  EXPECT_EQ(Secret("EMPTY").scrub("EMPTY is a placeholder"), "EMPTY is a placeholder");
  EXPECT_EQ(Secret().scrub("text"), "text");
}

TEST(Secret, MovesAndCopies) {
  Secret first("sk-0123456789abcdef0123");
  const Secret copy = first;
  const Secret moved = std::move(first);
  EXPECT_EQ(copy.reveal(), "sk-0123456789abcdef0123");
  EXPECT_EQ(moved.reveal(), copy.reveal());
}

}  // namespace
}  // namespace ka
