#pragma once

#include <string>
#include <vector>

#include "judge/judge.h"

namespace ka {

/// Who issues a certificate and where, beside what the verdict itself knows.
struct Issuer {
  Json generator;  ///< {"version","commit","binary_sha256","worker_sha256"}: what judged
  Json gpu;        ///< {"name","driver",…} of the device judged on; null without one
};

/// Writes down what was verified, how, where and with what margin, so that `verify` can do it again: hashes of the problem, the program
/// and what judged it; versions, GPU, sandbox, numerics; and every input set with its seed, distribution, bounds and errors.
Result<Json> make_certificate(const JudgeRequest& request, const Verdict& verdict, const Issuer& issuer);

/// What a certificate says, read back and checked field by field.
struct Certified {
  std::filesystem::path problem, program;  ///< where they were
  std::string issued;                      ///< UTC
  std::string device, mode;
  Effort effort = Effort::kStandard;
  Verdict verdict;
};
/// Reads a certificate. Another format, another version, a missing field: an input error that names it.
Result<Certified> read_certificate(const Json& certificate, const std::string& where);

/// One thing that was otherwise when the certificate was issued.
struct Difference {
  std::string what, before, now;
  std::string meaning;    ///< what follows from it for the comparison
  bool is_input = false;  ///< the problem or the program itself
};
/// Compares two certificates but for their verdicts and figures.
std::vector<Difference> differences(const Json& before, const Json& now);

/// How the figures of two judgements of one case compare.
struct FigureChanges {
  int64_t compared = 0;            ///< outputs on input sets that both have
  int64_t changed = 0;             ///< of those, with another error or another bound
  std::string largest;             ///< the one that moved most, in words; empty when none did
  std::vector<std::string> other;  ///< input sets that only one of them has, or that have other outputs
};
FigureChanges compare_figures(const Verdict& before, const Verdict& now);

}  // namespace ka
