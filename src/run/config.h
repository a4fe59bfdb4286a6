#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "judge/judge.h"
#include "kernel/tuning.h"

namespace ka {

/// One setting: the name it has in run.json, the flag and the environment variable that set it, and its meaning.
/// `--help`, `doctor` and the README's table are printed from these rows.
struct SettingRow {
  std::string_view key;
  std::string_view flag;      ///< "--jobs", or empty where no flag sets it
  std::string_view argument;  ///< "N", or empty for a flag that takes none
  std::string_view variable;  ///< "KERNELAGENT_JOBS", or empty
  std::string_view fallback;
  std::string_view meaning;
};
std::span<const SettingRow> setting_rows();
/// Says whether a setting is a yes or a no.
inline bool is_boolean(const SettingRow& row) { return row.fallback == "yes" || row.fallback == "no"; }
/// What `route` may be.
inline constexpr std::string_view kRouteChoices[] = {"auto", "codegen", "pipeline", "agent", "refactor"};

/// What a flag that takes no argument sets its setting to.
std::string flag_value(const SettingRow& row);

/// What a run is told to do. Made once by `load_config`, written to run.json, never changed afterwards.
struct Config {
  std::string platform;          ///< a row of the platform table, or "auto"
  std::string python;            ///< the interpreter that has torch and triton
  std::filesystem::path worker;  ///< folder that holds kernelagent_worker/
  std::filesystem::path runs;    ///< where run directories and their index live
  std::string mode;              ///< "train" or "eval"
  Effort effort = Effort::kStandard;
  int jobs = 0;                       ///< subgraphs worked on at a time; 0 follows the number of subgraphs and cores
  int candidates = 4;                 ///< candidates of the deterministic author judged per subgraph at most
  std::string judge_first = "auto";   ///< what is judged first: "program", "kernels", or "auto": the program on a GPU
  std::vector<std::string> no_pass;   ///< optional passes of the plan that are left out
  std::string launch_graph = "auto";  ///< when programs replay their launches as a CUDA graph: "auto", "always", "never"
  Tuning tune = Tuning::kQuick;       ///< what is spent on finding the fastest of them, where there is a clock
  std::string route = "auto";         ///< the way a program takes (run/route.h), or "auto"
  bool fallback = true;               ///< with "auto": take the next way where one fails
  bool router_cache = true;           ///< read and write the router's cache
  bool router_memory = true;          ///< take a remembered decision; false decides anew
  std::string model;                  ///< who the agent asks; empty: no agent
  std::vector<std::string> authors;   ///< "codegen", "agent": who writes kernels, in the order in which they are asked
  std::string extract_model;          ///< who rewrites what cannot be traced; empty: `model`
  std::string router_model;           ///< who decides between equal ways; empty: `model`
  std::filesystem::path test;         ///< the user's own test of the finished program; empty: none
  bool always_agent = false;          ///< ask the agent where there is a kernel already, too
  int fusions = 0;                    ///< groups of subgraphs that a model may propose as one kernel
  int seeds = 4;                      ///< dialogues with the model per subgraph
  int rounds = 10;                    ///< kernels asked for in each dialogue
  std::filesystem::path prompts;      ///< folder whose files replace prompts of the same name; empty: none
  std::string budget;                 ///< what models may cost in one run: "5", "2Mtokens"; empty: no limit
  std::optional<int64_t> judge_seed;  ///< JudgeRequest::seed of every judgement; a run draws one for itself
  int64_t max_calls = 0;              ///< calls of models in one run; 0: no limit
  std::filesystem::path record;       ///< transcript that every reply is appended to; empty: none
  std::chrono::seconds timeout{600};  ///< per judgement
  int64_t memory_mb = 16384;          ///< cap per worker process
  bool require_sandbox = false;       ///< start no worker outside the full sandbox
  bool cache = true;                  ///< use and fill the cache of accepted kernels
  bool fused_check = true;            ///< check that fused_code.py equals the original
  std::string log_level;
  /// Who rewrites what cannot be traced.
  const std::string& rewriter() const { return extract_model.empty() ? model : extract_model; }

  std::map<std::string, std::string>
      origin;  ///< key → where its value came from: "flag", "environment", ".env", "kernelagent.toml", "default", "found"
};

/// Settings given on the command line: key → text.
using Overrides = std::map<std::string, std::string>;

/// Writes settings as the words of a command line, in the table's order; what has its default or no flag is left out.
std::vector<std::string> flag_words(const Overrides& settings);

/// Resolves every setting: flags before environment before `folder`/.env before `folder`/kernelagent.toml before defaults. An error names the setting, the text it
/// could not read and where that came from.
Result<Config> load_config(const Overrides& flags, const std::filesystem::path& folder);

/// Finds a Python: the one that is set, else the nearest .venv/bin/python upward of `folder` or of the source tree, else python3.
std::string find_python(const std::filesystem::path& folder);

/// The part of a configuration that run.json keeps; equal text means that finished work may be reused.
Json to_json(const Config& config);
/// Reads run.json's settings back; what is missing keeps the value it has in `defaults`.
Result<Config> config_from_json(const Json& json, Config defaults);

}  // namespace ka
