#include "base/env.h"

#include <cctype>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

bool is_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

/// Reads a quoted value from its opening quote; nothing if the quote is not closed or text follows it.
std::optional<std::string> unquote(std::string_view text) {
  const char quote = text[0];
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == quote) {
      const std::string_view rest = trim(text.substr(i + 1));
      if (!rest.empty() && rest[0] != '#') return std::nullopt;
      return value;
    }
    if (quote == '"' && c == '\\' && i + 1 < text.size()) {
      c = text[++i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    value += c;
  }
  return std::nullopt;
}

/// Reads a bare value: up to a # that follows white space.
std::string bare(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) return std::string(trim(text.substr(0, i)));
  }
  return std::string(trim(text));
}

}  // namespace

std::optional<std::string> get_env(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string get_env_or(const std::string& name, std::string fallback) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr || *value == '\0' ? fallback : value;
}

Result<EnvEntries> parse_env(std::string_view text, std::string_view where) {
  EnvEntries entries;
  int number = 0;
  for (const std::string& whole : split_lines(text)) {
    ++number;
    std::string_view line = trim(whole);
    if (line.empty() || line[0] == '#') continue;
    // The message never quotes the line: it may hold a key.
    const auto malformed = [&](std::string_view what) {
      return fail(Fault::kInput, fmt::format("{} in an environment file", what), fmt::format("{}:{}", where, number),
                  "write KEY=VALUE, with quotes around a value that holds spaces and #");
    };
    if (line.starts_with("export ") || line.starts_with("export\t")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return malformed("a line without =");
    const std::string_view name = trim(line.substr(0, equals));
    if (!is_name(name)) return malformed("a bad variable name");
    const std::string_view value = trim(line.substr(equals + 1));
    if (!value.empty() && (value[0] == '"' || value[0] == '\'')) {
      auto unquoted = unquote(value);
      if (!unquoted) return malformed("a quote that is not closed");
      entries.emplace_back(name, std::move(*unquoted));
    } else {
      entries.emplace_back(name, bare(value));
    }
  }
  return entries;
}

Status load_env_file(const std::filesystem::path& path) {
  if (!is_file(path)) return {};
  KA_TRY(const std::string text, read_file(path));
  KA_TRY(const EnvEntries entries, parse_env(text, path.string()));
  for (const auto& [name, value] : entries) ::setenv(name.c_str(), value.c_str(), /*overwrite=*/0);
  return {};
}

Result<EnvEntries> read_dotenv(const std::filesystem::path& folder) {
  if (!is_file(folder / ".env")) return EnvEntries();
  KA_TRY(const std::string text, read_file(folder / ".env"));
  return parse_env(text, ".env");
}

}  // namespace ka
