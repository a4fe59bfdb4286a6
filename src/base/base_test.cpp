#include <gtest/gtest.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/result.h"

namespace ka {
namespace {

TEST(Digest, MatchesTheStandardsVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_FALSE(sha256_file("/no/such/file"));
}

TEST(Clock, PrintsUtc) {
  const UtcTime time = UtcTime(std::chrono::milliseconds(1'795'367'261'007));
  EXPECT_EQ(utc_timestamp(time), "2026-11-22T17:07:41.007Z");
  EXPECT_EQ(utc_compact(time), "20261122_170741");
  EXPECT_EQ(utc_timestamp(UtcTime(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

Result<int> parse(bool good) {
  if (!good) return fail(Fault::kInput, "bad number", "a.txt:3", "write a digit");
  return 4;
}
Status check(bool good) {
  KA_TRY(const int value, parse(good));
  KA_CHECK(value == 4, "four is four");
  return {};
}
Status twice(bool good) {
  KA_CHECK_OK(check(true));
  KA_CHECK_OK(check(good));
  return {};
}

TEST(Result, MacrosPassErrorsOn) {
  EXPECT_TRUE(twice(true));
  EXPECT_EQ(to_text(twice(false).error()), "error: bad number (a.txt:3)\n  hint: write a digit");
  EXPECT_EQ(to_text(Error{Fault::kInternal, "oh", {}, {}}), "error: oh");
}

TEST(Result, ExitCodesFollowTheFault) {
  EXPECT_EQ(exit_code(Fault::kInput), 2);
  EXPECT_EQ(exit_code(Fault::kEnvironment), 3);
  EXPECT_EQ(exit_code(Fault::kSandbox), 4);
  EXPECT_EQ(exit_code(Fault::kInterrupted), 130);
  EXPECT_EQ(exit_code(Fault::kInternal), 70);
}

TEST(CheckDeathTest, SaysWhatBroke) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(KA_CHECK(1 + 1 == 3, "sums add up"), "base_test.cpp:.*sums add up \\(1 \\+ 1 == 3\\)");
}

TEST(Log, WritesToAFileByLevel) {
  const auto dir = make_temp_dir("log-test-").value();
  ASSERT_TRUE(log_to_file(dir / "log"));
  set_log_level(LogLevel::kInfo);
  log_debug("hidden {}", 1);
  log_info("shown {}", 2);
  log_line(LogLevel::kError, "as {it} is");
  set_log_level(LogLevel::kOff);
  log_error("hidden too");
  const std::string text = read_file(dir / "log").value();
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find(" I shown 2\n"), std::string::npos);
  EXPECT_NE(text.find(" E as {it} is\n"), std::string::npos);
  EXPECT_FALSE(log_to_file(dir / "log" / "file"));
  EXPECT_TRUE(remove_tree(dir));
}

}  // namespace
}  // namespace ka
