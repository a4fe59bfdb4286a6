#include "ops/naming.h"

namespace ka {

std::string operator_word(std::string_view op) {
  const size_t dot = op.find('.');
  std::string_view word = dot == std::string_view::npos ? op : op.substr(dot + 1);
  word = word.substr(0, word.find('.'));
  while (word.starts_with('_')) word.remove_prefix(1);
  if (word == "to_copy") return "to";
  if (word.starts_with("native_")) word.remove_prefix(7);
  for (const std::string_view suffix : {"_legit_functional", "_legit_no_training", "_legit", "_forward"}) {
    if (word.ends_with(suffix)) word.remove_suffix(suffix.size());
  }
  return std::string(word);
}

}  // namespace ka
