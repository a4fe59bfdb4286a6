#pragma once

#include "codegen/schedule.h"

namespace ka {

/// Predicts the time of a nest's launches with a schedule, in milliseconds, from what it moves, what it computes, and how well its programs
/// fill the device. Made to rank schedules of one nest: the clock has the last word (docs/ARCHITECTURE.md, Tuning).
double predicted_ms(const Graph& graph, const Nest& nest, const Schedule& schedule, const Target& target);

/// Says whether a program fits a multiprocessor's shared memory and registers, as far as that is known before it is compiled.
bool fits(const Graph& graph, const Nest& nest, const Schedule& schedule, const Target& target);

}  // namespace ka
