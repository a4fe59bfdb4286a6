#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "process/fd.h"
#include "process/loop.h"

namespace ka {

/// Makes a connected pair of stream sockets, close-on-exec.
Result<std::pair<Fd, Fd>> socket_pair();

/// Sends a part of `bytes` without waiting; returns what sendmsg does. Descriptors, at most JsonLine::kMaxDescriptors, go with the first
/// byte alone, so that they cannot be attached to a part that is sent later.
ssize_t send_some(int socket, std::string_view bytes, std::span<const int> descriptors);

/// One end of a line of JSON messages (docs/PROTOCOL.md). Reads and writes never block; malformed input is an error, never a crash.
class JsonLine {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{64} << 20;
  static constexpr std::size_t kMaxDescriptors = 64;  ///< with a message, and waiting to be taken

  enum class Failure {
    kClosed,       ///< the peer closed its end, or died
    kMalformed,    ///< not a JSON object, or longer than kMaxLine; the line cannot be used any more
    kTimedOut,     ///< the deadline passed
    kInterrupted,  ///< the loop was interrupted
  };
  template <class T>
  using Outcome = tl::expected<T, Failure>;

  JsonLine(Loop& loop, Fd socket, std::size_t max_line = kMaxLine);

  /// Waits for the next message. One reader at a time.
  Task<Outcome<Json>> receive(Deadline deadline);
  /// Sends a message with descriptors on its first byte, at most kMaxDescriptors. One writer at a time.
  Task<Outcome<void>> send(Json message, std::vector<SharedFd> descriptors, Deadline deadline);
  /// Sends a short message at once or not at all: false when the peer has stopped reading or is gone.
  bool send_now(const Json& message, const Fd& descriptor = {});

  /// Takes the oldest descriptor that has come and was not taken.
  Fd take_descriptor();
  /// Closes our end; the peer sees the end of the stream.
  void close() { socket_.reset(); }
  bool is_open() const { return static_cast<bool>(socket_); }
  /// Says what was wrong with the last malformed line.
  const std::string& complaint() const { return complaint_; }

 private:
  enum class Progress { kMore, kWouldBlock, kClosed };
  Progress read_some();
  /// Sends a part of `rest`; `descriptors` go with the first byte and are then forgotten.
  Progress write_some(std::string_view& rest, std::vector<int>& descriptors);
  Outcome<Json> decode(std::string_view line);
  tl::unexpected<Failure> malformed(std::string complaint);

  Loop& loop_;
  Fd socket_;
  std::size_t max_line_;
  std::string buffer_;
  std::size_t start_ = 0;    ///< where the next message begins
  std::size_t scanned_ = 0;  ///< up to where there is no newline
  std::deque<Fd> descriptors_;
  std::string complaint_;
  bool cut_ = false;  ///< a message was sent in part: nothing after it would be understood
};

}  // namespace ka
