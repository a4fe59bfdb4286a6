#include <iostream>

#include "judge/defences.h"
#include "judge/test_cases.h"

// Every kernel in tests/escapes names the smallest list of defences that catch it. This program, and no other, is linked with a judge
// whose defences can be left out, and shows that the list is right: with all of them left out the kernel is accepted (or, where its head
// also says `structure`, still is not), and each of them alone catches it.

namespace ka {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::vector<Defence> defences;
  bool structure = false;  ///< what cannot be left out: separate processes, the comparing process's own buffers, a dead worker
};

Named read_defences(const std::string& list) {
  Named named;
  std::string rest = list;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string one(trim(rest.substr(0, comma)));
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    if (one == "structure") {
      named.structure = true;
    } else if (const auto defence = parse_defence(one)) {
      named.defences.push_back(*defence);
    } else {
      ADD_FAILURE() << "no defence is called '" << one << "'";
    }
  }
  return named;
}

/// Leaves out all defences of a list but one, or all, while it lives.
class LeftOut {
 public:
  explicit LeftOut(const std::vector<Defence>& defences, std::optional<Defence> kept = std::nullopt) {
    for (const Defence defence : defences) defences_off[static_cast<size_t>(defence)] = defence != kept;
  }
  ~LeftOut() { defences_off.fill(false); }
  LeftOut(const LeftOut&) = delete;
  LeftOut& operator=(const LeftOut&) = delete;
};

class Defences : public WarmPool {
 protected:
  Result<Verdict> judged() { return loop_->run(judge(*pool_, request_for(GetParam()))); }
};

TEST_P(Defences, CarryTheirWeight) {
  CaseHead head = head_of(GetParam());
  const Named named = read_defences(head["defences"]);
  ASSERT_TRUE(named.structure || !named.defences.empty()) << "the head names no defences";
  {
    const LeftOut all(named.defences);
    const Result<Verdict> verdict = judged();
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    EXPECT_EQ(verdict->accepted(), !named.structure)
        << "without its defences: " << name(verdict->kind) << ": " << verdict->reason;
    std::cout << "without: " << name(verdict->kind) << ": " << verdict->reason << " (" << verdict->seconds << " s)\n";
  }
  if (named.defences.size() < 2) return;  // judge_cases_test.cpp shows that the only one catches it
  for (const Defence one : named.defences) {
    const LeftOut others(named.defences, one);
    const Result<Verdict> verdict = judged();
    ASSERT_TRUE(verdict) << to_text(verdict.error());
    EXPECT_FALSE(verdict->accepted()) << name(one) << " alone does not catch it";
    std::cout << name(one) << ": " << name(verdict->kind) << ": " << verdict->reason << " (" << verdict->seconds << " s)\n";
  }
}

INSTANTIATE_TEST_SUITE_P(Escapes, Defences, testing::ValuesIn(cases_in("tests/escapes")),
                         [](const testing::TestParamInfo<fs::path>& one) { return one.param.stem().string(); });

}  // namespace
}  // namespace ka
