#pragma once

#include <string_view>
#include <vector>

namespace ka {

/// Returns the text of a file that the build embedded, named from the repository's root ("templates/math/erf.py", "prompts/write.md").
/// CHECKs that it exists.
std::string_view template_text(std::string_view path);

/// Lists the embedded files, sorted.
std::vector<std::string_view> template_paths();

}  // namespace ka
