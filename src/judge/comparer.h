#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "judge/sessions.h"

namespace ka {

/// Groups of shared memory that the comparing process has made (docs/PROTOCOL.md, Tensors between processes), on their way to others.
struct SharedGroups {
  Json described;                     ///< name → GROUP, whose handle names a descriptor by its place
  std::vector<SharedFd> descriptors;  ///< memory lives until the last of these is closed and the last process has let go

  /// Opens some of them in another worker's process.
  Task<Status> bind(Party& guest, std::vector<std::string> names) const;
};

/// The comparing process: owns every buffer, fills inputs, keeps the oracle's values, measures. One function per request of its role
/// (docs/PROTOCOL.md); each is used up by `co_await`. Names are those of groups of shared memory.
class Comparer {
 public:
  explicit Comparer(std::unique_ptr<Party> party) : party_(std::move(party)) {}

  Task<Result<SharedGroups>> allocate(Json groups, std::string device);
  Task<Status> release(std::vector<std::string> groups);
  Task<Status> poison(std::string_view group, int pattern);
  Task<Status> copy(std::string_view from, std::string_view to);
  Task<Status> fill(std::string_view group, std::string_view distribution, int64_t seed, std::vector<std::string> non_negative,
                    std::vector<std::string> finite, std::string_view domain);
  /// Scales a group's values at random; draws those of the named tensors anew.
  Task<Status> jitter(std::string_view group, int64_t seed, std::vector<std::string> redrawn);
  Task<Status> perturb(std::string_view from, std::string_view to, int64_t seed);
  /// Learns from the problem's own inputs; returns what is known of each: {"0":{"low":…,"high":…,"labels":…}}.
  Task<Result<Json>> observe(std::string_view group);
  Task<Result<bool>> all_finite(std::string_view group);
  /// Returns fingerprints of groups' memory, in order.
  Task<Result<std::vector<std::string>>> digests(std::vector<std::string> groups);
  /// Takes a group's present values as the truth; returns its figures by result.
  Task<Result<Json>> oracle(std::string_view group, Json dtypes);
  /// Copies a group with `value` in the place of such of "nan", "inf", "-inf", in the tensor `only` or, where that is empty, in all.
  Task<Status> replace_nonfinite(std::string_view from, std::string_view to, double value, std::vector<std::string> kinds,
                                 std::string_view only);
  /// Takes a group as the truth where such numbers stand in the inputs; `first` and `last` of those that replace the same inputs.
  Task<Status> independent(std::string_view group, bool first, bool last);
  /// Measures one run of the reference.
  Task<Result<Json>> reference(std::string_view group);
  /// Measures the candidate's results and the substitutes asked for.
  Task<Result<Json>> measure(std::string_view group, std::string_view reference, Json substitutes, bool nonfinite_inputs);
  /// Takes a turn of calls of nothing, through sets of inputs, as a contender would; returns the GPU's clocks behind it.
  Task<Result<Json>> idle(int calls, std::vector<std::string> groups);

  void postpone(std::chrono::nanoseconds span) { party_->postpone(span); }
  bool ran_out_of_memory() const { return party_->ran_out_of_memory(); }

 private:
  Task<Status> tell(Json request);
  Task<Result<Json>> field(Json request, std::string name);

  std::unique_ptr<Party> party_;
};

}  // namespace ka
