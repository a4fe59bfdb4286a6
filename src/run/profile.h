#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "run/floor.h"
#include "run/occupancy.h"
#include "run/run_directory.h"
#include "run/workshop.h"

namespace ka {

/// One launch: what it is, and what its compiled form needs.
struct LaunchProfile {
  std::string entry;
  std::vector<std::string> grid;
  int warps = 0, stages = 0;
  int64_t registers = 0, shared_bytes = 0, spill_bytes = 0;
  std::optional<Occupancy> occupancy;
  std::string failure;  ///< why it does not compile; empty where it does
};

/// One kernel: what it must do, what it does, how it runs.
struct KernelProfile {
  std::string id, title, author, schedule;
  int64_t count = 1;        ///< places of the program that call it
  Work work;                ///< of one call
  double milliseconds = 0;  ///< of one call, as the run measured it; 0 where it did not
  Kernel kernel;
  std::vector<LaunchProfile> launches;  ///< as many as the kernel's
};

/// A profile; what was not to be had is said in `missing`, never guessed.
struct Profile {
  std::string what;    ///< the run, or the kernel's file
  std::string gpu;     ///< that the times are of; empty where there are none
  int capability = 0;  ///< that the launches were compiled for
  std::vector<KernelProfile> kernels;
  std::vector<std::string> missing;
};

/// Reads the kernels of a run (all of them, or the one of this subgraph), or a kernel.json. Nothing is compiled yet.
Result<Profile> read_profile(const Config& config, const std::string& what, const std::string& subgraph);

/// Compiles every launch ahead of time in a worker that does not interpret, for this machine's GPU, or without one for sm_90.
Status compile_profile(Config config, Profile& profile);

Json to_json(const Profile& profile);
/// For people: a block for each kernel.
std::string profile_text(const Profile& profile);

}  // namespace ka
