#include "base/build_info.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/templates.h"

namespace ka {
namespace {

TEST(BuildInfo, NamesTheBuild) {
  const std::string text = version();
  EXPECT_EQ(std::count(text.begin(), text.end(), '.'), 2) << text;
  EXPECT_FALSE(commit().empty());
  EXPECT_TRUE(std::filesystem::exists(source_dir() / "CMakeLists.txt"));
}

TEST(BuildInfo, FindsTheWorkerInTheSourceTree) {
  ASSERT_EQ(unsetenv("KERNELAGENT_WORKER"), 0);
  EXPECT_EQ(worker_dir(), source_dir() / "python");
}

TEST(BuildInfo, PassesOverAPlaceWithoutAWorker) {
  ASSERT_EQ(setenv("KERNELAGENT_WORKER", "/nowhere", 1), 0);
  EXPECT_EQ(worker_dir(), source_dir() / "python");
  ASSERT_EQ(unsetenv("KERNELAGENT_WORKER"), 0);
}

TEST(Templates, AreSortedAndNamedFromTheRoot) {
  const auto paths = template_paths();
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
  for (const auto path : paths)
    EXPECT_TRUE(path.starts_with("templates/") || path.starts_with("prompts/") || path.starts_with("data/") ||
                path.starts_with("web/"))
        << path;
}

TEST(Templates, AreTheFilesBytes) {
  for (const auto path : template_paths()) {
    EXPECT_EQ(template_text(path).size(), std::filesystem::file_size(source_dir() / path)) << path;
  }
}

}  // namespace
}  // namespace ka
