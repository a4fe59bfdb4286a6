#include "process/task_promise.h"

#include <exception>
#include <string>

#include "base/check.h"

namespace ka {

void task_threw() noexcept {
  std::string message = "a coroutine threw something that is no std::exception";
  try {
    throw;
  } catch (const std::exception& error) {
    message = std::string("a coroutine threw: ") + error.what();
  } catch (...) {}
  check_failed(__FILE__, __LINE__, "coroutines report with Result", message);
}

}  // namespace ka
