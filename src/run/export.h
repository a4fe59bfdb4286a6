#pragma once

#include <string>

#include "base/result.h"
#include "run/run_directory.h"

namespace ka {

/// What a program is exported for.
enum class ExportFormat {
  kKernelBench,  ///< KernelBench's evaluator: named by level and problem, ModelNew, nothing that runs by itself
  kProgram,      ///< use elsewhere: one importable file, named as the problem
};

struct Exported {
  std::string name, text;
};

/// Makes a file of an accepted run's composed program: its construction and forward zones, without the self-test. Errors: there is no
/// program, it was not accepted, it has changed since, or the problem's path has no level and number that KernelBench could name it by. For
/// KernelBench, whose evaluator makes every tensor floating, masks and indices are taken back to their types first.
Result<Exported> export_program(const RunDirectory& run, ExportFormat format);

/// "level_1_problem_19_sample_0_kernel.py" of ".../level1/19_ReLU.py"; KernelBench names generated kernels so.
Result<std::string> kernelbench_name(const std::filesystem::path& problem);

}  // namespace ka
