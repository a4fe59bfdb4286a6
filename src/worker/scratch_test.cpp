#include "worker/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace ka {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Scratch, IsRemovedWithItsContent) {
  const auto parent = make_temp_dir("scratch-test-").value();
  {
    auto made = Scratch::make(parent);
    ASSERT_TRUE(made);
    const Scratch scratch = std::move(*made);
    ASSERT_TRUE(write_file_atomic(scratch.path() / "deep" / "tensor", "x"));
    EXPECT_TRUE(Scratch::make(parent));  // leaves the living one alone
    EXPECT_TRUE(is_file(scratch.path() / "deep" / "tensor"));
  }
  EXPECT_THAT(list_dir(parent).value(), IsEmpty());
  EXPECT_TRUE(remove_tree(parent));
}

TEST(Scratch, WhatAKilledProgramLeftIsRemovedByTheNext) {
  const auto parent = make_temp_dir("scratch-test-").value();
  ASSERT_TRUE(make_dirs(parent / "kernelagent-foreign"));  // without a lock: not ours to judge
  const pid_t child = ::fork();
  if (child == 0) {
    const auto made = Scratch::make(parent);
    ::_exit(made ? 0 : 1);  // no destructor runs, as after SIGKILL
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_THAT(list_dir(parent).value(), SizeIs(2));
  {
    const auto made = Scratch::make(parent);
    ASSERT_TRUE(made);
    EXPECT_THAT(list_dir(parent).value(), SizeIs(2));
  }
  EXPECT_THAT(list_dir(parent).value(), SizeIs(1));
  EXPECT_TRUE(remove_tree(parent));
}

TEST(Scratch, AnUnwritablePlaceIsAnError) { EXPECT_FALSE(Scratch::make("/proc")); }

}  // namespace
}  // namespace ka
