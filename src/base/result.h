#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ka {

/// Names whose fault an error is; the process exit code follows from it (docs/TESTING.md lists them).
enum class Fault {
  kInput,        ///< the user's file, flag or program; exit 2
  kEnvironment,  ///< the machine: something missing, full or forbidden; exit 3
  kSandbox,      ///< --require-sandbox, and this machine has no full sandbox; exit 4
  kInterrupted,  ///< Ctrl-C or a termination signal; exit 130
  kInternal,     ///< ours: a broken invariant reported instead of aborting; exit 70
};

/// Describes what went wrong in one line, where, and what to do about it.
struct Error {
  Fault fault = Fault::kInternal;
  std::string message;  ///< one line, no trailing full stop
  std::string where;    ///< "file:line", a path, or empty
  std::string hint;     ///< what to do, or empty
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// Makes an error of the given fault; chain `.where` and `.hint` on the Error where they help.
inline tl::unexpected<Error> fail(Fault fault, std::string message, std::string where = {}, std::string hint = {}) {
  return tl::unexpected<Error>(Error{fault, std::move(message), std::move(where), std::move(hint)});
}

/// Returns the exit code of a fault: 2 input, 3 environment, 4 sandbox, 130 interrupted, 70 internal.
int exit_code(Fault fault);

/// Prints an error as "error: MESSAGE (WHERE)\n  hint: HINT".
std::string to_text(const Error& error);

}  // namespace ka

#define KA_CONCAT_INNER(a, b) a##b
#define KA_CONCAT(a, b) KA_CONCAT_INNER(a, b)

/// Evaluates a Result and returns its error from the enclosing function, or binds its value to `declaration`.
#define KA_TRY(declaration, expression) KA_TRY_IMPL(declaration, expression, KA_CONCAT(ka_result_, __LINE__))
#define KA_TRY_IMPL(declaration, expression, name)                        \
  auto name = (expression);                                               \
  if (!name) return tl::unexpected<::ka::Error>(std::move(name).error()); \
  declaration = std::move(*name)

/// Evaluates a Status and returns its error from the enclosing function.
#define KA_CHECK_OK(expression) KA_CHECK_OK_IMPL(expression, KA_CONCAT(ka_status_, __LINE__))
#define KA_CHECK_OK_IMPL(expression, name) \
  if (auto name = (expression); !name) return tl::unexpected<::ka::Error>(std::move(name).error())
