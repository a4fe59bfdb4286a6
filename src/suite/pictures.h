#pragma once

#include <string>
#include <vector>

#include "suite/row.h"

namespace ka {

/// Draws a suite's charts as SVG: speed-ups sorted, fractions of the floor sorted, fast_p, time to verified. Charts without a point are
/// left out.
std::vector<std::string> pictures(const std::vector<SuiteRow>& rows);

}  // namespace ka
