#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "syntax/module.h"

namespace ka {

/// The marker lines of a composed program. The first also carries the problem's hash.
inline constexpr std::string_view kConstructionMarker = "# --- construction zone (copied from the problem; sha256 ";
inline constexpr std::string_view kForwardMarker = "# --- forward zone ---";
inline constexpr std::string_view kSelfTestMarker = "# --- self-test ---";

/// Prints the first marker line: kConstructionMarker, the SHA-256 of the problem's text, ") ---".
std::string construction_marker(std::string_view problem_source);

/// A composed program cut at its markers; the marker lines belong to no zone.
struct Zones {
  std::string header;  ///< comments above the construction zone
  std::string problem_hash;
  std::string construction;
  std::string forward;
  std::string self_test;
  int construction_line = 1;  ///< line number of each zone's first line
  int forward_line = 1;
  int self_test_line = 1;
};

/// Does the text carry the marker of a construction zone?
bool has_zones(std::string_view program);

/// Cuts a program at its markers, which are comments directly in the module. Fails where one is missing, stands twice or out of order,
/// where the header holds code, or where the self-test is anything but one `if __name__ == "__main__":` block.
Result<Zones> split_zones(std::string_view program);

/// What a composed program takes over from a problem: its text, verbatim, without get_inputs, get_init_inputs, `if __name__` blocks and
/// Model.forward. `pass` is written `...`, and doc strings that hold words of control flow are left out, because KernelBench's static
/// check takes both for code. The judge compares this text byte by byte with the program's zone.
Result<std::string> construction_zone(std::string_view problem_source, std::string_view where);

/// Model.forward's parameters, without self.
struct ForwardSignature {
  std::string text;  ///< as written, without self: "x, h0=None"
  std::vector<Parameter> parameters;
};

/// Reads the signature of Model.forward, which Model itself must define.
Result<ForwardSignature> forward_signature(const SyntaxTree& problem, std::string_view where);

}  // namespace ka
