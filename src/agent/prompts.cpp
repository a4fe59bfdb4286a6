#include "agent/prompts.h"

#include <kainjow/mustache.hpp>

#include "base/file.h"
#include "base/templates.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr std::string_view kRoot = "prompts/";

/// The paragraphs of strategies.md, one for each seed in turn.
std::string strategy(std::string_view text, int seed) {
  std::vector<std::string> strategies;
  for (const std::string& line : split_lines(text)) {
    if (line.starts_with("- ")) strategies.push_back(line.substr(2));
  }
  return strategies.empty() ? std::string() : strategies[static_cast<size_t>(seed) % strategies.size()];
}

std::string device_text(const Target& target) {
  if (target.platform != "cuda") return fmt::format("platform {}, torch device \"{}\"", target.platform, target.device);
  return fmt::format("CUDA, compute capability {}.{}, {} multiprocessors, torch device \"{}\"", target.capability / 10,
                     target.capability % 10, target.multiprocessors, target.device);
}

}  // namespace

Result<Prompts> Prompts::open(const std::filesystem::path& folder) {
  Prompts prompts;
  for (const std::string_view path : template_paths()) {
    if (path.starts_with(kRoot)) prompts.texts_[std::string(path.substr(kRoot.size()))] = template_text(path);
  }
  if (folder.empty()) return prompts;
  if (!is_dir(folder)) return fail(Fault::kInput, "the folder of prompts does not exist", folder.string());
  for (auto& [name, text] : prompts.texts_) {
    if (!is_file(folder / name)) continue;
    KA_TRY(text, read_file(folder / name));
    kainjow::mustache::mustache parsed(text);
    if (!parsed.is_valid())
      return fail(Fault::kInput, "not a Mustache template: " + parsed.error_message(), (folder / name).string());
  }
  return prompts;
}

std::string Prompts::fill(const std::string& name, const std::map<std::string, std::string>& values) const {
  kainjow::mustache::mustache text(texts_.at(name));
  text.set_custom_escape([](const std::string& value) { return value; });
  kainjow::mustache::data data;
  for (const auto& [key, value] : values) {
    if (!value.empty()) data.set(key, value);
  }
  return text.render(data);
}

std::vector<Message> Prompts::first(const Brief& brief) const {
  std::string examples;
  for (const std::string& kind : brief.kinds) {
    if (const auto found = texts_.find("examples/" + kind + ".md"); found != texts_.end()) examples += found->second + "\n";
  }
  std::map<std::string, std::string> values = {{"specification", brief.specification},
                                               {"problem", brief.problem},
                                               {"device", device_text(brief.target)},
                                               {"examples", examples},
                                               {"strategy", strategy(texts_.at("strategies.md"), brief.seed)}};
  if (brief.champion != nullptr) {
    values["champion"] = module_source(brief.champion->kernel);
    if (brief.champion->milliseconds > 0) values["champion_time"] = fmt::format("{:.4g} ms", brief.champion->milliseconds);
  }
  return {{Speaker::kSystem, fill("system.md", {{"guide", texts_.at("guide.md")}})}, {Speaker::kUser, fill("write.md", values)}};
}

std::vector<Message> Prompts::problem(const std::string& description) const {
  return {{Speaker::kSystem, fill("problem/system.md", {})},
          {Speaker::kUser, fill("problem/ask.md", {{"description", description}})}};
}

std::vector<Message> Prompts::refactor(const std::string& problem, const std::string& reason, int seed) const {
  const std::map<std::string, std::string> values = {
      {"problem", problem}, {"reason", reason}, {"strategy", strategy(texts_.at("refactor/strategies.md"), seed)}};
  return {{Speaker::kSystem, fill("refactor/system.md", {})}, {Speaker::kUser, fill("refactor/ask.md", values)}};
}

std::vector<Message> Prompts::route(const std::string& problem, const std::string& features, const std::string& refused) const {
  const std::map<std::string, std::string> values = {{"problem", problem}, {"features", features}, {"refused", refused}};
  return {{Speaker::kSystem, fill("route/system.md", {})}, {Speaker::kUser, fill("route/ask.md", values)}};
}

std::vector<Message> Prompts::fusion(const std::string& plan, const Target& target, int64_t count) const {
  const std::map<std::string, std::string> values = {
      {"plan", plan}, {"device", device_text(target)}, {"count", plural(count, "group")}};
  return {{Speaker::kSystem, fill("fusion/system.md", {})}, {Speaker::kUser, fill("fusion/ask.md", values)}};
}

Message Prompts::repair(const std::string& feedback, int rounds_left) const {
  return {Speaker::kUser, fill("repair.md", {{"feedback", feedback}, {"rounds_left", std::to_string(rounds_left)}})};
}

}  // namespace ka
