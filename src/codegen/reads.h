#pragma once

#include "loops/nest.h"

/// How what a nest reads lies in memory: what schedules are chosen by.
namespace ka {

/// Do neighbouring rows, rather than neighbouring elements of a row, lie side by side in memory (a reduction over an outer dim)?
bool rows_are_adjacent(const Graph& graph, const Nest& nest);
/// Are the rows windows over a tensor? Neighbouring rows then read neighbouring elements, and so do the taps of one row.
bool rows_are_windows(const Nest& nest);
/// Does a contraction's operand lie in memory along the depth?
bool is_depth_major(const Nest& nest, ExprId operand);
/// Are taps and channels told apart element by element, since there are few channels? Each element then has an address of its own, and a
/// large tile no registers left: 7x7 windows of 3 channels took 18 µs a tile of 128 x 64 on an H100, 5.3 µs one of 64 x 64.
bool mixes_taps(const Nest& nest);
/// Are a contraction's operands gathered, element by element, or so laid out that no four neighbours can be loaded at once? Loads that run
/// ahead (stages) are then single words, which the device is slow at: on an H100, 3x3 windows of 6 channels took 8.9 ms with three stages
/// and 2.2 ms with one, windows of 256 channels 0.35 and 0.13 ms, plain aligned rows 0.025 and 0.037 ms.
bool gathers(const Nest& nest);

}  // namespace ka
