#pragma once

#include <filesystem>
#include <string>

namespace ka {

/// Returns the program's version ("0.1.0").
std::string version();

/// Returns the short git commit that was built, or "unknown".
std::string commit();

/// Returns the source tree that the program was built from; it need not exist where the program runs.
std::filesystem::path source_dir();

/// Returns the folder that holds the Python package `kernelagent_worker`, the first that exists of: $KERNELAGENT_WORKER,
/// <exe>/../share/kernelagent (installed), <exe>/share (bundle), <source>/python (development). Empty where there is none.
std::filesystem::path worker_dir();

/// Returns the worker's sandbox library (sandbox/), the first that exists of: <exe>/lib (bundle), <exe>/../lib/kernelagent (installed),
/// <exe> (development). Empty where there is none.
std::filesystem::path sandbox_library();

/// Returns the bundle's graphviz plugins, <exe>/lib/graphviz, to be named in $GVBINDIR before libgvc starts. Empty outside a bundle.
std::filesystem::path graphviz_dir();

}  // namespace ka
