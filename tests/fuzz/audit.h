#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace ka::fuzz {

/// Works out, apart from the judge's own code, what the comparing process's replies as they were delivered demand.
class Audit {
 public:
  /// `types` are the problem's results by name ("output.0"), with their element types.
  explicit Audit(std::map<std::string, std::string> types) : types_(std::move(types)) {}

  /// Takes one request to the comparing process and the reply that reached the judge.
  void deliver(const Json& request, const Json& reply);

  /// A field that a verdict rests on was missing or of another kind: no verdict may come of it.
  bool malformed() const { return malformed_; }
  /// Some figure or digest convicts the candidate.
  bool convicts() const { return convicts_; }
  /// Every result was measured at least once.
  bool complete() const { return measured_ > 0; }

 private:
  struct Yard {
    double oracle = 0, rms = 0, max = 0;
  };
  std::optional<double> number(const Json* figures, const char* key);
  const Json* part(const Json& reply, const char* field, const std::string& name);
  bool is_discrete(const std::string& name) const;
  void digests(const Json& request, const Json& reply);

  std::map<std::string, std::string> types_;
  std::map<std::string, Yard> yards_;
  std::vector<std::string> originals_;
  std::string first_result_;
  bool malformed_ = false, convicts_ = false;
  int measured_ = 0;
};

}  // namespace ka::fuzz
