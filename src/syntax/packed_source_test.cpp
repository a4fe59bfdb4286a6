#include "syntax/packed_source.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

class PackedSource : public testing::Test {
 protected:
  void SetUp() override { folder_ = make_temp_dir("packed-source-").value(); }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(make_dirs((folder_ / name).parent_path()));
    ASSERT_TRUE(write_file_atomic(folder_ / name, text));
  }
  std::filesystem::path folder_;
};

TEST_F(PackedSource, HoldsTheFileAndTheModulesBesideItThatItImports) {
  write("problem.py", "import torch, layers as l\ndef f():\n    from blocks.deep import g\n");
  write("layers.py", "import more.parts\n");
  write("more.py", "x = 1\n");
  write("blocks/__init__.py", "");
  write("blocks/deep/g.py", "from . import h\n");
  write("blocks/weights.bin", "no module");
  write("secret.py", "key = 1\n");
  const Json packed = packed_source(folder_ / "problem.py");
  EXPECT_EQ(packed["text"], "import torch, layers as l\ndef f():\n    from blocks.deep import g\n");
  std::vector<std::string> names;
  for (const auto& [name, text] : packed["modules"].items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"blocks/__init__.py", "blocks/deep/g.py", "layers.py", "more.py"}));
}

TEST_F(PackedSource, KeepsEveryByte) {
  write("problem.py", "# \xe9 is Latin-1, \xc3\xa9 is UTF-8\n");
  EXPECT_EQ(packed_source(folder_ / "problem.py")["text"], "# \xc3\xa9 is Latin-1, \xc3\x83\xc2\xa9 is UTF-8\n");
}

TEST_F(PackedSource, IsNullForWhatCannotBeRead) { EXPECT_TRUE(packed_source(folder_ / "missing.py").is_null()); }

}  // namespace
}  // namespace ka
