#include "agent/feedback.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kLongestOutput = 4000;
constexpr size_t kMostSets = 12;

std::string_view advice(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::kWrong:
      return "Find the cause in the kernel, not in a tolerance: the bound follows PyTorch's own rounding error. Sets that pass and sets that "
             "fail tell much: all wrong from the first element means a wrong index or formula; wrong at the end of a row, a mask; wrong for "
             "large values only, an overflow or a missing maximum; wrong for NaN or infinity only, a comparison that drops them.";
    case VerdictKind::kFallback:
      return "Everything that computes must be inside @triton.jit functions. Outside, only allocate, view and launch.";
    case VerdictKind::kCrashed: return "Read the message, then the line it names.";
    case VerdictKind::kTimedOut: return "Look for a loop that does not end, or far too many programs.";
    case VerdictKind::kUnsafe: return "The rule was broken in the line it names. Use only what the rules allow.";
    case VerdictKind::kUnbound: return "Define kernel_function with the inputs in the order given.";
    case VerdictKind::kFlaky:
      return "Two equal calls differ: look for memory that is read before it is written, or programs that write the same element.";
    default: return "";
  }
}

/// Leaves out folders of quoted paths, and addresses: they differ from run to run.
std::string without_places(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '/' && (i == 0 || text[i - 1] == '"' || text[i - 1] == ' ' || text[i - 1] == '(' || text[i - 1] == '\'')) {
      const size_t end = std::min(text.find_first_of("\" ')\n:,", i), text.size());
      const std::string_view path = text.substr(i, end - i);
      const std::string_view file = path.substr(path.rfind('/') + 1);
      out += file.starts_with("candidate") ? "kernel.py" : std::string(file);
      i = end;
    } else if (text.substr(i, 2) == "0x") {
      size_t end = i + 2;
      while (end < text.size() && std::isxdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      out += "0x…";
      i = end;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string set_line(const TrialFigures& trial, const OutputFigures& output) {
  if (output.problem.empty())
    return fmt::format("- {} inputs, {}: passes, {:.2g} of the bound", trial.distribution, output.name, output.bound_used);
  return fmt::format("- {} inputs, {}: {} (largest absolute error {:.3g})", trial.distribution, output.name, output.problem,
                     output.max_error);
}

}  // namespace

std::string feedback(const Verdict& verdict) {
  std::string text = fmt::format("Verdict: {}.\n{}\n", name(verdict.kind), without_places(verdict.reason));
  if (const Json* breaches = find(verdict.details, "breaches");
      breaches != nullptr && breaches->is_array() && breaches->size() > 1) {
    text += "\nAll broken rules:\n";
    for (const Json& breach : *breaches) {
      if (breach.is_string()) text += "- " + breach.get<std::string>() + "\n";
    }
  }
  std::vector<std::string> lines;
  for (const TrialFigures& trial : verdict.trials) {
    for (const OutputFigures& output : trial.outputs) lines.push_back(set_line(trial, output));
  }
  if (!lines.empty()) {
    if (lines.size() > kMostSets) lines.erase(lines.begin(), lines.end() - kMostSets);
    text += "\nInput sets, in the order tried:\n" + join(lines, "\n") + "\n";
  }
  if (const std::string output = string_or(verdict.details, "output"); !trim(output).empty()) {
    const std::string clean = without_places(output);
    const size_t from = clean.size() > kLongestOutput ? clean.size() - kLongestOutput : 0;
    text += "\nThe end of what it printed:\n```\n" + std::string(trim(clean.substr(from))) + "\n```\n";
  }
  if (const std::string_view hint = advice(verdict.kind); !hint.empty()) text += "\n" + std::string(hint) + "\n";
  return text;
}

std::string feedback_without_kernel(std::string_view reason) {
  return fmt::format("There was nothing to judge: {}.\nAnswer with one ```python block that holds the whole module.\n", reason);
}

std::string feedback_on_file(std::string_view fault) { return fmt::format("The file does not do: {}\n", without_places(fault)); }

}  // namespace ka
