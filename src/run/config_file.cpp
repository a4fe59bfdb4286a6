#include "run/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "run/config.h"

namespace ka {
namespace {

std::string place(const std::filesystem::path& file, const toml::source_region& source) {
  return fmt::format("{}:{}", file.string(), source.begin.line);
}

/// How many letters must be put in, left out or changed (Levenshtein).
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

std::string most_similar(std::string_view key) {
  const auto rows = setting_rows();
  const auto nearer = [&](const SettingRow& one, const SettingRow& other) { return edits(key, one.key) < edits(key, other.key); };
  return std::string(std::min_element(rows.begin(), rows.end(), nearer)->key);
}

/// A value as a flag would say it; nothing for tables and dates.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* truth = node.as_boolean()) return truth->get() ? "yes" : "no";
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  const toml::array* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> items;
  for (const toml::node& item : *list) {
    const std::optional<std::string> text = item.is_array() ? std::nullopt : text_of(item);
    if (!text) return std::nullopt;
    items.push_back(*text);
  }
  return join(items, ",");
}

}  // namespace

Result<std::map<std::string, std::string>> read_config_file(const std::filesystem::path& folder) {
  std::map<std::string, std::string> settings;
  const std::filesystem::path file = folder / kConfigFile;
  if (!is_file(file)) return settings;
  KA_TRY(const std::string text, read_file(file));
  const toml::parse_result parsed = toml::parse(text, file.string());
  if (!parsed)
    return fail(Fault::kInput, fmt::format("this is not TOML: {}", parsed.error().description()),
                place(file, parsed.error().source()));
  for (const auto& [key, value] : parsed.table()) {
    const std::string name(key.str());
    const auto rows = setting_rows();
    if (std::none_of(rows.begin(), rows.end(), [&](const SettingRow& row) { return row.key == name; }))
      return fail(Fault::kInput, fmt::format("there is no setting '{}'", name), place(file, key.source()),
                  fmt::format("did you mean {}? docs/CONFIG.md lists the keys", most_similar(name)));
    const std::optional<std::string> said = text_of(value);
    if (!said)
      return fail(Fault::kInput, fmt::format("{} is a text, a number, true or false, or a list of texts", name),
                  place(file, value.source()));
    settings[name] = *said;
  }
  return settings;
}

}  // namespace ka
