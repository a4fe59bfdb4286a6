#include "run/authors.h"

#include "agent/author.h"
#include "codegen/author.h"

namespace ka {
namespace {

Result<std::unique_ptr<Models>> open_models(Workshop& workshop, const RunDirectory& directory) {
  const Config& config = workshop.config();
  KA_TRY(ModelSettings settings, settings_from_environment(std::filesystem::current_path()));
  if (!config.budget.empty()) KA_CHECK_OK(parse_budget(config.budget, settings.budget));
  if (config.max_calls > 0) settings.budget.calls = config.max_calls;
  settings.directory = directory.path();
  settings.record = config.record;
  KA_TRY(std::unique_ptr<Models> models, Models::open(workshop.loop(), std::move(settings)));
  for (const std::string& model : {config.model, config.extract_model, config.router_model}) {
    if (model.empty()) continue;
    if (const Result<std::string> name = models->full_name(model); !name) return tl::unexpected<Error>(name.error());
  }
  return models;
}

}  // namespace

Result<AuthorTeam> make_authors(Workshop& workshop, const RunDirectory& directory) {
  const Config& config = workshop.config();
  AuthorTeam team;
  if (!config.model.empty() || !config.extract_model.empty()) {
    KA_TRY(team.models, open_models(workshop, directory));
    KA_TRY(team.prompts, Prompts::open(config.prompts));
  }
  for (const std::string& name : config.authors) {
    if (name == "codegen") team.authors.push_back(make_codegen_author());
    if (name != "agent" || config.model.empty()) continue;
    AgentSettings settings;
    settings.model = config.model, settings.seeds = config.seeds, settings.rounds = config.rounds;
    team.authors.push_back(make_agent_author(workshop.loop(), *team.models, team.prompts, std::move(settings)));
  }
  return team;
}

Author* AuthorTeam::find(std::string_view name) const {
  for (const std::unique_ptr<Author>& author : authors)
    if (author->name() == name) return author.get();
  return nullptr;
}

}  // namespace ka
