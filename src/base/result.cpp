#include "base/result.h"

namespace ka {

int exit_code(Fault fault) {
  switch (fault) {
    case Fault::kInput: return 2;
    case Fault::kEnvironment: return 3;
    case Fault::kSandbox: return 4;
    case Fault::kInterrupted: return 130;
    case Fault::kInternal: return 70;
  }
  return 70;
}

std::string to_text(const Error& error) {
  std::string text = "error: " + error.message;
  if (!error.where.empty()) text += " (" + error.where + ")";
  if (!error.hint.empty()) text += "\n  hint: " + error.hint;
  return text;
}

}  // namespace ka
