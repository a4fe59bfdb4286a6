#pragma once

#include <functional>
#include <string>

#include "server/desk.h"

namespace ka {

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 7860;  ///< 0: any that is free
  std::string token;
};

/// Answers HTTP until SIGINT or SIGTERM; runs go on. `ready` hears the address once connections are taken.
Status serve(Desk& desk, const ServeOptions& options, const std::function<void(const std::string&)>& ready);

}  // namespace ka
