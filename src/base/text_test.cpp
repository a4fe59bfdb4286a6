#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, Splits) {
  EXPECT_THAT(split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a,", ','), ElementsAre("a", ""));
}

TEST(Text, SplitsLines) {
  EXPECT_THAT(split_lines("a\nb\r\n\nc\n"), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split_lines("a"), ElementsAre("a"));
  EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(Text, Joins) {
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, Trims) {
  EXPECT_EQ(trim(" \t a b\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(first_line("\n  first  \nsecond"), "first");
}

TEST(Text, IndentsLinesThatAreNotEmpty) { EXPECT_EQ(indent("a\n\n  b\n", 2), "  a\n\n    b\n"); }

TEST(Text, Replaces) {
  EXPECT_EQ(replace_all("aXbXX", "X", "XY"), "aXYbXYXY");
  EXPECT_EQ(replace_all("a", "", "b"), "a");
  EXPECT_EQ(to_lower("AbC-É"), "abc-É");
}

TEST(Text, ShortensAtCharacters) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc…");
  EXPECT_EQ(shorten("aéééé", 7), "aé…");
}

TEST(Text, Plurals) {
  EXPECT_EQ(plural(0, "kernel"), "0 kernels");
  EXPECT_EQ(plural(1, "kernel"), "1 kernel");
  EXPECT_EQ(plural(2, "copy", "copies"), "2 copies");
}

TEST(Text, HumanSizes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes((uint64_t{1} << 30) - 1), "1.0 GiB");
  EXPECT_EQ(human_bytes(uint64_t{8} << 30), "8.0 GiB");
}

TEST(Text, HumanDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human_duration(850ns), "850 ns");
  EXPECT_EQ(human_duration(12300ns), "12.3 us");
  EXPECT_EQ(human_duration(4560us), "4.56 ms");
  EXPECT_EQ(human_duration(100ms), "100 ms");
  EXPECT_EQ(human_duration(7800ms), "7.8 s");
  EXPECT_EQ(human_duration(600s), "10 min 0 s");
  EXPECT_EQ(human_duration(3780s), "1 h 3 min");
}

}  // namespace
}  // namespace ka
