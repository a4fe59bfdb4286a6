#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/feedback.h"
#include "agent/prompts.h"
#include "agent/reply.h"
#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kModule = "import torch\n\n\ndef kernel_function(x):\n    return x\n";

std::string fenced(std::string_view text, std::string_view language = "python") {
  return fmt::format("```{}\n{}```\n", language, text);
}

TEST(Reply, TheLastBlockThatDefinesTheFunctionIsTheKernel) {
  EXPECT_EQ(module_from_reply(fenced(kModule)).value(), kModule);
  EXPECT_EQ(module_from_reply("Text.\n" + fenced("x = 1\n") + "More.\n" + fenced(kModule) + fenced("print(1)\n")).value(),
            kModule);
  EXPECT_THAT(module_from_reply(fenced(kModule) + "Better:\n" + fenced(std::string(kModule) + "# second\n")).value(),
              HasSubstr("second"));
  EXPECT_EQ(module_from_reply(kModule).value(), kModule);
}

TEST(Reply, NothingIsGuessed) {
  for (const std::string& reply :
       {std::string(), std::string("Sure, here is what I would do."), fenced("def other(x):\n    return x\n"),
        fenced("def kernel_function(x:\n"), std::string(300 << 10, 'x')})
    EXPECT_FALSE(module_from_reply(reply)) << reply.substr(0, 60);
  EXPECT_THAT(module_from_reply(fenced("x = 1\n")).error().message, HasSubstr("defines no kernel_function"));
  EXPECT_THAT(module_from_reply(fenced("def kernel_function(x:\n")).error().message, HasSubstr("not Python"));
}

TEST(Feedback, IsTheSameWhereverTheRunLies) {
  Verdict verdict;
  verdict.kind = VerdictKind::kCrashed;
  verdict.reason = "on own inputs: ValueError in /tmp/a/.fuse/run_1/kernels_out/sg/candidates/candidate_3.py (line 7)";
  verdict.details =
      Json{{"output",
            "  File \"/tmp/a/.fuse/run_1/candidate_3.py\", line 7\n<object at 0x7f12ab>\n  File \"/usr/lib/python3/x.py\"\n"}};
  const std::string text = feedback(verdict);
  EXPECT_THAT(text, AllOf(HasSubstr("kernel.py (line 7)"), HasSubstr("\"kernel.py\", line 7"), HasSubstr("\"x.py\"")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("run_1")), Not(HasSubstr("7f12ab"))));
}

TEST(Prompts, AFolderReplacesWhatItHas) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "prompts_of_mine";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(write_file_atomic(folder / "repair.md", "Mine: {{{feedback}}}"));
  const Result<Prompts> mine = Prompts::open(folder);
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->repair("it < 3", 2).text, "Mine: it < 3");
  ASSERT_TRUE(write_file_atomic(folder / "repair.md", "{{#open}} never closed"));
  const Result<Prompts> broken = Prompts::open(folder);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("Mustache"));
  EXPECT_FALSE(Prompts::open(folder / "nowhere"));
  std::filesystem::remove_all(folder);
}

TEST(Prompts, ShowWhatIsToBeBeaten) {
  const Prompts prompts = Prompts::open({}).value();
  Champion champion;
  champion.kernel.source = "# the champion\n";
  champion.milliseconds = 0.25;
  Brief brief;
  brief.kinds = {"matmul"};
  brief.champion = &champion;
  const std::vector<Message> messages = prompts.first(brief);
  EXPECT_THAT(messages[1].text, AllOf(HasSubstr("# the champion"), HasSubstr("0.25 ms"), HasSubstr("matmul_kernel"),
                                      Not(HasSubstr("scaled_relu"))));
}

}  // namespace
}  // namespace ka
