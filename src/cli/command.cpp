#include "cli/command.h"

#include <cstdio>

namespace ka {

void print_text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_json(const Json& json) { print_text(pretty(json)); }

}  // namespace ka
