// The libFuzzer target; README.md says how it is built.
#include <cstdio>
#include <cstdlib>

#include "replies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const ka::fuzz::Outcome outcome = ka::fuzz::play({data, size});
  if (!outcome.fault.empty()) {
    std::fprintf(stderr, "%s\n  %s\n", outcome.fault.c_str(), outcome.story.c_str());
    std::abort();
  }
  return 0;
}
