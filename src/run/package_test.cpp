#include "run/package.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "base/file.h"

namespace ka {
namespace {

TEST(Package, TheSameFilesGiveTheSameBytesThatTarCanRead) {
  const std::string packed = *tar_gz({{"code.py", "print(1)\n"}, {"folder/other.txt", std::string(100000, 'x')}});
  EXPECT_EQ(packed, *tar_gz({{"code.py", "print(1)\n"}, {"folder/other.txt", std::string(100000, 'x')}}));
  const std::filesystem::path folder = *make_temp_dir("package-");
  ASSERT_TRUE(write_file_atomic(folder / "code.py.tgz", packed));
  EXPECT_EQ(std::system(("tar -xzf " + (folder / "code.py.tgz").string() + " -C " + folder.string()).c_str()), 0);
  EXPECT_EQ(*read_file(folder / "code.py"), "print(1)\n");
  EXPECT_EQ(read_file(folder / "folder/other.txt")->size(), 100000u);
  static_cast<void>(remove_tree(folder));
}

}  // namespace
}  // namespace ka
