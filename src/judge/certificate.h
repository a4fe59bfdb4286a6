#pragma once

#include <string>
#include <vector>

#include "judge/judge.h"

namespace ka {

/// Writes down what was verified, how, where and with what margin, so that `verify` can do it again: hashes of the problem and the
/// program, versions, device, judge, numerics, and every input set with its seed, distribution, bounds and errors.
Result<Json> make_certificate(const JudgeRequest& request, const Verdict& verdict);

/// Names what has changed since a certificate was written: "the program's text", "torch 2.11.0 → 2.13.0". Empty: nothing has.
Result<std::vector<std::string>> changes_since(const Json& certificate, const JudgeRequest& request, const Json& versions);

}  // namespace ka
