#include "judge/source_options.h"

#include <fmt/format.h>

#include "judge/source_places.h"
#include "judge/source_rules.h"

namespace ka {
namespace {

/// How many arguments may go without a name: those behind them name functions that Triton would run.
size_t unnamed_options(const std::string& path) {
  if (path == "triton.Config") return 5;    // kwargs, num_warps, num_stages, num_ctas, maxnreg
  if (path == "triton.autotune") return 2;  // configs, key
  return path == "triton.heuristics" ? 1 : 0;
}

}  // namespace

bool takes_options(const std::string& path) {
  return path == "triton.jit" || path == "triton.autotune" || path == "triton.heuristics" || path == "triton.Config" ||
         path == "triton.constexpr_function";
}

std::vector<std::pair<SyntaxNode, std::string>> faults_of_options(const SyntaxNode& arguments, const std::string& path,
                                                                  const SourceNames& names) {
  std::vector<std::pair<SyntaxNode, std::string>> faults;
  size_t unnamed = 0;
  for (const SyntaxNode& argument : arguments.named_children()) {
    const auto keyword = argument.is("keyword_argument") ? argument.field("name") : std::nullopt;
    if (keyword && !is_plain_option(path, keyword->text()))
      faults.emplace_back(argument, fmt::format("{} takes no {}", path, keyword->text()));
    if (!keyword && !argument.is("comment") && ++unnamed > unnamed_options(path))
      faults.emplace_back(argument,
                          fmt::format("{} takes only its first {} options without a name", path, unnamed_options(path)));
    if (argument.is("dictionary_splat") || argument.is("list_splat")) faults.emplace_back(argument, "options are written out");
    if (path != "triton.heuristics" && !is_constant(argument, names)) faults.emplace_back(argument, "options are literal");
  }
  return faults;
}

}  // namespace ka
