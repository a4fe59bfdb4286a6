#include "run/config.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"

namespace ka {
namespace {

/// A folder with a .env file, and an environment without the variables that the tests use.
class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const SettingRow& row : setting_rows())
      if (!row.variable.empty()) ::unsetenv(std::string(row.variable).c_str());
    folder_ = *make_temp_dir("config-");
  }
  void TearDown() override {
    static_cast<void>(remove_tree(folder_));
    set_env("NUM_KERNEL_SEEDS", nullptr);
  }
  void write_env(const std::string& text) { ASSERT_TRUE(write_file_atomic(folder_ / ".env", text)); }
  static void set_env(const char* name, const char* value) { value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1); }
  std::filesystem::path folder_;
};

TEST_F(ConfigTest, FlagsComeBeforeEnvironmentBeforeFileBeforeDefaults) {
  EXPECT_EQ(load_config({}, folder_)->seeds, 4);
  write_env("NUM_KERNEL_SEEDS=5\n");
  EXPECT_EQ(load_config({}, folder_)->seeds, 5);
  EXPECT_EQ(load_config({}, folder_)->origin.at("seeds"), ".env");
  set_env("NUM_KERNEL_SEEDS", "6");
  EXPECT_EQ(load_config({}, folder_)->seeds, 6);
  EXPECT_EQ(load_config({{"seeds", "7"}}, folder_)->seeds, 7);
  set_env("NUM_KERNEL_SEEDS", "");
  EXPECT_EQ(load_config({}, folder_)->seeds, 5) << "an empty variable is as good as none";
}

TEST_F(ConfigTest, AProjectsFileComesBeforeDefaults) {
  const auto write_file = [&](const std::string& text) { ASSERT_TRUE(write_file_atomic(folder_ / "kernelagent.toml", text)); };
  write_file("# ours\nseeds = 8\ncache = false\nauthors = [\"agent\", \"codegen\"]\nbudget = 2.5\n");
  const Config config = *load_config({}, folder_);
  EXPECT_EQ(config.seeds, 8);
  EXPECT_FALSE(config.cache);
  EXPECT_EQ(config.authors, (std::vector<std::string>{"agent", "codegen"}));
  EXPECT_EQ(config.budget, "2.5");
  EXPECT_EQ(config.origin.at("seeds"), "kernelagent.toml");
  write_env("NUM_KERNEL_SEEDS=5\n");
  EXPECT_EQ(load_config({}, folder_)->seeds, 5);
  EXPECT_EQ(load_config({{"seeds", "7"}}, folder_)->seeds, 7);

  write_file("cache = true\nsedes = 8\n");
  const Error unknown = load_config({}, folder_).error();
  EXPECT_EQ(unknown.message, "there is no setting 'sedes'");
  EXPECT_TRUE(unknown.where.ends_with("kernelagent.toml:2")) << unknown.where;
  EXPECT_TRUE(unknown.hint.starts_with("did you mean seeds?")) << unknown.hint;
  write_file("jobs = 0\n");
  EXPECT_EQ(load_config({}, folder_).error().where, "jobs in kernelagent.toml");
  write_file("[run]\nseeds = 8\n");
  EXPECT_FALSE(load_config({}, folder_));
  write_file("seeds = \n");
  EXPECT_NE(load_config({}, folder_).error().message.find("not TOML"), std::string::npos);
}

TEST_F(ConfigTest, BadTextNamesWhereItCameFrom) {
  EXPECT_EQ(load_config({{"jobs", "many"}}, folder_).error().where, "--jobs");
  EXPECT_EQ(load_config({{"jobs", "0"}}, folder_).error().fault, Fault::kInput);
  EXPECT_EQ(load_config({{"jobs", "3x"}}, folder_).error().message, "'3x' is not a whole number from 1 to 256");
  write_env("MAX_REFINEMENT_ROUNDS=-1\n");
  EXPECT_EQ(load_config({}, folder_).error().where, "MAX_REFINEMENT_ROUNDS in the .env file");
}

TEST_F(ConfigTest, ARunKeepsItsSettingsUnlessAFlagSaysOtherwise) {
  const Config first = *load_config({{"effort", "thorough"}, {"candidates", "9"}, {"cache", "no"}}, folder_);
  const Config resumed = *config_from_json(to_json(first), *load_config({}, folder_));
  EXPECT_EQ(to_json(resumed), to_json(first));
  const Config changed = *config_from_json(to_json(first), *load_config({{"effort", "quick"}}, folder_));
  EXPECT_EQ(changed.effort, Effort::kQuick);
  EXPECT_EQ(changed.candidates, 9);
}

TEST_F(ConfigTest, EveryRowIsReadable) {
  for (const SettingRow& row : setting_rows()) {
    EXPECT_FALSE(row.meaning.empty());
    if (row.fallback.empty()) continue;
    EXPECT_TRUE(load_config({{std::string(row.key), std::string(row.fallback)}}, folder_)) << row.key;
  }
}

}  // namespace
}  // namespace ka
