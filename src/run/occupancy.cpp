#include "run/occupancy.h"

#include <algorithm>
#include <array>

namespace ka {
namespace {

/// A multiprocessor, from the CUDA programming guide's table of compute capabilities.
struct Multiprocessor {
  int capability;
  int64_t warps, programs, registers, shared_bytes;
};
constexpr std::array<Multiprocessor, 4> kMultiprocessors = {{
    {80, 64, 32, 65536, 164 << 10},
    {86, 48, 16, 65536, 100 << 10},
    {89, 48, 24, 65536, 100 << 10},
    {90, 64, 32, 65536, 228 << 10},
}};
constexpr int64_t kWarpRegisters = 256;  ///< registers are given to warps in such pieces
constexpr int64_t kWarpPieces = 4;       ///< warps that registers suffice for come in fours, one for each scheduler
constexpr int64_t kReserved = 1024;      ///< bytes of shared memory that the system takes for each program
constexpr int64_t kSharedPiece = 128;

int64_t rounded_up(int64_t value, int64_t piece) { return (value + piece - 1) / piece * piece; }

}  // namespace

std::optional<Occupancy> occupancy_of(const Resources& resources, int capability) {
  const auto found = std::find_if(kMultiprocessors.begin(), kMultiprocessors.end(),
                                  [&](const Multiprocessor& one) { return one.capability == capability; });
  if (found == kMultiprocessors.end() || resources.warps <= 0) return std::nullopt;
  const int64_t of_warp = rounded_up(std::max<int64_t>(1, resources.registers) * 32, kWarpRegisters);
  const int64_t with_registers = found->registers / of_warp / kWarpPieces * kWarpPieces / resources.warps;
  const int64_t with_shared = found->shared_bytes / rounded_up(resources.shared_bytes + kReserved, kSharedPiece);
  const int64_t with_warps = found->warps / resources.warps;
  Occupancy occupancy{std::min({with_registers, with_shared, with_warps, found->programs}), 0, "programs"};
  if (occupancy.programs == with_shared) occupancy.limited_by = "shared memory";
  if (occupancy.programs == with_registers) occupancy.limited_by = "registers";
  if (occupancy.programs == with_warps) occupancy.limited_by = "warps";
  occupancy.share = static_cast<double>(occupancy.programs * resources.warps) / static_cast<double>(found->warps);
  return occupancy;
}

}  // namespace ka
