#include "base/env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Env, ParsesTheUsualForms) {
  const auto entries = parse_env(
      "# a comment\n"
      "PLAIN=value\n"
      "  export SPACED = some words  # comment\n"
      "HASH=a#b\n"
      "SINGLE='it is $literal\\n'\n"
      "DOUBLE=\"two\\nlines \\\"quoted\\\"\" # comment\n"
      "EMPTY=\r\n"
      "URL=http://a/?b=c\n",
      "env");
  ASSERT_TRUE(entries) << to_text(entries.error());
  EXPECT_THAT(*entries, ElementsAre(Pair("PLAIN", "value"), Pair("SPACED", "some words"), Pair("HASH", "a#b"),
                                    Pair("SINGLE", "it is $literal\\n"), Pair("DOUBLE", "two\nlines \"quoted\""),
                                    Pair("EMPTY", ""), Pair("URL", "http://a/?b=c")));
}

TEST(Env, ErrorsNameTheLineButNeverItsContent) {
  for (const char* text : {"A=1\nsk-secret\n", "A=1\n1B=sk-secret", "A=1\nB='sk-secret\n", "A=1\nB='x' sk-secret"}) {
    const auto entries = parse_env(text, ".env");
    ASSERT_FALSE(entries) << text;
    EXPECT_EQ(entries.error().where, ".env:2");
    EXPECT_EQ(to_text(entries.error()).find("secret"), std::string::npos);
  }
}

TEST(Env, AFileNeverOverridesTheEnvironment) {
  const auto dir = make_temp_dir("env-test-").value();
  ::setenv("KA_ENV_TEST_SET", "real", 1);
  ::unsetenv("KA_ENV_TEST_NEW");
  ASSERT_TRUE(write_file_atomic(dir / ".env", "KA_ENV_TEST_SET=file\nKA_ENV_TEST_NEW=file\n"));
  EXPECT_TRUE(load_env_file(dir / ".env"));
  EXPECT_EQ(get_env("KA_ENV_TEST_SET"), "real");
  EXPECT_EQ(get_env("KA_ENV_TEST_NEW"), "file");
  EXPECT_TRUE(load_env_file(dir / "missing"));
  EXPECT_TRUE(remove_tree(dir));
}

TEST(Env, UnsetAndEmptyDiffer) {
  ::setenv("KA_ENV_TEST_EMPTY", "", 1);
  EXPECT_EQ(get_env("KA_ENV_TEST_EMPTY"), "");
  EXPECT_EQ(get_env_or("KA_ENV_TEST_EMPTY", "fallback"), "fallback");
  EXPECT_EQ(get_env("KA_ENV_TEST_UNSET"), std::nullopt);
}

}  // namespace
}  // namespace ka
