#pragma once

#include <map>
#include <string>
#include <vector>

#include "judge/numerics.h"

namespace ka {

/// What an output's substitutes say about the problem, once every trial is over.
struct VacuityRuling {
  enum class Kind {
    kTrivial,  ///< the output is a substitute by definition: a mask, dropout in eval mode
    kHolds,    ///< a substitute passes the bound, and the candidate also keeps the tightened one, which no substitute does
    kTooFar,   ///< PyTorch keeps the tightened bound, the candidate does not
    kVacuous,  ///< a substitute passes, and PyTorch itself is no nearer to the oracle than the output's spread allows
  };
  Kind kind;
  std::string output;
  std::string substitute;
};

/// Watches whether results that need no computation would have passed: substitutes.py names the kinds. A substitute that passes
/// every trial of an output says something about the problem, never about the candidate; the bound then tightens for the output.
class Vacuity {
 public:
  /// Takes what one trial measured of one substitute.
  void observe(const std::string& output, const std::string& substitute, const Distance& distance, const Yardstick& yardstick);
  /// Takes what one trial measured of the candidate's own result.
  void observe_result(const std::string& output, double rms_error, const Yardstick& yardstick);

  /// Has the substitute passed every trial so far?
  bool is_alive(const std::string& output, const std::string& substitute) const;
  /// One ruling for every output that a substitute would pass.
  std::vector<VacuityRuling> rulings() const;

 private:
  struct Seen {
    bool passes = true;
    bool trivial = true;
    bool tight = true;  ///< passes the tightened bound, too
  };
  struct Output {
    std::map<std::string, Seen> substitutes;
    double candidate = 0;  ///< worst share of the tightened bound
    double reference = 0;  ///< PyTorch's
  };
  std::map<std::string, Output> outputs_;
};

}  // namespace ka
