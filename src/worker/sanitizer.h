#pragma once

#include <filesystem>

#include "worker/protocol.h"

namespace ka {

/// Says whether a role's child runs under compute-sanitizer.
constexpr bool is_checked(WorkerRole role) { return role == WorkerRole::kMemcheck || role == WorkerRole::kRacecheck; }

/// Returns where compute-sanitizer lies, links followed: on PATH, or in the CUDA toolkit that CUDA_HOME or CUDA_PATH names or that
/// lies in its usual folder. Empty where there is none.
std::filesystem::path find_compute_sanitizer();

}  // namespace ka
