#include "run/model_services.h"

#include "llm/models.h"
#include "llm/provider_table.h"
#include "process/when_all.h"

namespace ka {
namespace {

ModelService service_of(const Endpoint& endpoint) {
  const ProviderRow& row = *provider_table().find(endpoint.provider);
  ModelService service;
  service.prefix = endpoint.prefix;
  service.provider = endpoint.provider;
  service.meaning = row.meaning;
  service.url = endpoint.url;
  service.origin = endpoint.origin;
  service.key_variable = endpoint.key_variable;
  const bool needed = row.needs_key && endpoint.origin != "KERNELAGENT_ENDPOINTS";
  service.set_up = !(needed && endpoint.key.empty()) && !(row.needs_url && endpoint.url.empty());
  if (endpoint.key_variable.empty()) return service;
  service.key = !endpoint.key.empty() ? ModelService::Key::kSet
                : needed              ? ModelService::Key::kMissing
                                      : ModelService::Key::kNotSet;
  return service;
}

/// The listing and the models belong to the caller's frame.
Task<Status> probe_one(Models* models, ModelService* service) {
  if (!service->set_up) co_return Status();
  auto answer = co_await models->probe(service->prefix);
  if (!answer && answer.error().fault == Fault::kInterrupted) co_return tl::unexpected<Error>(std::move(answer.error()));
  service->asked = true;
  service->answers = answer.has_value();
  service->answer = answer ? *answer : answer.error().message;
  co_return Status();
}

Task<Status> probe_all(Models* models, ModelListing* listing) {
  std::vector<Task<Status>> probes;
  for (ModelService& service : listing->services) probes.push_back(probe_one(models, &service));
  std::vector<Status> outcomes = co_await when_all(std::move(probes));
  for (const Status& outcome : outcomes)
    if (!outcome) co_return outcome;
  co_return Status();
}

std::string_view name(ModelService::Key key) {
  switch (key) {
    case ModelService::Key::kSet: return "present";
    case ModelService::Key::kMissing: return "missing";
    case ModelService::Key::kNotSet: return "not set";
    case ModelService::Key::kNone: return "none needed";
  }
  return "";
}

}  // namespace

Result<ModelListing> list_models(const std::filesystem::path& folder, bool probe) {
  KA_TRY(ModelSettings settings, settings_from_environment(folder));
  Loop loop;
  loop.stop_on_signals();
  KA_TRY(const std::unique_ptr<Models> models, Models::open(loop, std::move(settings)));
  ModelListing listing;
  for (const Endpoint& endpoint : models->settings().endpoints) listing.services.push_back(service_of(endpoint));
  for (const auto& [alias, target] : models->settings().aliases)
    listing.aliases.emplace_back(alias, models->full_name(alias).value_or(std::string()));
  if (probe) KA_CHECK_OK(loop.run(probe_all(models.get(), &listing)));
  return listing;
}

std::string describe_model_variables() {
  std::string text;
  for (const ModelVariable& variable : model_variables()) text += fmt::format("  {:<30}{}\n", variable.name, variable.meaning);
  if (!text.empty()) text.pop_back();
  return text;
}

Json to_json(const ModelListing& listing) {
  Json json;
  json["services"] = Json::array();
  for (const ModelService& service : listing.services) {
    Json row;
    row["prefix"] = service.prefix;
    row["provider"] = service.provider;
    row["url"] = service.url;
    row["url_from"] = service.origin;
    row["key_variable"] = service.key_variable;
    row["key"] = name(service.key);
    if (service.asked) {
      row["answers"] = service.answers;
      row["answer"] = service.answer;
    }
    json["services"].push_back(std::move(row));
  }
  json["aliases"] = Json::object();
  for (const auto& [alias, target] : listing.aliases) json["aliases"][alias] = target.empty() ? Json() : Json(target);
  return json;
}

std::string to_text(const ModelListing& listing) {
  std::string text;
  for (const ModelService& service : listing.services) {
    text += fmt::format("{:<14}{}\n", service.prefix + "/", service.meaning);
    if (!service.url.empty()) {
      text += fmt::format("{:<14}url: {}{}\n", "", service.url,
                          service.origin == "default" ? "" : fmt::format(" ({})", service.origin));
    } else if (service.provider == "relay") {
      text += fmt::format("{:<14}url: none is set\n", "");
    }
    if (service.key != ModelService::Key::kNone)
      text += fmt::format("{:<14}key: {} ({})\n", "", name(service.key), service.key_variable);
    if (service.asked) text += fmt::format("{:<14}{}: {}\n", "", service.answers ? "ok" : "NO", service.answer);
  }
  if (!listing.aliases.empty()) text += "\naliases\n";
  for (const auto& [alias, target] : listing.aliases)
    text += fmt::format("  {:<12}{}\n", alias, target.empty() ? "leads to no configured provider" : target);
  return text;
}

Result<Answers> ask_models(const Question& question, const std::filesystem::path& folder,
                           const std::function<void(std::string_view)>& on_text) {
  KA_TRY(ModelSettings settings, settings_from_environment(folder));
  if (!question.budget.empty()) KA_CHECK_OK(parse_budget(question.budget, settings.budget));
  if (question.max_calls > 0) settings.budget.calls = question.max_calls;
  settings.record = question.record;
  settings.directory = question.directory;
  Loop loop;
  loop.stop_on_signals();
  KA_TRY(const std::unique_ptr<Models> models, Models::open(loop, std::move(settings)));
  std::vector<Task<Result<ModelReply>>> calls;
  for (int copy = 0; copy < question.copies; ++copy) {
    ModelRequest request;
    request.model = question.model;
    if (!question.system.empty()) request.messages.push_back({Speaker::kSystem, question.system});
    request.messages.push_back({Speaker::kUser, question.text});
    request.max_tokens = question.max_tokens;
    request.temperature = question.temperature;
    request.purpose = question.copies == 1 ? "ask" : fmt::format("ask {}", copy + 1);
    if (copy == 0) request.on_text = on_text;
    calls.push_back(models->ask(std::move(request)));
  }
  std::vector<Result<ModelReply>> replies = loop.run(when_all(std::move(calls)));
  Answers answers;
  for (Result<ModelReply>& reply : replies) {
    if (reply) {
      answers.replies.emplace_back(to_json(*reply));
    } else {
      answers.replies.emplace_back(tl::unexpected<Error>(std::move(reply.error())));
    }
  }
  answers.totals = to_json(models->ledger().totals());
  answers.totals_text = to_text(models->ledger().totals());
  return answers;
}

}  // namespace ka
