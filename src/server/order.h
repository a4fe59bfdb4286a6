#pragma once

#include "server/desk.h"

namespace ka {

// What requests ask for, read and checked.

/// Reads `settings` of a request; an input error where one is unknown, is no text, or belongs to whoever started the server.
Result<Overrides> chosen_settings(const Json& body);

/// Keeps a problem's text under a file name made safe, below `folder` where one is named; returns where.
Result<std::filesystem::path> keep_problem(const Desk& desk, const std::string& text, const std::string& name,
                                           const std::string& folder = {});

/// Reads what a new run is asked for: one of `problem`, `text` and `words`; `mode`, `until` and `settings` where they are given.
Result<RunOrder> run_order(const Desk& desk, const Json& body);

}  // namespace ka
