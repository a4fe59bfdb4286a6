#include "process/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace ka {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

}  // namespace

Result<std::pair<Fd, Fd>> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(Fault::kEnvironment, fmt::format("cannot make a socket: {}", std::strerror(errno)), {},
                "raise the limit of open files");
  }
  return std::pair<Fd, Fd>{Fd(ends[0]), Fd(ends[1])};
}

JsonLine::JsonLine(Loop& loop, Fd socket, std::size_t max_line) : loop_(loop), socket_(std::move(socket)), max_line_(max_line) {}

tl::unexpected<JsonLine::Failure> JsonLine::malformed(std::string complaint) {
  complaint_ = std::move(complaint);
  return tl::unexpected<Failure>(Failure::kMalformed);
}

JsonLine::Progress JsonLine::read_some() {
  if (start_ > 0) {  // at most once per read, so that many messages in one chunk cost one move
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
    if (buffer_.empty() && buffer_.capacity() > 4 * kChunk) buffer_.shrink_to_fit();
  }
  // Read aside and appended: growing the buffer itself would clear a whole chunk for every short message.
  thread_local std::array<char, kChunk> chunk;
  iovec vector{chunk.data(), chunk.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
  msghdr header = {};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  const bool would_block = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (got > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  if (would_block) return Progress::kWouldBlock;
  if (got <= 0) return Progress::kClosed;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      Fd owned(fd);
      if (descriptors_.size() < kMaxDescriptors) descriptors_.push_back(std::move(owned));  // a peer cannot exhaust our table
    }
  }
  return Progress::kMore;
}

JsonLine::Outcome<Json> JsonLine::decode(std::string_view line) {
  auto json = parse_json(line, "message");
  if (!json) return malformed(json.error().message);
  if (!json->is_object()) return malformed("a message is a JSON object");
  return std::move(*json);
}

Task<JsonLine::Outcome<Json>> JsonLine::receive(Deadline deadline) {
  while (true) {
    if (!complaint_.empty()) co_return tl::unexpected<Failure>(Failure::kMalformed);
    const auto end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
      start_ = scanned_ = end + 1;
      if (line.size() > max_line_) co_return malformed("a message is too long");
      co_return decode(line);
    }
    scanned_ = buffer_.size();
    if (scanned_ - start_ > max_line_) co_return malformed("a message is too long");
    if (!socket_) co_return tl::unexpected<Failure>(Failure::kClosed);
    // Every read goes through the loop and looks at the clock: a peer that floods us starves neither other tasks nor the deadline.
    const bool ready = co_await loop_.readable(socket_.get(), deadline);
    if (loop_.interrupted()) co_return tl::unexpected<Failure>(Failure::kInterrupted);
    if (!ready || std::chrono::steady_clock::now() >= deadline) co_return tl::unexpected<Failure>(Failure::kTimedOut);
    if (read_some() == Progress::kClosed) co_return tl::unexpected<Failure>(Failure::kClosed);
  }
}

ssize_t send_some(int socket, std::string_view bytes, std::span<const int> descriptors) {
  KA_CHECK(descriptors.size() <= JsonLine::kMaxDescriptors, "a message carries few descriptors");
  const std::size_t size = descriptors.size_bytes();
  iovec vector{const_cast<char*>(bytes.data()), size > 0 ? 1 : bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(JsonLine::kMaxDescriptors * sizeof(int))] = {};
  msghdr header = {};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (size > 0) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(size);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(part), descriptors.data(), size);
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

JsonLine::Progress JsonLine::write_some(std::string_view& rest, std::vector<int>& descriptors) {
  const ssize_t sent = send_some(socket_.get(), rest, descriptors);
  if (sent < 0 && errno == EINTR) return Progress::kMore;
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS)) return Progress::kWouldBlock;
  if (sent <= 0) return Progress::kClosed;
  descriptors.clear();
  rest.remove_prefix(static_cast<std::size_t>(sent));
  return Progress::kMore;
}

Task<JsonLine::Outcome<void>> JsonLine::send(Json message, std::vector<SharedFd> descriptors, Deadline deadline) {
  KA_CHECK(descriptors.size() <= kMaxDescriptors, "a message carries few descriptors");
  if (!socket_ || cut_) co_return tl::unexpected<Failure>(Failure::kClosed);
  const std::string text = compact(message) + "\n";
  message = nullptr;  // a large message need not live twice while it is sent
  std::string_view rest = text;
  std::vector<int> unsent;
  unsent.reserve(descriptors.size());
  for (const SharedFd& descriptor : descriptors) unsent.push_back(descriptor->get());
  cut_ = true;  // also when this task is cancelled below
  while (!rest.empty()) {
    const Progress progress = write_some(rest, unsent);
    if (progress == Progress::kClosed) co_return tl::unexpected<Failure>(Failure::kClosed);
    if (progress == Progress::kMore) continue;
    const bool ready = co_await loop_.writable(socket_.get(), deadline);
    if (ready) continue;
    cut_ = rest.size() != text.size();
    co_return tl::unexpected<Failure>(loop_.interrupted() ? Failure::kInterrupted : Failure::kTimedOut);
  }
  cut_ = false;
  co_return Outcome<void>();
}

bool JsonLine::send_now(const Json& message, const Fd& descriptor) {
  if (!socket_ || cut_) return false;
  const std::string text = compact(message) + "\n";
  std::string_view rest = text;
  std::vector<int> unsent;
  if (descriptor) unsent.push_back(descriptor.get());
  while (!rest.empty()) {
    if (write_some(rest, unsent) != Progress::kMore) {
      cut_ = rest.size() != text.size();
      return false;
    }
  }
  return true;
}

Fd JsonLine::take_descriptor() {
  if (descriptors_.empty()) return Fd();
  Fd oldest = std::move(descriptors_.front());
  descriptors_.pop_front();
  return oldest;
}

}  // namespace ka
