#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "process/loop.h"
#include "process/task.h"

namespace ka {

/// Asks a Python interpreter, with the environment its workers will have, which files and folders it needs: itself, the installations
/// it belongs to, and every folder it finds packages in. Only `python` itself where it does not answer.
Task<std::vector<std::filesystem::path>> interpreter_places(Loop& loop, const std::filesystem::path& python,
                                                            std::vector<std::string> environment);

}  // namespace ka
