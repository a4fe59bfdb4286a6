#pragma once

#include <string>

#include "run/profile.h"

namespace ka {

/// Says how fast a run's kernels are: for each what it must move and compute, its time where the run measured one, the floor under it; and the
/// speed-ups that `bench` found. What is missing is said, with how to get it.
Json performance_json(const Profile& profile, const Json& bench);

/// Draws the kernels of a run under the roofs of the GPU that timed them, as SVG. A kernel without a time stands where the roof of the GPU in
/// the table of figures is, and its series says so. Empty where there is no kernel with work.
std::string roofline_svg(const Profile& profile);

}  // namespace ka
