#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "process/loop.h"
#include "process/task.h"

namespace ka {

/// A Python interpreter and what it needs of the disk.
struct Interpreter {
  std::filesystem::path program;              ///< the interpreter proper: of a shim (pyenv, asdf, mise) what it starts
  std::vector<std::filesystem::path> places;  ///< itself, the installations it belongs to, every folder it finds packages in
};

/// Asks an interpreter, with the environment its workers will have. Only `python` itself where it does not answer.
Task<Interpreter> look_up_interpreter(Loop& loop, const std::filesystem::path& python, std::vector<std::string> environment);

}  // namespace ka
