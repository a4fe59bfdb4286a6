#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "server/desk.h"

namespace ka {

/// Who called a tool: hears how far it is, and may give it up. A second client's calls run beside it, in other threads.
struct Caller {
  std::function<void(double step, const std::string& text)> progress;
  const std::atomic<bool>& gone;
};

/// A tool that coding agents can call. Its arguments are checked against `input`, a JSON schema of properties with "type" and "enum".
struct Tool {
  std::string_view name, title, description;
  Json input;
  Result<Json> (*call)(Desk&, const Json& arguments, const Caller&);
};

/// trace, plan, generate, verify, bench, run, run_status.
const std::vector<Tool>& tools();

/// Says what is wrong with a tool's arguments, or nothing.
Status check_arguments(const Tool& tool, const Json& arguments);

/// Runs `kernelagent WORDS… --json` in a process of its own and returns what it prints. The caller hears every second that it goes on; it
/// is ended when the caller is gone. An answer "not verified" is an answer; every other failure is an error with the program's own words.
Result<Json> run_program(const Desk& desk, std::vector<std::string> words, const Caller& caller);

}  // namespace ka
