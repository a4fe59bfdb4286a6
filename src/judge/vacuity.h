#pragma once

#include <map>
#include <string>
#include <vector>

#include "judge/numerics.h"

namespace ka {

/// Watches whether results that need no computation would have passed: zero, each input set's own mean, an input handed through.
/// A substitute that passes every trial of an output says something about the problem, never about the candidate.
class Vacuity {
 public:
  /// Takes what one trial measured of one substitute.
  void observe(const std::string& output, const std::string& substitute, const Distance& distance, const Yardstick& yardstick);

  /// Names the outputs that any result of the substitute's kind would pass: "output 0 (zero)". By definition so: trivial.
  std::vector<std::string> trivial() const { return names(true); }
  std::vector<std::string> vacuous() const { return names(false); }

 private:
  struct Seen {
    bool passes = true;
    bool trivial = true;
  };
  std::vector<std::string> names(bool trivial) const;

  std::map<std::string, std::map<std::string, Seen>> outputs_;
};

}  // namespace ka
