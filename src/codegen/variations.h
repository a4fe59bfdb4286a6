#pragma once

#include <vector>

#include "codegen/schedule.h"

namespace ka {

/// A schedule beside another, and in how many choices it differs.
struct Variation {
  Schedule schedule;
  int changes = 0;
};

/// Lists the schedules around one: blocks of half and twice the size, and other numbers of warps and stages, in every combination that the
/// nest's skeleton can write. Precision stays: it decides what the judge accepts. A kind that is not known here has none.
std::vector<Variation> variations(const Nest& nest, const Schedule& schedule);

}  // namespace ka
