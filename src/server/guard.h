#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/call.h"

namespace ka {

/// The header that every request which changes something carries: a form or an image on another site cannot send it.
inline constexpr const char* kOwnHeader = "x-kernelagent";
inline constexpr const char* kTokenCookie = "kernelagent_token";

/// Decides whether a request may be answered at all.
class Guard {
 public:
  /// `token` may be empty on a loopback address only; `names` are further names by which this machine is called.
  Guard(std::string token, std::vector<std::string> names) : token_(std::move(token)), names_(std::move(names)) {}

  /// Returns the refusal, or nothing. The host must be an address, localhost or a name of this machine (another name may be rebound by
  /// whoever owns it); an origin must be ours; a change needs the header above (a call of a tool: JSON); with a token, everything
  /// needs the token.
  std::optional<Reply> refuse(const Call& call) const;

 private:
  bool has_token(const Call& call) const;
  std::string token_;
  std::vector<std::string> names_;
};

/// Says whether an address to listen on is reached from this machine only.
bool is_loopback(const std::string& address);

}  // namespace ka
