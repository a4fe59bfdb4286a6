#pragma once

#include <string>

#include "run/dispatch.h"
#include "run/route.h"

namespace ka {

/// Where two ways are equally good, asks a model which comes first. Its answer changes their order and nothing else; an answer that names
/// neither, or no answer, leaves the order as it is, with a warning. Nobody is asked where a way is remembered or no model is set.
Task<Status> break_tie(RunContext& context, std::string problem_text, Route* route);

}  // namespace ka
