#include "server/browser.h"

#include "base/env.h"
#include "process/subprocess.h"

namespace ka {

void open_browser(const std::string& address) {
  if (!get_env("DISPLAY") && !get_env("WAYLAND_DISPLAY")) return;
  SpawnOptions open;
  open.arguments = {"xdg-open", address};
  open.environment = {"PATH=" + get_env_or("PATH", "/usr/bin:/bin"), "HOME=" + get_env_or("HOME", "/")};
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"})
    if (const auto value = get_env(name)) open.environment.push_back(fmt::format("{}={}", name, *value));
  open.outlives_us = true;
  static_cast<void>(Subprocess::start(open));
}

}  // namespace ka
