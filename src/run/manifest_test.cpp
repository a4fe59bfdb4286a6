#include "run/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

class Manifest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = make_temp_dir("ka_manifest_").value();
    for (const char* file : {"graph.json", "lock", "events.jsonl", "compose_out/composed_kernel.py", "odd\nna\\me"})
      ASSERT_TRUE(write_file_atomic(folder_ / file, file));
    ASSERT_TRUE(write_manifest(manifest(), artifacts_of(folder_).value()));
  }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  fs::path manifest() const { return folder_ / kRunManifest; }
  std::vector<std::string> changes() const {
    const std::vector<FileChange> found = check_manifest(manifest(), artifacts_of(folder_).value()).value();
    std::vector<std::string> said;
    said.reserve(found.size());
    for (const FileChange& change : found) said.push_back(std::string(name(change.kind)) + " " + change.file);
    return said;
  }
  fs::path folder_;
};

TEST_F(Manifest, SaysNothingAboutAnUntouchedFolder) { EXPECT_THAT(changes(), testing::IsEmpty()); }

TEST_F(Manifest, IsWhatSha256sumChecks) {
  const std::string command = "cd '" + folder_.string() + "' && sha256sum --check --strict --quiet " + std::string(kRunManifest);
  EXPECT_EQ(std::system(command.c_str()), 0);
  ASSERT_TRUE(write_file_atomic(folder_ / "odd\nna\\me", "other"));
  EXPECT_NE(std::system((command + " > /dev/null 2>&1").c_str()), 0);
}

TEST_F(Manifest, NamesWhatChangedIsMissingOrAdded) {
  ASSERT_TRUE(write_file_atomic(folder_ / "graph.json", "{}"));
  ASSERT_TRUE(remove_tree(folder_ / "odd\nna\\me"));
  ASSERT_TRUE(write_file_atomic(folder_ / "compose_out/extra.py", ""));
  ASSERT_TRUE(append_file(folder_ / "events.jsonl", "a later command"));
  EXPECT_THAT(changes(),
              testing::UnorderedElementsAre("changed graph.json", "missing odd\nna\\me", "added compose_out/extra.py"));
}

TEST_F(Manifest, TakesOneFileInAndKeepsWhatItSaysOfOthers) {
  ASSERT_TRUE(write_file_atomic(folder_ / "graph.json", "edited"));
  for (const char* text : {"first times", "second times"}) {
    ASSERT_TRUE(write_file_atomic(folder_ / "compose_out/bench.json", text));
    ASSERT_TRUE(list_in_manifest(manifest(), folder_ / "compose_out/bench.json"));
    EXPECT_THAT(changes(), testing::ElementsAre("changed graph.json")) << text;
  }
}

TEST_F(Manifest, ALineOfAnotherFormIsAnError) {
  for (const char* text : {"nonsense\n", "0123  graph.json\n", "\xff\xfe"}) {
    ASSERT_TRUE(write_file_atomic(manifest(), text));
    EXPECT_FALSE(check_manifest(manifest(), {})) << text;
  }
  ASSERT_TRUE(remove_tree(manifest()));
  EXPECT_FALSE(check_manifest(manifest(), {}));
}

}  // namespace
}  // namespace ka
