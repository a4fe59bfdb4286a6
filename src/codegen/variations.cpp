#include "codegen/variations.h"

namespace ka {
namespace {

using Field = int Schedule::*;

/// The values that one choice may take.
struct Knob {
  Field field;
  std::vector<int> values;
};

/// Doubles and halves a value within bounds.
Knob around(Field field, const Schedule& s, int least, int most, int doublings = 1) {
  Knob knob{field, {s.*field}};
  for (int step = 1; step <= doublings; ++step) {
    if (const int more = s.*field << step; more <= most) knob.values.push_back(more);
  }
  if (const int less = s.*field / 2; less >= least) knob.values.push_back(less);
  return knob;
}

std::vector<Knob> knobs(const Nest& nest, const Schedule& s) {
  const Knob warps = around(&Schedule::warps, s, 1, 16);
  switch (nest.kind) {
    case Nest::Kind::kMap: return {around(&Schedule::block, s, 64, 16384, 3), warps};
    case Nest::Kind::kScan:
    case Nest::Kind::kReduce: {
      std::vector<Knob> found = {around(&Schedule::rows, s, 1, 1024), warps};
      if (!holds_row(s, nest)) found.push_back(around(&Schedule::columns, s, 1, 32768));
      return found;
    }
    case Nest::Kind::kContract: {
      // Parts are padded to steps of 64.
      const int deepest = is_split(s) || is_rounded(s) ? 64 : 128;
      return {around(&Schedule::tile_m, s, 16, 256),
              around(&Schedule::tile_n, s, 16, 256),
              around(&Schedule::tile_k, s, 16, deepest),
              {&Schedule::warps, {s.warps, s.warps == 4 ? 8 : 4}},
              {&Schedule::stages, {s.stages, s.stages + 1, s.stages > 2 ? s.stages - 1 : s.stages + 2}}};
    }
    case Nest::Kind::kAttend:
      return {around(&Schedule::tile_m, s, 16, 128),
              around(&Schedule::tile_n, s, 16, 128),
              {&Schedule::warps, {s.warps, s.warps == 4 ? 8 : 4}},
              {&Schedule::stages, {s.stages, s.stages + 1, s.stages > 1 ? s.stages - 1 : s.stages + 2}}};
    case Nest::Kind::kRecur: return {};
  }
  return {};
}

}  // namespace

std::vector<Variation> variations(const Nest& nest, const Schedule& schedule) {
  std::vector<Variation> all = {{schedule, 0}};
  for (const Knob& knob : knobs(nest, schedule)) {
    const size_t before = all.size();
    for (size_t v = 1; v < knob.values.size(); ++v) {
      for (size_t i = 0; i < before; ++i) {
        all.push_back(all[i]);
        all.back().schedule.*knob.field = knob.values[v];
        ++all.back().changes;
      }
    }
  }
  all.erase(all.begin());
  return all;
}

}  // namespace ka
