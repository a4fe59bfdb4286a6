#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "run/model_services.h"

namespace ka::cli_drawer {

void models(CommandTable& table) {
  auto probe = std::make_shared<bool>(false);
  table.add(
      {"models",
       "list the model services that are configured",
       "Keys are read from the environment, else from .env, and never printed. With --probe, exits 3 where a service that is set up\n"
       "does not answer. Variables:\n" +
           describe_model_variables(),
       {},
       [probe](CLI::App& app) { app.add_flag("--probe", *probe, "ask every service whether it answers (no model is asked)"); },
       [probe](const Invocation& invocation) -> Result<int> {
         KA_TRY(const ModelListing listing, list_models(invocation.folder, *probe));
         if (invocation.json) {
           print_json(to_json(listing));
         } else {
           print_text(to_text(listing));
         }
         bool works = true;
         for (const ModelService& service : listing.services)
           works = works && (!service.asked || service.answers || !service.set_up);
         return works ? kExitOk : exit_code(Fault::kEnvironment);
       }});
}

}  // namespace ka::cli_drawer
