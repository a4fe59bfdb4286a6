#include "judge/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace ka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Certificates : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = make_temp_dir("ka_certificate_").value();
    request_.candidate = folder_ / "kernel.py";
    request_.problem = folder_ / "problem.py";
    ASSERT_TRUE(write_file_atomic(request_.candidate, "kernel"));
    ASSERT_TRUE(write_file_atomic(request_.problem, "problem"));
    verdict_.kind = VerdictKind::kAccepted;
    verdict_.trials = {{"own", 1001, {figures(0.25)}}, {"normal", 1002, {figures(0.5)}}};
    verdict_.details = {{"versions", {{"torch", "2.13.0"}}}, {"sandbox", "bubblewrap"}};
  }
  void TearDown() override { static_cast<void>(remove_tree(folder_)); }

  static OutputFigures figures(double used) {
    OutputFigures made;
    made.name = "output 0";
    made.rms_error = made.bound_used = used;
    made.rms_allowed = 1;
    return made;
  }
  Json issue() const {
    const Issuer issuer{Json{{"version", "1"}, {"worker_sha256", "aa"}}, Json{{"name", "H100"}, {"driver", "580"}}};
    return make_certificate(request_, verdict_, issuer).value();
  }
  std::string complaint(const Json& certificate) const {
    const Result<Certified> read = read_certificate(certificate, "c.json");
    return read ? "" : read.error().message;
  }
  std::filesystem::path folder_;
  JudgeRequest request_;
  Verdict verdict_;
};

TEST_F(Certificates, SayWhatIsNeededToJudgeAgain) {
  const Result<Certified> read = read_certificate(issue(), "c.json");
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->program, request_.candidate);
  EXPECT_EQ(read->problem, request_.problem);
  EXPECT_EQ(read->effort, Effort::kStandard);
  EXPECT_EQ(read->mode, "train");
  EXPECT_TRUE(read->verdict.accepted());
  EXPECT_EQ(read->verdict.trials[1].seed, 1002);
  EXPECT_EQ(read->verdict.trials[1].outputs[0].rms_allowed, 1);
}

TEST_F(Certificates, EveryMissingPartIsNamed) {
  const Json whole = issue();
  EXPECT_EQ(complaint(Json{{"a", 1}}), "this is no certificate");
  Json other = whole;
  other["version"] = 99;
  EXPECT_THAT(complaint(other), HasSubstr("has version 99"));
  for (const char* part :
       {"verdict", "problem", "program", "judge", "machine", "trials", "issued", "generator", "seconds", "qualifier"}) {
    other = whole;
    other.erase(part);
    EXPECT_NE(complaint(other), "") << part;
    other[part] = 3;
    if (std::string_view(part) != "seconds") {
      EXPECT_NE(complaint(other), "") << part;
    }
  }
  other = whole;
  other["judge"]["effort"] = "some";
  EXPECT_THAT(complaint(other), HasSubstr("'some'"));
}

TEST_F(Certificates, DifferencesAreNamedWithWhatTheyMean) {
  const Json before = issue();
  EXPECT_THAT(differences(before, issue()), IsEmpty());
  ASSERT_TRUE(write_file_atomic(request_.candidate, "another kernel"));
  verdict_.details["versions"]["torch"] = "2.14.0";
  Json now = issue();
  now["machine"]["gpu"]["name"] = "H200";
  now["generator"]["worker_sha256"] = "bb";
  std::vector<std::string> named;
  for (const Difference& difference : differences(before, now)) {
    EXPECT_NE(difference.meaning, "");
    EXPECT_EQ(difference.is_input, difference.what == "the program's text");
    named.push_back(difference.what);
  }
  EXPECT_THAT(named, ElementsAre("the program's text", "the Python worker", "the GPU", "torch"));
  EXPECT_EQ(differences(before, now).back().before, "2.13.0");
}

TEST_F(Certificates, FiguresAreComparedByInputSet) {
  const Verdict before = verdict_;
  EXPECT_EQ(compare_figures(before, before).compared, 2);
  EXPECT_EQ(compare_figures(before, before).changed, 0);
  verdict_.trials[1].outputs[0] = figures(0.75);
  verdict_.trials[0].seed = 7;
  const FigureChanges changes = compare_figures(before, verdict_);
  EXPECT_EQ(changes.compared, 1);
  EXPECT_EQ(changes.changed, 1);
  EXPECT_EQ(changes.largest, "output 0 on normal: 0.5 → 0.75 of the allowed error");
  EXPECT_THAT(changes.other, ElementsAre("only then: own (seed 1001)", "only now: own (seed 7)"));
}

}  // namespace
}  // namespace ka
