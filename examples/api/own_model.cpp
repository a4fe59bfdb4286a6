// Uses KernelAgent as a library, with a model of the program's own: own_model PROBLEM.py REPLY.md…
//
// The "model" answers with the files named on the command line, one after the other. A real one would send the prompt somewhere.
#include <kernelagent.h>

#include <fstream>
#include <iostream>
#include <sstream>

namespace {

std::optional<std::string> read(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return file ? std::optional(text.str()) : std::nullopt;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::cerr << "own_model PROBLEM.py REPLY.md...\n";
    return 2;
  }
  int next = 2;
  const auto answer = [&](const std::string& prompt) -> std::optional<std::string> {
    std::cout << "asked with " << prompt.size() << " characters\n";
    return next < count ? read(words[next++]) : std::nullopt;
  };
  const ka::KernelAgent agent(
      {.workers = 1, .max_rounds = 4, .answer = answer, .settings = {{"worker", KERNELAGENT_WORKER}, {"fallback", "no"}}});
  const ka::AgentResult result = agent.generate_kernel_for(words[1]);
  std::cout << (result.success ? "accepted: " + result.kernel_path.string() : "not accepted: " + result.message) << "\n";
  return result.success ? 0 : 1;
}
