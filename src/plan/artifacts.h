#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"

namespace ka {

/// subgraphs.json: one object per unique subgraph with the predecessor's fields (id, type, data_layout, dtype, ops, input_shape or
/// inputs, output_shape, weights_original, weights_fused, count, where, source) and ours (title, signature, launches, bytes, flops).
std::string subgraphs_json(const Plan& plan);

/// plan.txt: the subgraphs in execution order, what each reads and writes, and the reason for every cut.
std::string plan_text(const Plan& plan);

/// The reason why a subgraph does not include its consumers, one line per distinct reason.
std::vector<std::string> cut_reasons(const Plan& plan, int subgraph);

/// The plan as a graphviz description: a box per subgraph, an edge per value, labelled with its shape.
std::string plan_dot(const Plan& plan);

/// The same as a picture. Fails with Fault::kEnvironment where graphviz has no layout plugin.
Result<std::string> plan_svg(const Plan& plan);

}  // namespace ka
