#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ka {

/// One server-sent event.
struct ServerEvent {
  std::string name;  ///< empty: a plain message
  std::string data;  ///< its data lines, joined by newlines
};

/// Parses server-sent events (the WHATWG "event stream" format) from pieces cut anywhere. An event is complete at its empty line; what
/// follows the last one is not an event. Comments, ids and retry times are skipped.
class ServerEvents {
 public:
  explicit ServerEvents(std::size_t max_event = std::size_t{16} << 20) : max_event_(max_event) {}

  /// Takes the next bytes and returns the events that they complete; nothing once an event is longer than `max_event` bytes.
  std::optional<std::vector<ServerEvent>> feed(std::string_view bytes);

 private:
  void end_line(std::vector<ServerEvent>& events);

  std::size_t max_event_;
  std::string line_;
  ServerEvent event_;
  bool has_data_ = false;
  bool after_return_ = false;  ///< the last byte was \r: a \n that follows belongs to it
  bool first_line_ = true;
};

}  // namespace ka
