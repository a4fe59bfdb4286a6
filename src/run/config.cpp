#include "run/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

#include "base/build_info.h"
#include "base/env.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "plan/passes.h"
#include "run/config_file.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr std::array<SettingRow, 36> kRows = {{
    {"platform", "--target-platform", "NAME", "KERNELAGENT_PLATFORM", "auto", "what kernels run on: auto, cuda, rocm, xpu, cpu"},
    {"python", "--python", "PATH", "KERNELAGENT_PYTHON", "",
     "a Python with torch and triton (else .venv/bin/python nearby, else python3)"},
    {"worker", "", "", "KERNELAGENT_WORKER", "", "folder that holds kernelagent_worker/ (else beside the program)"},
    {"runs", "--runs", "FOLDER", "KERNELAGENT_RUNS", ".fuse", "where run directories and their index live"},
    {"mode", "--eval", "", "KERNELAGENT_MODE", "train", "take the model in eval mode (KernelBench takes it in train mode)"},
    {"effort", "--effort", "LEVEL", "KERNELAGENT_EFFORT", "standard", "how much the judge does: quick, standard, thorough"},
    {"jobs", "--jobs", "N", "KERNELAGENT_JOBS", "auto", "subgraphs worked on at a time, or auto"},
    {"candidates", "--candidates", "N", "KERNELAGENT_CANDIDATES", "4",
     "schedules of the compiler judged per subgraph at most; with --tune full four times as many"},
    {"tune", "--tune", "HOW", "KERNELAGENT_TUNE", "quick",
     "which accepted schedule is taken: off (the first), quick (the fastest of the candidates), full (and of variations of them)"},
    {"judge_first", "--judge-first", "WHAT", "KERNELAGENT_JUDGE_FIRST", "auto",
     "kernels (each before it is composed), program (the compiler's kernels alone only where their program is refused), auto (program on a GPU)"},
    {"no_pass", "--no-pass", "LIST", "KERNELAGENT_NO_PASS", "",
     "rewritings of the graph that are left out: equal-calls, one-pass-attention, split-reductions"},
    {"launch_graph", "--launch-graph", "WHEN", "KERNELAGENT_LAUNCH_GRAPH", "auto",
     "replay a program's launches as one CUDA graph: auto (where launching takes longer than computing), always, never"},
    {"authors", "--authors", "LIST", "KERNELAGENT_AUTHORS", "codegen,agent", "who writes kernels, in the order they are asked"},
    {"route", "--route", "WAY", "KERNELAGENT_ROUTE", "auto",
     "the way a program takes: auto, codegen, pipeline, agent, refactor (kernelagent route)"},
    {"fallback", "--no-fallback", "", "KERNELAGENT_FALLBACK", "yes", "with auto: where one way fails, do not try the next"},
    {"router_cache", "--no-router-cache", "", "KERNELAGENT_ROUTER_CACHE", "yes",
     "neither read nor write router_cache.json, which remembers the ways that worked"},
    {"router_memory", "--ignore-router-config", "", "KERNELAGENT_ROUTER_MEMORY", "yes",
     "decide anew, whatever router_cache.json remembers"},
    {"model", "--model", "NAME", "OPENAI_MODEL", "", "who the agent asks: openai/NAME, anthropic/NAME, … (kernelagent models)"},
    {"extract_model", "--extract-model", "NAME", "KERNELAGENT_EXTRACT_MODEL", "",
     "who rewrites programs that cannot be traced (else --model)"},
    {"router_model", "--router-model", "NAME", "KERNELAGENT_ROUTER_MODEL", "",
     "who is asked where two ways are equally good (else --model)"},
    {"always_agent", "--always-agent", "", "KERNELAGENT_ALWAYS_AGENT", "no",
     "ask the agent even where the compiler has a kernel"},
    {"fusions", "--fusions", "N", "KERNELAGENT_FUSIONS", "0",
     "groups of neighbouring subgraphs that a model may propose as one kernel, each written and judged"},
    {"seeds", "--seeds", "N", "NUM_KERNEL_SEEDS", "4", "dialogues with the model per subgraph"},
    {"rounds", "--rounds", "N", "MAX_REFINEMENT_ROUNDS", "10", "kernels asked for in each dialogue"},
    {"prompts", "--prompts", "FOLDER", "KERNELAGENT_PROMPTS", "", "files here replace prompts of the same name"},
    {"budget", "--budget", "AMOUNT", "KERNELAGENT_BUDGET", "", "what models may cost in one run: 5 (US dollars), 2Mtokens"},
    {"max_calls", "--max-calls", "N", "KERNELAGENT_MAX_CALLS", "0", "calls of models in one run at most; 0: no limit"},
    {"judge_seed", "--judge-seed", "N", "KERNELAGENT_JUDGE_SEED", "",
     "where the seeds of the judge's inputs begin (else drawn anew for every run, so that no kernel can know them)"},
    {"record", "--record", "FILE", "KERNELAGENT_RECORD_REPLIES", "",
     "append every reply to a transcript that replay/FILE repeats"},
    {"test", "--test", "FILE", "KERNELAGENT_TEST", "",
     "your own test of the finished program, which can reject and never accept: `from kernel import kernel_function`"},
    {"timeout", "--timeout", "SECONDS", "KERNELAGENT_TIMEOUT", "600", "limit of one judgement"},
    {"memory_mb", "--memory", "MIB", "KERNELAGENT_MEMORY", "16384", "memory cap of one worker process"},
    {"require_sandbox", "--require-sandbox", "", "KERNELAGENT_REQUIRE_SANDBOX", "no",
     "exit with 4 where workers cannot be kept in the full sandbox"},
    {"cache", "--no-cache", "", "KERNELAGENT_CACHE", "yes", "write and judge every kernel anew"},
    {"fused_check", "--no-fused-check", "", "KERNELAGENT_FUSED_CHECK", "yes",
     "do not check that fused_code.py equals the original"},
    {"log_level", "--log-level", "LEVEL", "LOG_LEVEL", "warning",
     "the developers' log on stderr: trace, debug, info, warning, error, off"},
}};

struct Setting {
  std::string text, origin;
};

std::optional<std::string> dotenv_value(const EnvEntries& entries, std::string_view variable) {
  std::optional<std::string> value;
  for (const auto& [name, text] : entries)
    if (name == variable) value = text;
  return value;
}

Setting resolve(const SettingRow& row, const Overrides& flags, const EnvEntries& dotenv, const Overrides& file) {
  if (const auto flag = flags.find(std::string(row.key)); flag != flags.end()) return {flag->second, "flag"};
  if (!row.variable.empty()) {
    // An empty variable is as good as none.
    if (auto value = get_env(std::string(row.variable)); value && !value->empty()) return {*value, "environment"};
    if (auto value = dotenv_value(dotenv, row.variable); value && !value->empty()) return {*value, ".env"};
  }
  if (const auto kept = file.find(std::string(row.key)); kept != file.end()) return {kept->second, kConfigFile};
  return {std::string(row.fallback), "default"};
}

tl::unexpected<Error> bad_value(const SettingRow& row, const Setting& setting, std::string_view expected) {
  const std::string place = setting.origin == "flag"        ? std::string(row.flag)
                            : setting.origin == "default"   ? std::string(row.key)
                            : setting.origin == kConfigFile ? fmt::format("{} in {}", row.key, kConfigFile)
                                                            : fmt::format("{} in the {}", row.variable,
                                                                          setting.origin == ".env" ? ".env file" : "environment");
  return fail(Fault::kInput, fmt::format("'{}' is not {}", setting.text, expected), place);
}

std::optional<int64_t> whole_number(std::string_view text, int64_t least, int64_t most) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

std::optional<bool> truth(const std::string& text) {
  const std::string low = to_lower(text);
  if (low == "yes" || low == "true" || low == "1" || low == "on") return true;
  if (low == "no" || low == "false" || low == "0" || low == "off") return false;
  return std::nullopt;
}

std::optional<LogLevel> log_level(const std::string& text) {
  const std::string low = to_lower(text);
  if (low == "trace") return LogLevel::kTrace;
  if (low == "debug") return LogLevel::kDebug;
  if (low == "info") return LogLevel::kInfo;
  if (low == "warning" || low == "warn") return LogLevel::kWarning;
  if (low == "error" || low == "critical") return LogLevel::kError;
  if (low == "off") return LogLevel::kOff;
  return std::nullopt;
}

Status set_authors(Config& config, const SettingRow& row, const Setting& setting) {
  config.authors.clear();
  for (const std::string& author : split(setting.text, ',')) {
    if (author != "codegen" && author != "agent") return bad_value(row, setting, "a list of codegen and agent");
    config.authors.push_back(author);
  }
  return {};
}

Status set_no_pass(Config& config, const SettingRow& row, const Setting& setting) {
  config.no_pass.clear();
  const std::vector<std::string> optional = optional_passes();
  for (const std::string& pass : split(setting.text, ',')) {
    if (pass.empty()) continue;
    if (std::find(optional.begin(), optional.end(), pass) == optional.end())
      return bad_value(row, setting, "a list of " + join(optional, ", "));
    config.no_pass.push_back(pass);
  }
  return {};
}

Status set(Config& config, const SettingRow& row, const Setting& setting) {
  const std::string& text = setting.text;
  const auto number = [&](int64_t least, int64_t most, auto& into) -> Status {
    const auto value = whole_number(text, least, most);
    if (!value) return bad_value(row, setting, fmt::format("a whole number from {} to {}", least, most));
    into = std::remove_reference_t<decltype(into)>(*value);
    return {};
  };
  const auto boolean = [&](bool& into) -> Status {
    const auto value = truth(text);
    if (!value) return bad_value(row, setting, "yes or no");
    into = *value;
    return {};
  };
  if (row.key == "platform") config.platform = text;
  if (row.key == "python") config.python = text;
  if (row.key == "worker") config.worker = text;
  if (row.key == "runs") config.runs = text;
  if (row.key == "mode") {
    if (text != "train" && text != "eval") return bad_value(row, setting, "train or eval");
    config.mode = text;
  }
  if (row.key == "effort") {
    const auto effort = parse_effort(text);
    if (!effort) return bad_value(row, setting, "quick, standard or thorough");
    config.effort = *effort;
  }
  if (row.key == "jobs") return text == "auto" ? Status() : number(1, 256, config.jobs);
  if (row.key == "candidates") return number(1, 1000, config.candidates);
  if (row.key == "judge_first") {
    if (text != "auto" && text != "program" && text != "kernels") return bad_value(row, setting, "auto, program or kernels");
    config.judge_first = text;
  }
  if (row.key == "launch_graph") {
    if (text != "auto" && text != "always" && text != "never") return bad_value(row, setting, "auto, always or never");
    config.launch_graph = text;
  }
  if (row.key == "tune") {
    const auto tuning = parse_tuning(text);
    if (!tuning) return bad_value(row, setting, "off, quick or full");
    config.tune = *tuning;
  }
  if (row.key == "authors") return set_authors(config, row, setting);
  if (row.key == "no_pass") return set_no_pass(config, row, setting);
  if (row.key == "route") {
    if (std::find(std::begin(kRouteChoices), std::end(kRouteChoices), text) == std::end(kRouteChoices))
      return bad_value(row, setting, "auto, codegen, pipeline, agent or refactor");
    config.route = text;
  }
  if (row.key == "fallback") return boolean(config.fallback);
  if (row.key == "router_cache") return boolean(config.router_cache);
  if (row.key == "router_memory") return boolean(config.router_memory);
  if (row.key == "model") config.model = text;
  if (row.key == "extract_model") config.extract_model = text;
  if (row.key == "router_model") config.router_model = text;
  if (row.key == "test") config.test = text;
  if (row.key == "always_agent") return boolean(config.always_agent);
  if (row.key == "fusions") return number(0, 64, config.fusions);
  if (row.key == "seeds") return number(1, 64, config.seeds);
  if (row.key == "rounds") return number(1, 1000, config.rounds);
  if (row.key == "prompts") config.prompts = text;
  if (row.key == "budget") config.budget = text;
  if (row.key == "max_calls") return number(0, int64_t{1} << 40, config.max_calls);
  if (row.key == "judge_seed" && !text.empty()) return number(0, (int64_t{1} << 31) - 1, config.judge_seed.emplace());
  if (row.key == "record") config.record = text;
  if (row.key == "timeout") return number(1, 7 * 24 * 3600, config.timeout);
  if (row.key == "memory_mb") return number(256, 1 << 24, config.memory_mb);
  if (row.key == "require_sandbox") return boolean(config.require_sandbox);
  if (row.key == "cache") return boolean(config.cache);
  if (row.key == "fused_check") return boolean(config.fused_check);
  if (row.key == "log_level") {
    if (!log_level(text)) return bad_value(row, setting, "trace, debug, info, warning, error or off");
    config.log_level = text;
  }
  return {};
}

/// Walks upward from a folder to the nearest virtual environment.
std::string nearest_venv(fs::path folder) {
  for (folder = absolute_path(folder); !folder.empty(); folder = folder.parent_path()) {
    const fs::path python = folder / ".venv/bin/python";
    if (is_file(python)) return python.string();
    if (folder == folder.root_path()) break;
  }
  return {};
}

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

std::string flag_value(const SettingRow& row) { return row.key == "mode" ? "eval" : row.fallback == "no" ? "yes" : "no"; }

std::vector<std::string> flag_words(const Overrides& settings) {
  std::vector<std::string> words;
  for (const SettingRow& row : kRows) {
    const auto given = settings.find(std::string(row.key));
    if (given == settings.end() || row.flag.empty() || given->second == row.fallback) continue;
    if (row.argument.empty() && given->second != flag_value(row)) continue;
    words.emplace_back(row.flag);
    if (!row.argument.empty()) words.push_back(given->second);
  }
  return words;
}

std::string find_python(const fs::path& folder) {
  if (std::string found = nearest_venv(folder); !found.empty()) return found;
  if (is_dir(source_dir()))
    if (std::string found = nearest_venv(source_dir()); !found.empty()) return found;
  return "python3";
}

Result<Config> load_config(const Overrides& flags, const fs::path& folder) {
  KA_TRY(const EnvEntries dotenv, read_dotenv(folder));
  KA_TRY(const Overrides file, read_config_file(folder));
  Config config;
  for (const SettingRow& row : kRows) {
    const Setting setting = resolve(row, flags, dotenv, file);
    KA_CHECK_OK(set(config, row, setting));
    config.origin[std::string(row.key)] = setting.origin;
  }
  if (config.python.empty()) {
    config.python = find_python(folder);
    config.origin["python"] = "found";
  }
  if (config.worker.empty()) {
    config.worker = worker_dir();
    config.origin["worker"] = "found";
  }
  if (config.origin["log_level"] != "default") set_log_level(*log_level(config.log_level));
  return config;
}

Json to_json(const Config& config) {
  Json json;
  json["platform"] = config.platform;
  json["mode"] = config.mode;
  json["effort"] = name(config.effort);
  json["candidates"] = config.candidates;
  json["judge_first"] = config.judge_first;
  json["no_pass"] = join(config.no_pass, ",");
  json["launch_graph"] = config.launch_graph;
  json["tune"] = name(config.tune);
  json["authors"] = join(config.authors, ",");
  json["route"] = config.route;
  json["fallback"] = config.fallback;
  json["model"] = config.model;
  json["extract_model"] = config.extract_model;
  json["router_model"] = config.router_model;
  json["test"] = config.test.string();
  json["always_agent"] = config.always_agent;
  json["fusions"] = config.fusions;
  json["seeds"] = config.seeds;
  json["rounds"] = config.rounds;
  json["prompts"] = config.prompts.string();
  json["budget"] = config.budget;
  json["max_calls"] = config.max_calls;
  if (config.judge_seed) json["judge_seed"] = *config.judge_seed;
  json["timeout"] = config.timeout.count();
  json["memory_mb"] = config.memory_mb;
  json["cache"] = config.cache;
  json["fused_check"] = config.fused_check;
  json["python"] = config.python;
  return json;
}

Result<Config> config_from_json(const Json& json, Config defaults) {
  Config config = std::move(defaults);
  for (const SettingRow& row : kRows) {
    const std::string key(row.key);
    const Json* kept = find(json, key);
    if (kept == nullptr || config.origin[key] == "flag") continue;
    std::string text = kept->is_string() ? kept->get<std::string>() : compact(*kept);
    if (row.argument.empty() && kept->is_boolean()) text = kept->get<bool>() ? "yes" : "no";
    KA_CHECK_OK(set(config, row, {text, "default"}));
  }
  return config;
}

}  // namespace ka
