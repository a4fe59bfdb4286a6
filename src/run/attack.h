#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "run/config.h"

namespace ka {

/// One thing that a worker's child tried and should not be able to do.
struct Attack {
  std::string name;   ///< "reads a file in your home"
  bool held = false;  ///< the sandbox stopped it
  std::string limit;  ///< what stopped it; where nothing did, what it got
};

/// What attacking the sandbox of this machine showed.
struct Siege {
  std::string level;   ///< as in verdicts and certificates
  std::string reason;  ///< why it is no better, or empty
  std::vector<Attack> attacks;
};

/// Lets a child of the candidate role try every attack (templates/doctor/attacks.py), each in a process of its own. Makes and removes
/// two secret files, one in $HOME and one in /tmp, and listens on a port of localhost meanwhile. Errors: no worker can be started.
Result<Siege> attack_sandbox(const Config& config);

Json to_json(const Attack& attack);

}  // namespace ka
