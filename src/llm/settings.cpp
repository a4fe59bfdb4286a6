#include "llm/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>

#include "base/file.h"
#include "base/text.h"
#include "llm/provider_table.h"

namespace ka {
namespace {

tl::unexpected<Error> bad(const std::string& variable, const std::string& text, std::string_view expected) {
  return fail(Fault::kInput, fmt::format("'{}' is not {}", text, expected), variable);
}

/// Reads the variables in one way for all of them; the first error stays.
class Variables {
 public:
  explicit Variables(const EnvEntries& entries) : entries_(entries) {}

  std::string text(std::string_view variable) const {
    for (const auto& [name, value] : entries_)
      if (name == variable && !value.empty()) return value;
    return {};
  }
  void number(const std::string& variable, double least, double most, const std::function<void(double)>& set) {
    const std::string value = text(variable);
    if (value.empty()) return;
    double read = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), read);
    if (failed == std::errc() && end == value.data() + value.size() && read >= least && read <= most) {
      set(read);
    } else if (!error_) {
      error_ = bad(variable, value, fmt::format("a number from {} to {}", least, most)).value();
    }
  }
  Status status() const { return error_ ? Status(tl::unexpected<Error>(*error_)) : Status(); }

 private:
  const EnvEntries& entries_;
  std::optional<Error> error_;
};

std::chrono::milliseconds milliseconds(double seconds) { return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)); }

/// "a=b, c=d" or one a line.
Result<EnvEntries> pairs(const std::string& variable, std::string text) {
  EnvEntries found;
  std::replace(text.begin(), text.end(), '\n', ',');
  for (const std::string& piece : split(text, ',')) {
    const std::string_view pair = trim(piece);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string name(trim(pair.substr(0, equals)));
    if (equals == std::string_view::npos || name.empty() || name.find('/') != std::string::npos)
      return bad(variable, std::string(pair), "NAME=VALUE");
    found.emplace_back(name, std::string(trim(pair.substr(equals + 1))));
  }
  return found;
}

Endpoint endpoint_of(const ProviderRow& row, Variables& variables) {
  Endpoint endpoint;
  endpoint.prefix = endpoint.provider = row.prefix;
  endpoint.key_variable = row.key_variable;
  endpoint.key = Secret(variables.text(row.key_variable));
  endpoint.url = variables.text(row.url_variable);
  endpoint.origin = endpoint.url.empty() ? "default" : row.url_variable;
  if (endpoint.url.empty()) endpoint.url = row.url;
  if (!row.timeout_variable.empty())
    variables.number(row.timeout_variable, 1, 7 * 24 * 3600,
                     [&](double seconds) { endpoint.timeout = std::chrono::seconds(static_cast<int64_t>(seconds)); });
  return endpoint;
}

/// "vllm=http://…", or "box=anthropic+https://…" for a service that speaks another language than Chat Completions.
Result<Endpoint> own_endpoint(const std::string& prefix, const std::string& value, const Variables& variables) {
  Endpoint endpoint;
  endpoint.prefix = prefix;
  endpoint.provider = "openai-chat";
  endpoint.url = value;
  endpoint.origin = "KERNELAGENT_ENDPOINTS";
  const std::size_t plus = value.find('+'), colon = value.find(':');
  if (plus != std::string::npos && plus < colon) {
    endpoint.provider = value.substr(0, plus);
    endpoint.url = value.substr(plus + 1);
  }
  const ProviderRow* row = provider_table().find(endpoint.provider);
  if (row == nullptr || row->dialect == nullptr)
    return bad(endpoint.origin, value, "a URL, or PROVIDER+URL of a provider that speaks HTTP");
  if (provider_table().find(prefix) != nullptr) return bad(endpoint.origin, prefix, "a new name: a provider has it");
  for (const char letter : prefix)
    endpoint.key_variable +=
        static_cast<char>(std::isalnum(static_cast<unsigned char>(letter)) != 0 ? std::toupper(letter) : '_');
  endpoint.key_variable += "_API_KEY";
  endpoint.key = Secret(variables.text(endpoint.key_variable));
  return endpoint;
}

}  // namespace

Status parse_budget(const std::string& text, Budget& budget) {
  std::string low = to_lower(trim(text));
  const auto take = [&](std::string_view end) {
    if (!low.ends_with(end)) return false;
    low = trim(std::string_view(low).substr(0, low.size() - end.size()));
    return true;
  };
  const bool tokens = take("tokens") || take("token");
  double factor = 1;
  if (tokens) factor = take("k") ? 1e3 : take("m") ? 1e6 : 1;
  if (!tokens) {
    take("usd");
    if (low.starts_with('$')) low.erase(0, 1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(low.data(), low.data() + low.size(), value);
  if (error != std::errc() || end != low.data() + low.size() || !(value > 0 && value * factor < 1e15))
    return bad("--budget", text, "an amount: 5, 2.50usd, 200000tokens, 2Mtokens");
  if (tokens) budget.tokens = static_cast<int64_t>(value * factor);
  if (!tokens) budget.usd = value;
  return {};
}

std::vector<ModelVariable> model_variables() {
  std::vector<ModelVariable> variables;
  for (const ProviderRow& row : provider_table().rows()) {
    const auto add = [&](const std::string& name, const std::string& meaning) {
      for (const ModelVariable& known : variables)
        if (known.name == name) return;
      if (!name.empty()) variables.push_back({name, meaning});
    };
    add(row.key_variable, "key for " + row.prefix + "/");
    add(row.url_variable,
        row.url.empty() ? "URL of " + row.prefix + "/" : fmt::format("base URL of {}/ ({})", row.prefix, row.url));
    add(row.timeout_variable, "seconds that a call of " + row.prefix + "/ may take");
  }
  const std::vector<ModelVariable> rest = {
      {"KERNELAGENT_ENDPOINTS",
       "further services, NAME=URL with commas between (Chat Completions), or NAME=PROVIDER+URL; key: NAME_API_KEY"},
      {"KERNELAGENT_ALIASES", "short names, ALIAS=MODEL with commas between"},
      {"KERNELAGENT_REASONING", "low, medium or high, for models that take it"},
      {"KERNELAGENT_PRICES", "file with prices, in the form of data/prices.json"},
      {"KERNELAGENT_LLM_PARALLEL", "calls in flight at a time, per service (16)"},
      {"KERNELAGENT_LLM_RPM", "calls a minute, per service (no limit)"},
      {"KERNELAGENT_LLM_ATTEMPTS", "tries of one call (6)"},
      {"KERNELAGENT_LLM_BACKOFF_S", "seconds before the second try; doubles from there (1)"},
      {"KERNELAGENT_LLM_TIMEOUT_S", "seconds that one try may take (2400)"},
      {"KERNELAGENT_LLM_FIRST_BYTE_S", "seconds until an answer begins (600)"},
      {"KERNELAGENT_LLM_IDLE_S", "seconds between two pieces of a reply (300)"},
      {"KERNELAGENT_LLM_CONNECT_S", "seconds to connect (10)"},
      {"SSL_CERT_FILE", "certificate authorities to trust instead of the system's"},
  };
  variables.insert(variables.end(), rest.begin(), rest.end());
  return variables;
}

Result<ModelSettings> settings_from(const EnvEntries& entries) {
  Variables variables(entries);
  ModelSettings settings;
  for (const ProviderRow& row : provider_table().rows()) settings.endpoints.push_back(endpoint_of(row, variables));
  KA_TRY(const auto endpoints, pairs("KERNELAGENT_ENDPOINTS", variables.text("KERNELAGENT_ENDPOINTS")));
  for (const auto& [prefix, value] : endpoints) {
    KA_TRY(Endpoint endpoint, own_endpoint(prefix, value, variables));
    settings.endpoints.push_back(std::move(endpoint));
  }
  KA_TRY(const auto aliases, pairs("KERNELAGENT_ALIASES", variables.text("KERNELAGENT_ALIASES")));
  settings.aliases.insert(aliases.begin(), aliases.end());
  settings.reasoning = variables.text("KERNELAGENT_REASONING");
  if (!settings.reasoning.empty() && settings.reasoning != "low" && settings.reasoning != "medium" &&
      settings.reasoning != "high")
    return bad("KERNELAGENT_REASONING", settings.reasoning, "low, medium or high");
  settings.prices = variables.text("KERNELAGENT_PRICES");
  settings.certificates = variables.text("SSL_CERT_FILE");
  constexpr double kWeek = 7 * 24 * 3600;
  variables.number("KERNELAGENT_LLM_PARALLEL", 1, 1024, [&](double n) { settings.parallel = static_cast<int>(n); });
  variables.number("KERNELAGENT_LLM_RPM", 0, 1e6, [&](double n) { settings.requests_per_minute = n; });
  variables.number("KERNELAGENT_LLM_ATTEMPTS", 1, 100, [&](double n) { settings.retry.attempts = static_cast<int>(n); });
  variables.number("KERNELAGENT_LLM_BACKOFF_S", 0, 3600, [&](double s) { settings.retry.base = milliseconds(s); });
  variables.number("KERNELAGENT_LLM_TIMEOUT_S", 0.1, kWeek, [&](double s) {
    settings.timeouts.total = milliseconds(s);
    settings.timeouts.first_byte = std::min(settings.timeouts.first_byte, settings.timeouts.total);
  });
  variables.number("KERNELAGENT_LLM_FIRST_BYTE_S", 0.1, kWeek, [&](double s) { settings.timeouts.first_byte = milliseconds(s); });
  variables.number("KERNELAGENT_LLM_IDLE_S", 0.1, kWeek, [&](double s) { settings.timeouts.idle = milliseconds(s); });
  variables.number("KERNELAGENT_LLM_CONNECT_S", 0.1, kWeek, [&](double s) { settings.timeouts.connect = milliseconds(s); });
  KA_CHECK_OK(variables.status());
  return settings;
}

Result<ModelSettings> settings_from_environment(const std::filesystem::path& folder) {
  KA_TRY(const EnvEntries dotenv, read_dotenv(folder));
  EnvEntries entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      entries.emplace_back(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  entries.insert(entries.end(), dotenv.begin(), dotenv.end());
  return settings_from(entries);
}

}  // namespace ka
