#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "agent/prompts.h"
#include "kernel/author.h"
#include "llm/models.h"
#include "run/run_directory.h"
#include "run/workshop.h"

namespace ka {

/// Who writes kernels in a run, in the order in which they are asked, and the models that some of them ask.
struct AuthorTeam {
  std::unique_ptr<Models> models;  ///< null where no model is set; outlives the authors
  Prompts prompts;                 ///< what models are asked with
  std::vector<std::unique_ptr<Author>> authors;
  /// Returns the author of that name, or null.
  Author* find(std::string_view name) const;
};

/// Makes the authors that the configuration names. The agent is left out where no model is set. Calls and replies are kept in the run's
/// folder, so that a resumed run pays for none of them again. Errors: an unknown model, prompts or a budget that cannot be read.
Result<AuthorTeam> make_authors(Workshop& workshop, const RunDirectory& directory);

}  // namespace ka
