#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace ka {

/// One HTTP request, as handlers see it.
struct Call {
  std::string method, path;                    ///< the path is decoded, without its query
  std::map<std::string, std::string> query;    ///< the first value of each
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::map<std::string, std::string> parts;  ///< what the route's {names} stand for

  std::string header(const std::string& name) const;
  std::string part(const std::string& name) const;
  /// A word of the query; `fallback` where it is missing or empty.
  std::string asked(const std::string& name, const std::string& fallback = {}) const;
};

/// What is answered. `follow`, where it is set, makes the body: called again and again, it returns the next piece, or is over.
struct Reply {
  struct Piece {
    std::string text;
    bool over = false;
  };
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<Piece()> follow;
};

/// Answers with JSON.
Reply json_reply(const Json& json, int status = 200);
/// Answers with {"error": {message, where, hint}}; the status follows from whose fault it is (input: 400) unless one is named.
Reply error_reply(const Error& error, int status = 0);

class Desk;

/// One row of the table of routes. `{name}` in a pattern stands for one part of a path, `{name*}` at its end for all that is left.
struct HttpRoute {
  std::string_view method, pattern;
  Reply (*handle)(Desk&, const Call&);
};

/// Matches a path; fills `parts`.
bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& parts);

}  // namespace ka
