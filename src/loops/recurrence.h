#pragma once

#include <vector>

#include "ir/graph.h"
#include "loops/index.h"

namespace ka {

enum class CellKind { kTanh, kRelu, kGru, kLstm };

/// A recurrent layer: each step's hidden state from the last one's. One tensor keeps every step's states; a step reads them there.
struct Recurrence {
  CellKind cell = CellKind::kTanh;
  NodeId node = kNone;
  AxisId row = 0, step = 0, unit = 0, depth = 0;
  int64_t units = 1;
  std::vector<ExprId> gates;         ///< the input's share of every gate, at row, step, unit
  std::vector<ExprId> weights;       ///< of the hidden state's share, at unit, depth
  std::vector<ExprId> biases;        ///< of the hidden state's share, at unit; empty if there are none
  ExprId first_hidden_deep = kNone;  ///< before the first step, at row, depth
  std::vector<ExprId> first;         ///< hidden and, in an LSTM, cell before the first step, at row, unit
  Index last_hidden_deep;            ///< where the step before left the hidden state, at row, depth
  std::vector<Index> last;           ///< the same for every state, at row, unit
};

}  // namespace ka
