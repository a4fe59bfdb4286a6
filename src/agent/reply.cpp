#include "agent/reply.h"

#include <vector>

#include "base/text.h"
#include "syntax/module.h"

namespace ka {
namespace {

bool is_fence(std::string_view line) { return trim(line).starts_with("```"); }

/// The texts between pairs of fences; an unclosed last block counts, for a reply may be cut short.
std::vector<std::string> fenced_blocks(std::string_view reply) {
  std::vector<std::string> blocks;
  bool inside = false;
  for (const std::string& line : split(std::string(reply), '\n')) {
    if (is_fence(line)) {
      inside = !inside;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

/// Why a text is no such module; empty when it is one.
std::string objection(const std::string& text, std::string_view function) {
  if (text.size() > kLongestKernel)
    return fmt::format("the code has {} bytes, more than the {} allowed", text.size(), kLongestKernel);
  const Result<SyntaxTree> tree = parse_python(text, "your code");
  if (!tree) return fmt::format("the code is not Python: {} ({})", tree.error().message, tree.error().where);
  if (!find_definition(tree->root(), function)) return fmt::format("the code defines no {}", function);
  return {};
}

}  // namespace

Result<std::string> module_from_reply(std::string_view reply, std::string_view function) {
  std::vector<std::string> blocks = fenced_blocks(reply);
  if (blocks.empty()) blocks.emplace_back(reply);
  std::string reason;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    std::string why = objection(*block, function);
    if (why.empty()) return std::move(*block);
    if (reason.empty()) reason = std::move(why);
  }
  return fail(Fault::kInput, fmt::format("no ```python block of the reply defines {}: {}", function, reason));
}

Json object_from_reply(const std::string& reply) {
  const size_t begin = reply.find('{'), end = reply.rfind('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return Json::object();
  const Result<Json> json = parse_json(reply.substr(begin, end - begin + 1), "the reply");
  return json && json->is_object() ? *json : Json::object();
}

}  // namespace ka
