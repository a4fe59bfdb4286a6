#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ka {
namespace {

using testing::ElementsAre;

class File : public testing::Test {
 protected:
  void SetUp() override { dir_ = make_temp_dir("file-test-").value(); }
  void TearDown() override { EXPECT_TRUE(remove_tree(dir_)); }
  std::filesystem::path dir_;
};

TEST_F(File, WritesAndReadsBytes) {
  const std::string content("a\0b\xff\n", 5);
  ASSERT_TRUE(write_file_atomic(dir_ / "deep" / "er" / "file", content));
  EXPECT_EQ(read_file(dir_ / "deep" / "er" / "file").value(), content);
  ASSERT_TRUE(write_file_atomic(dir_ / "deep" / "er" / "file", "new"));
  EXPECT_EQ(read_file(dir_ / "deep" / "er" / "file").value(), "new");
  EXPECT_THAT(list_dir(dir_ / "deep" / "er").value(), ElementsAre("file"));  // no temporary file is left
}

TEST_F(File, WritingRespectsTheUmask) {
  const mode_t old = ::umask(027);
  ASSERT_TRUE(write_file_atomic(dir_ / "file", ""));
  ::umask(old);
  struct stat info = {};
  ASSERT_EQ(::stat((dir_ / "file").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(File, AFullDiskIsTheEnvironmentsFaultAndKeepsTheOldContent) {
  const auto written = write_file_atomic("/dev/full/x", "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::kEnvironment);
  const auto appended = append_file("/dev/full", "text");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().fault, Fault::kEnvironment);
  EXPECT_EQ(appended.error().message, "cannot append: No space left on device");
  EXPECT_FALSE(appended.error().hint.empty());
}

TEST_F(File, AWriteThatFailsHalfwayLeavesTheOldFileAndNoOther) {
  ASSERT_TRUE(write_file_atomic(dir_ / "file", "old"));
  rlimit old_limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old_limit;
  small.rlim_cur = 1000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = write_file_atomic(dir_ / "file", std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::kEnvironment);
  EXPECT_EQ(written.error().message, "cannot write: File too large");
  EXPECT_EQ(read_file(dir_ / "file").value(), "old");
  EXPECT_THAT(list_dir(dir_).value(), ElementsAre("file"));
}

TEST_F(File, MissingFilesAreTheUsersFault) {
  const auto missing = read_file(dir_ / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::kInput);
  EXPECT_EQ(missing.error().message, "cannot read: No such file or directory");
  EXPECT_EQ(missing.error().where, (dir_ / "missing").string());
  EXPECT_EQ(read_file(dir_).error().fault, Fault::kInput);
  EXPECT_FALSE(list_dir(dir_ / "missing"));
}

TEST_F(File, ReadsFilesWithoutASize) { EXPECT_FALSE(read_file("/proc/self/status")->empty()); }

TEST_F(File, AppendsAndReadsTheTail) {
  ASSERT_TRUE(append_file(dir_ / "log", "first line\n"));
  ASSERT_TRUE(append_file(dir_ / "log", "second line\n"));
  EXPECT_EQ(read_tail(dir_ / "log", 100), "first line\nsecond line\n");
  EXPECT_EQ(read_tail(dir_ / "log", 15), "second line\n");
  EXPECT_EQ(read_tail(dir_ / "missing", 15), "");
}

TEST_F(File, ListsInByteOrder) {
  for (const char* name : {"b", "a10", "a2", "B"}) ASSERT_TRUE(write_file_atomic(dir_ / name, ""));
  EXPECT_THAT(list_dir(dir_).value(), ElementsAre("B", "a10", "a2", "b"));
}

TEST_F(File, CopiesAndRemoves) {
  ASSERT_TRUE(write_file_atomic(dir_ / "a", "text"));
  ASSERT_TRUE(copy_file_atomic(dir_ / "a", dir_ / "sub" / "b"));
  EXPECT_EQ(read_file(dir_ / "sub" / "b").value(), "text");
  ASSERT_TRUE(remove_tree(dir_ / "sub"));
  ASSERT_TRUE(remove_tree(dir_ / "sub"));
  EXPECT_FALSE(is_dir(dir_ / "sub"));
}

TEST_F(File, FindsPrograms) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_EQ(find_program("/bin/sh"), std::filesystem::path("/bin/sh"));
  EXPECT_FALSE(find_program("no-such-program"));
  EXPECT_FALSE(find_program("/tmp"));
  EXPECT_FALSE(find_program(""));
  EXPECT_TRUE(is_file(exe_path()));
}

TEST_F(File, MakesPathsAbsolute) {
  EXPECT_EQ(absolute_path("/a/./b/../c"), std::filesystem::path("/a/c"));
  EXPECT_EQ(absolute_path("x"), std::filesystem::current_path() / "x");
}

}  // namespace
}  // namespace ka
