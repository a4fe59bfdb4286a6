#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "judge/facts.h"
#include "judge/sessions.h"

namespace ka {

/// A program that is about to be loaded on a device.
struct AheadRequest {
  std::filesystem::path candidate;
  std::string source;  ///< its text
  std::string device;
  std::string mode;  ///< "train" or "eval"
  Deadline deadline;
  std::function<void(std::string)> progress;  ///< called with one line before anything is compiled; may be empty
  unsigned cores = std::thread::hardware_concurrency();
};

/// Returns compiled kernels for a candidate's `load` ("compiled", docs/PROTOCOL.md): what is kept of the same text, or what several
/// processes now compile side by side from a call on tensors without memory. A large program's first call is mostly compiling, kernel by
/// kernel, and holds the GPU meanwhile.
///
/// An empty object where nothing is to be gained (few kernels, few cores, no CUDA device), or where nothing came of it: kernels then
/// compile when they are launched. Never fails.
Task<Json> compiled_for(WorkerPool& pool, AheadRequest request, const ProblemFacts& facts);

/// In how many processes a text's kernels are compiled ahead on so many cores; 0: not at all.
int compiling_processes(std::string_view source, unsigned cores);

}  // namespace ka
