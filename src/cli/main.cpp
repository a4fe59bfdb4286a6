#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "base/build_info.h"
#include "cli/command.h"
#include "cli/drawer.h"
#include "server/entry_modes.h"

namespace ka {
namespace {

constexpr std::string_view kFooter =
    "Exit codes: 0 done and, where something was judged, accepted; 1 not verified; 2 bad input; 3 something is missing on this machine;\n"
    "4 no full sandbox, with --require-sandbox; 5 a certificate's verdict holds but a file changed; 70 a bug of ours;\n"
    "130 interrupted (a run can be resumed).\n"
    "Start with `kernelagent run examples/gelu_mlp.py`, or `kernelagent doctor` to see what this machine has.";

void declare_settings(CLI::App& app, const Command& command, Overrides& flags) {
  for (const SettingRow& row : setting_rows()) {
    bool takes = false;
    for (std::string_view key : command.settings) takes = takes || key == row.key;
    if (!takes || row.flag.empty()) continue;
    const std::string key(row.key), flag(row.flag);
    std::string meaning(row.meaning);
    if (!row.variable.empty()) meaning += fmt::format(" [{}]", row.variable);
    if (row.argument.empty()) {
      const std::string value = flag_value(row);
      app.add_flag_callback(
             flag, [&flags, key, value] { flags[key] = value; }, meaning)
          ->group("Settings");
    } else {
      app.add_option_function<std::string>(
             flag, [&flags, key](const std::string& text) { flags[key] = text; }, meaning)
          ->type_name(std::string(row.argument))
          ->group("Settings");
    }
  }
}

int report(const Error& error, bool json) {
  const int code = exit_code(error.fault);
  if (json) {
    Json body;
    body["error"] = {{"message", error.message}, {"where", error.where}, {"hint", error.hint}, {"exit", code}};
    print_json(body);
  }
  std::fputs((to_text(error) + "\n").c_str(), stderr);
  return code;
}

/// Says what is wrong with a command line and where help is.
Error bad_command_line(const CommandTable& table, int count, char** words, const std::string& what) {
  const std::string first = count > 1 ? words[1] : "";
  bool known = false;
  for (const Command& command : table.rows()) known = known || command.name == first;
  Error error{
      Fault::kInput, what, {}, known ? fmt::format("kernelagent {} --help", first) : "kernelagent --help lists the commands"};
  while (error.message.ends_with('.') || error.message.ends_with('\n')) error.message.pop_back();
  if (first.empty()) error.message = "no command is given";
  if (!first.empty() && !known && first[0] != '-') error.message = fmt::format("there is no command '{}'", first);
  return error;
}

/// The way into the page that a name of the program stands for, which was a page of its own in the first version; null for every other.
const EntryMode* mode_of_name(const char* word) {
  const std::string name = std::filesystem::path(word).filename();
  for (const EntryMode& mode : entry_modes())
    if (mode.program == name) return &mode;
  return nullptr;
}

int run_command_line(int count, char** words) {
  CLI::App app{"Turns a PyTorch program into a verified, fast Triton program.", "kernelagent"};
  app.set_version_flag("--version", version());
  app.footer(std::string(kFooter));
  app.require_subcommand(1);
  app.get_formatter()->column_width(26);

  CommandTable table;
  fill_command_drawer(table);
  Invocation invocation;
  std::error_code ignored;
  invocation.folder = std::filesystem::current_path(ignored);
  const Command* chosen = nullptr;
  for (const Command& command : table.rows()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->footer(command.description);
    if (command.declare) command.declare(*sub);
    declare_settings(*sub, command, invocation.flags);
    sub->add_flag("--json", invocation.json, "print JSON on standard output");
    sub->callback([&chosen, &command] { chosen = &command; });
  }

  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& stop) {
    if (stop.get_exit_code() == 0) return app.exit(stop);  // help, version
    return report(bad_command_line(table, count, words, stop.what()), false);
  }
  const Result<int> code = chosen->perform(invocation);
  return code ? *code : report(code.error(), invocation.json);
}

}  // namespace

}  // namespace ka

int main(int count, char** words) {
  try {
    std::vector<char*> all(words, words + count);
    const ka::EntryMode* mode = count > 0 ? ka::mode_of_name(words[0]) : nullptr;
    std::array<std::string, 3> page = {"ui", "--entry", mode == nullptr ? "" : std::string(mode->name)};
    for (size_t i = 0; mode != nullptr && i < page.size(); ++i)
      all.insert(all.begin() + 1 + static_cast<std::ptrdiff_t>(i), page[i].data());
    return ka::run_command_line(static_cast<int>(all.size()), all.data());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n  hint: this is a bug in kernelagent; please report it with the command line\n",
                 error.what());
    return ka::exit_code(ka::Fault::kInternal);
  }
}
