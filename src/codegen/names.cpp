#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/templates.h"
#include "base/text.h"
#include "codegen/expression.h"

namespace ka {

Names::Names() {
  for (const char* word :
       {"False", "None",  "True",   "and",      "as",     "assert",  "async", "await",  "break",  "class", "continue",
        "def",   "del",   "elif",   "else",     "except", "finally", "for",   "from",   "global", "if",    "import",
        "in",    "is",    "lambda", "nonlocal", "not",    "or",      "pass",  "raise",  "return", "try",   "while",
        "with",  "yield", "abs",    "float",    "int",    "max",     "min",   "range",  "sum",    "tl",    "triton",
        "torch", "math",  "row",    "col",      "mask",   "start",   "offs",  "length", "print",  "bool",  "len"}) {
    taken_.insert(word);
  }
  for (const std::string_view path : template_paths()) {  // helper functions are called by their file's name
    const size_t slash = path.rfind('/');
    if (path.starts_with("templates/primitives/")) continue;  // of PyTorch modules, not of kernels
    if (path.ends_with(".py")) taken_.insert(std::string(path.substr(slash + 1, path.size() - slash - 4)));
  }
}

std::string identifier(std::string_view text) {
  std::string out;
  for (const char c : text) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  while (out.starts_with('_') && out.size() > 1) out.erase(out.begin());
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out.front())) != 0) out.insert(0, "v");
  return out;
}

std::string Names::fresh(std::string_view wanted) {
  const std::string base = identifier(wanted);
  std::string name = base;
  for (int i = 1; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", base, i);
  return name;
}

Dtype register_type(Dtype dtype) { return dtype == Dtype::kFloat16 || dtype == Dtype::kBFloat16 ? Dtype::kFloat32 : dtype; }

std::string triton_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::kBool: return "tl.int1";
    case Dtype::kFloat16: return "tl.float16";
    case Dtype::kBFloat16: return "tl.bfloat16";
    default: return "tl." + std::string(name(dtype));
  }
}

std::string literal_text(const Argument& number, Dtype dtype) {
  if (dtype == Dtype::kBool) return number.number() != 0 ? "True" : "False";
  if (!is_floating(dtype)) {
    if (std::holds_alternative<double>(number.value)) {
      const double v = number.number();
      // Out of the integer's range the conversion is undefined in C and in PyTorch; saturate so that the text stays an integer.
      if (!(v > -9.2e18 && v < 9.2e18)) return v > 0 ? "9223372036854775807" : "-9223372036854775808";
      return fmt::format("{}", static_cast<int64_t>(v));
    }
    return fmt::format("{}", number.integer());
  }
  const double v = number.number();
  if (std::isnan(v)) return "float(\"nan\")";
  if (std::isinf(v)) return v > 0 ? "float(\"inf\")" : "float(\"-inf\")";
  std::string text = fmt::format("{}", v);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string convert(const std::string& atom, Dtype from, Dtype to) {
  if (from == to) return atom;
  if (to == Dtype::kBool) return "(" + atom + " != 0)";
  return fmt::format("{}.to({})", atom, triton_type(to));
}

}  // namespace ka
