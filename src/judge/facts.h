#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "judge/trials.h"

namespace ka {

/// One argument of the problem's forward: a tensor's type, or a Python number (or None, or text) as it stands in messages.
struct ProblemInput {
  std::optional<Json> tensor;
  Json scalar;
};

/// What the reference said about the problem when it loaded it, checked field by field.
struct ProblemFacts {
  std::vector<ProblemInput> inputs;
  Json input_types = Json::object();    ///< "0" → TYPE, tensors only
  Json state_types = Json::object();    ///< "fc.weight" → TYPE
  std::map<std::string, Json> results;  ///< "output.0", "state.bn.running_mean", "inputs.0" → TYPE: outputs and mutations
  std::vector<std::string> mutations;   ///< the results that are mutations
  Json init_inputs;
  Json random_operators;
  int64_t input_bytes = 0, state_bytes = 0, result_bytes = 0;
  int64_t peak_bytes = 0;    ///< on a GPU: what the problem's own run had allocated at the most
  int64_t memory_bytes = 0;  ///< of that GPU; 0 on a CPU
  int64_t capability = 0;    ///< of that GPU, if CUDA runs it: 90 for sm_90

  /// Estimates what all three processes together allocate on the GPU: contexts, the problem in float64 (twice its own peak), the
  /// candidate about like the problem, inputs and state with their copies, results in each of their groups.
  double judging_bytes() const;

  /// Estimates the same for timing: a context for each contender's process, the problem's own and the comparing one; `sets` of inputs, the
  /// state, results, and for each contender somewhat more than the problem itself allocates.
  double timing_bytes(size_t contenders, int sets) const;

  /// Returns what the input plan depends on.
  ProblemSize size() const;
};

/// Reads the reference's reply to `load`. Names no field that the reply did not have in the form of docs/PROTOCOL.md.
Result<ProblemFacts> read_facts(const Json& reply);

/// Checks the reference's reply to `run`: the results are those it named when it was loaded, in the form of docs/PROTOCOL.md.
Status check_call(const Json& reply, const ProblemFacts& facts);

/// One test in the problem's code (`if`, `while`, a conditional expression), and which ways it went so far.
struct ProblemBranch {
  int64_t line = 0;
  std::string text;
  bool taken = false, not_taken = false;
};
/// Reads the branches of a reply to `run`; nothing where the problem's Python looks at no value of a tensor.
std::vector<ProblemBranch> read_branches(const Json& reply);
Json to_json(const ProblemBranch& branch);

/// The same extents, contiguous, with another element type.
Json contiguous_type(const Json& type, const std::string& dtype);

/// From how many bytes on memory is treated with care.
struct MemoryLimits {
  int64_t separate = int64_t{512} << 20;  ///< up to here inputs and state are copied for the candidate
  int64_t lean = int64_t{6} << 30;        ///< from here on result buffers live for one step only
};

}  // namespace ka
