#include "worker/sanitizer.h"

#include <system_error>

#include "base/env.h"
#include "base/file.h"

namespace ka {

std::filesystem::path find_compute_sanitizer() {
  constexpr const char* kProgram = "compute-sanitizer";
  std::error_code error;
  if (const auto found = find_program(kProgram)) return std::filesystem::canonical(absolute_path(*found), error);
  for (const std::string& toolkit : {get_env_or("CUDA_HOME", ""), get_env_or("CUDA_PATH", ""), std::string("/usr/local/cuda")}) {
    const std::filesystem::path program = std::filesystem::path(toolkit) / "bin" / kProgram;
    if (!toolkit.empty() && is_file(program)) return std::filesystem::canonical(program, error);
  }
  return {};
}

}  // namespace ka
