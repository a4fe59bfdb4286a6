#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "run/model_services.h"

namespace ka::cli_drawer {
namespace {

Result<std::string> standard_input() {
  std::string text;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0) text.append(buffer, got);
  return text;
}

Json to_json(const Answers& answers) {
  Json json;
  json["replies"] = Json::array();
  for (const auto& reply : answers.replies) {
    if (reply) {
      json["replies"].push_back(*reply);
    } else {
      json["replies"].push_back({{"error", reply.error().message}, {"where", reply.error().where}, {"hint", reply.error().hint}});
    }
  }
  json["totals"] = answers.totals;
  return json;
}

Result<int> perform(Question question, const Invocation& invocation) {
  if (question.text == "-") {
    KA_TRY(question.text, standard_input());
  }
  const bool shown = !invocation.json;
  KA_TRY(const Answers answers, ask_models(question, invocation.folder, [shown](std::string_view piece) {
           if (shown) print_text(piece);
         }));
  const Error* error = nullptr;
  for (const auto& reply : answers.replies)
    if (!reply && error == nullptr) error = &reply.error();
  if (invocation.json) {
    print_json(to_json(answers));
    return error == nullptr ? kExitOk : exit_code(error->fault);
  }
  if (error != nullptr) return tl::unexpected<Error>(*error);
  const std::string finish = string_or(*answers.replies[0], "finish");
  if (finish != "stop") print_text(fmt::format("\n[{}]", finish));
  print_text(fmt::format("\n\n{}\n", answers.totals_text));
  return kExitOk;
}

}  // namespace

void ask(CommandTable& table) {
  auto question = std::make_shared<Question>();
  table.add({"ask",
             "ask a model one question, to see that it works",
             "Prints the reply as it comes and what it cost. `kernelagent models` lists what can be asked.",
             {},
             [question](CLI::App& app) {
               app.add_option("model", question->model, "openai/gpt-5, anthropic/claude-…, an alias")->required();
               app.add_option("question", question->text, "the question, or - for standard input")->required();
               app.add_option("--system", question->system, "system prompt");
               app.add_option("--max-tokens", question->max_tokens, "longest reply");
               app.add_option("--temperature", question->temperature, "randomness, brought into the model's range");
               app.add_option("--budget", question->budget, "spend at most: 5, 2.50usd, 200000tokens");
               app.add_option("--max-calls", question->max_calls, "calls at most");
               app.add_option("--copies", question->copies, "ask so many times side by side")->check(CLI::Range(1, 1000));
               app.add_option("--record", question->record, "append the replies to a transcript, for replay/FILE");
               app.add_option("--session", question->directory,
                              "keep ledger and replies in a folder; replies in it are used again");
             },
             [question](const Invocation& invocation) { return perform(*question, invocation); }});
}

}  // namespace ka::cli_drawer
