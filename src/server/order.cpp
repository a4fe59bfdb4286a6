#include "server/order.h"

#include <algorithm>

#include "base/text.h"
#include "server/api.h"
#include "server/entry_modes.h"

namespace ka {

namespace fs = std::filesystem;

Result<Overrides> chosen_settings(const Json& body) {
  Overrides chosen;
  const Json* settings = find(body, "settings");
  if (settings == nullptr) return chosen;
  if (!settings->is_object()) return fail(Fault::kInput, "settings are an object of texts", "settings");
  for (const auto& [key, value] : settings->items()) {
    const auto rows = setting_rows();
    const bool known = std::any_of(rows.begin(), rows.end(), [&key = key](const SettingRow& row) { return row.key == key; });
    if (!known || !is_choosable(key) || !value.is_string())
      return fail(Fault::kInput, "this setting cannot be chosen here", key, "start `kernelagent ui` with it instead");
    // It would start a program on this machine.
    if (key.ends_with("model") && value.get<std::string>().starts_with("command/"))
      return fail(Fault::kInput, "a program as a model is named on the command line only", key, "kernelagent ui --model …");
    if (value != "") chosen[key] = value.get<std::string>();
  }
  return chosen;
}

Result<fs::path> keep_problem(const Desk& desk, const std::string& text, const std::string& name, const std::string& folder) {
  std::string file = fs::path(name).filename().string();
  std::erase_if(file, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '-' && c != '.'; });
  if (file.starts_with('.') || file.empty() || file.size() > 100) file = "problem.py";
  if (!file.ends_with(".py")) file += ".py";
  return desk.keep_text(text, folder.empty() ? file : folder + "/" + file);
}

Result<RunOrder> run_order(const Desk& desk, const Json& body) {
  for (const char* key : {"mode", "until", "words", "text", "problem", "name"})
    if (const Json* value = find(body, key); value != nullptr && !value->is_string())
      return fail(Fault::kInput, "this is no text", key);
  RunOrder order;
  const EntryMode* mode = entry_mode(string_or(body, "mode", "pipeline"));
  if (mode == nullptr)
    return fail(Fault::kInput, fmt::format("there is no mode '{}'", string_or(body, "mode")), "mode",
                "/api/v1/options lists them");
  order.until = string_or(body, "until", std::string(mode->until));
  KA_TRY(const Phase until, phase_named(order.until, "until"));
  static_cast<void>(until);
  KA_TRY(order.settings, chosen_settings(body));
  order.words = string_or(body, "words");
  const std::string text = string_or(body, "text"), picked = string_or(body, "problem");
  if (text.empty() + picked.empty() + order.words.empty() != 2)
    return fail(Fault::kInput, "name a problem that is listed, or send its text, or say in words what it is", "problem",
                "one of the three");
  if (!order.words.empty()) {
    if (!mode->takes_words)
      return fail(Fault::kInput, fmt::format("'{}' takes a problem file, no words", mode->name), "words",
                  "choose another mode, or send a problem");
    if (trim(order.words).empty()) return fail(Fault::kInput, "the description is empty", "words");
    return order;
  }
  if (!mode->route.empty()) order.settings.emplace("route", mode->route);
  KA_TRY(order.problem, text.empty() ? find_problem(desk, picked) : keep_problem(desk, text, string_or(body, "name")));
  return order;
}

}  // namespace ka
