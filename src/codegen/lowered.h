#pragma once

#include <vector>

#include "base/result.h"
#include "codegen/stack.h"
#include "loops/nest.h"
#include "plan/plan.h"

namespace ka {

/// A subgraph's planned launches as nests, in order, their axes merged.
struct LoweredSubgraph {
  std::vector<Nest> nests;
  std::vector<Stack> stacks;  ///< tensors that lie in one buffer, as the nests read them
};

/// Lowers a subgraph. Fails with Fault::kInternal where a planned launch cannot be lowered.
Result<LoweredSubgraph> lower(const Plan& plan, const Subgraph& subgraph);

/// May PyTorch round this nest's float32 operands to TF32? cuDNN does it for convolutions (torch.backends.cudnn.allow_tf32, on by default);
/// matrix products keep them (torch.backends.cuda.matmul.allow_tf32, off by default).
bool rounds_operands(const Plan& plan, const Nest& nest);

}  // namespace ka
