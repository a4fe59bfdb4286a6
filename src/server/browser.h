#pragma once

#include <string>

namespace ka {

/// Opens an address in the user's browser where there is a desktop; nothing happens elsewhere.
void open_browser(const std::string& address);

}  // namespace ka
