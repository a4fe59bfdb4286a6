#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "suite/row.h"

namespace ka {

/// A suite's report in its three forms. The same rows give the same bytes.
struct Report {
  Json json;
  std::string markdown, html;
};

/// Makes the report from suite.json and the rows; `seconds` is how long all sittings lasted.
Report make_report(const Json& head, const std::vector<SuiteRow>& rows, double seconds);

}  // namespace ka
