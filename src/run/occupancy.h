#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ka {

/// What one launch asks of a multiprocessor.
struct Resources {
  int64_t registers = 0;     ///< of one thread
  int64_t shared_bytes = 0;  ///< of one program
  int64_t warps = 4;         ///< of one program
};

/// How much of a multiprocessor programs fill.
struct Occupancy {
  int64_t programs = 0;    ///< resident side by side
  double share = 0;        ///< their warps, of those that it can hold
  std::string limited_by;  ///< "registers", "shared memory", "warps" or "programs"
};

/// Computes the occupancy on a compute capability; nothing where its limits are not in the table.
std::optional<Occupancy> occupancy_of(const Resources& resources, int capability);

}  // namespace ka
