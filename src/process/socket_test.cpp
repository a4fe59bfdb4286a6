#include "process/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/file.h"
#include "process/when_all.h"

namespace ka {
namespace {

using std::chrono::milliseconds;
using Failure = JsonLine::Failure;

/// A JsonLine whose other end is a bare socket.
struct Ends {
  explicit Ends(Loop& loop, std::size_t max_line = JsonLine::kMaxLine) : Ends(loop, socket_pair().value(), max_line) {}
  Ends(Loop& loop, std::pair<Fd, Fd> pair, std::size_t max_line)
      : line(loop, std::move(pair.first), max_line), peer(std::move(pair.second)) {}
  void write(std::string_view text) const {
    ASSERT_EQ(::send(peer.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  JsonLine line;
  Fd peer;
};

Deadline soon() { return after(std::chrono::seconds(20)); }

TEST(JsonLine, ReadsMessagesHoweverTheyAreCut) {
  Loop loop;
  Ends ends(loop);
  JsonLine& line = ends.line;
  ends.write("{\"a\":1}\n{\"b\":2}\n{\"c\"");
  EXPECT_EQ(compact(*loop.run(line.receive(soon()))), R"({"a":1})");
  EXPECT_EQ(compact(*loop.run(line.receive(soon()))), R"({"b":2})");
  EXPECT_EQ(loop.run(line.receive(after(milliseconds(5)))).error(), Failure::kTimedOut);
  ends.write(":\"\xC3");
  EXPECT_EQ(loop.run(line.receive(after(milliseconds(5)))).error(), Failure::kTimedOut);
  ends.write("\xA9\"}\n");
  EXPECT_EQ(compact(*loop.run(line.receive(soon()))), "{\"c\":\"é\"}");
}

TEST(JsonLine, TheEndOfTheStreamIsClosedAlsoInsideALine) {
  Loop loop;
  Ends ends(loop);
  ends.write("{\"a\":1}\n{\"b\"");
  ends.peer.reset();
  EXPECT_TRUE(loop.run(ends.line.receive(soon())));
  EXPECT_EQ(loop.run(ends.line.receive(soon())).error(), Failure::kClosed);
  EXPECT_EQ(loop.run(ends.line.receive(soon())).error(), Failure::kClosed);
  EXPECT_FALSE(ends.line.send_now(Json::object()));
}

TEST(JsonLine, MalformedLinesAreErrorsThatStay) {
  for (const std::string text :
       {"nonsense\n", "\n", "[1]\n", "{\"a\":\xff}\n", "{\"a\":\"\xff\"}\n", "{\"a\":1e999}\n", "\"x\"\n"}) {
    Loop loop;
    Ends ends(loop);
    JsonLine& line = ends.line;
    ends.write(text);
    EXPECT_EQ(loop.run(line.receive(soon())).error(), Failure::kMalformed) << text;
    EXPECT_FALSE(line.complaint().empty());
    ends.write("{}\n");
    EXPECT_EQ(loop.run(line.receive(soon())).error(), Failure::kMalformed) << text;
  }
}

TEST(JsonLine, DeepNestingIsAnErrorNotACrash) {
  Loop loop;
  Ends ends(loop);
  ends.write("{\"a\":" + std::string(100'000, '[') + "\n");
  EXPECT_EQ(loop.run(ends.line.receive(soon())).error(), Failure::kMalformed);
}

Task<void> pour(Loop& loop, int fd, std::size_t bytes) {
  const std::string chunk(65536, 'x');
  while (bytes > 0) {
    const bool ready = co_await loop.writable(fd);
    if (!ready) co_return;
    const auto sent = ::send(fd, chunk.data(), std::min(bytes, chunk.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) co_return;
    bytes -= static_cast<std::size_t>(sent);
  }
}

TEST(JsonLine, ALineThatIsTooLongIsCutOff) {
  Loop loop;
  Ends ends(loop, 1 << 20);
  loop.spawn(pour(loop, ends.peer.get(), std::size_t{8} << 20));
  EXPECT_EQ(loop.run(ends.line.receive(soon())).error(), Failure::kMalformed);
  EXPECT_EQ(ends.line.complaint(), "a message is too long");
  ends.line.close();
  loop.run(loop.sleep(milliseconds(1)));
}

Task<bool> send_all(JsonLine& line, Json message) {
  std::vector<SharedFd> none;
  const auto sent = co_await line.send(std::move(message), std::move(none), soon());
  co_return sent.has_value();
}
Task<std::size_t> receive_text(JsonLine& line) {
  auto message = co_await line.receive(soon());
  co_return message ? string_or(*message, "text").size() : 0;
}
Task<std::pair<bool, std::size_t>> exchange(JsonLine& from, JsonLine& to, Json message) {
  Task<bool> sending = send_all(from, std::move(message));
  sending.start();
  const std::size_t size = co_await receive_text(to);
  co_return std::make_pair(sending.done(), size);
}

TEST(JsonLine, LargeMessagesPassThroughASmallSocket) {
  Loop loop;
  Ends ends(loop);
  JsonLine other(loop, std::move(ends.peer));
  Json message = Json::object();
  message["text"] = std::string(std::size_t{20'000'000}, 'y');
  const auto [sent, size] = loop.run(exchange(ends.line, other, std::move(message)));
  EXPECT_TRUE(sent);
  EXPECT_EQ(size, 20'000'000u);
}

TEST(JsonLine, SendingToAPeerThatDoesNotReadTimesOutAndCutsTheLine) {
  Loop loop;
  Ends ends(loop);
  Json message = Json::object();
  message["text"] = std::string(4'000'000, 'y');
  EXPECT_EQ(loop.run(ends.line.send(message, {}, after(milliseconds(20)))).error(), Failure::kTimedOut);
  EXPECT_EQ(loop.run(ends.line.send(Json::object(), {}, soon())).error(), Failure::kClosed);
  EXPECT_FALSE(ends.line.send_now(Json::object()));
}

TEST(JsonLine, DescriptorsTravelWithMessages) {
  Loop loop;
  Ends ends(loop);
  JsonLine other(loop, std::move(ends.peer));
  const auto before = list_dir("/proc/self/fd")->size();
  {
    auto pipe = socket_pair().value();
    Json message = Json::object();
    message["id"] = 1;
    EXPECT_TRUE(ends.line.send_now(message, pipe.first));
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<SharedFd> two = {std::make_shared<const Fd>(std::move(pipe.second)),
                                 std::make_shared<const Fd>(::dup(null.get()))};
    EXPECT_TRUE(loop.run(ends.line.send(message, std::move(two), soon())));
    EXPECT_TRUE(loop.run(other.receive(soon())));
    EXPECT_TRUE(loop.run(other.receive(soon())));
    pipe.first.reset();
    const Fd first = other.take_descriptor(), second = other.take_descriptor(), third = other.take_descriptor();
    ASSERT_TRUE(first && second && third);
    EXPECT_FALSE(other.take_descriptor());
    EXPECT_NE(::fcntl(first.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::send(first.get(), "x", 1, 0), 1);  // the two are still the pair they were
    char byte = 0;
    EXPECT_EQ(::recv(second.get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'x');
  }
  EXPECT_EQ(list_dir("/proc/self/fd")->size(), before);
}

TEST(JsonLine, DescriptorsNobodyTakesAreBoundedAndClosed) {
  const auto before = list_dir("/proc/self/fd")->size();
  {
    Loop loop;
    Ends ends(loop);
    JsonLine other(loop, std::move(ends.peer));
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(ends.line.send_now(Json::object(), null));
      EXPECT_TRUE(loop.run(other.receive(soon())));
    }
    EXPECT_LT(list_dir("/proc/self/fd")->size(), before + JsonLine::kMaxDescriptors + 10);
  }
  EXPECT_EQ(list_dir("/proc/self/fd")->size(), before);
}

TEST(JsonLine, AnInterruptionEndsTheWait) {
  Loop loop;
  Ends ends(loop);
  loop.stop();
  EXPECT_EQ(loop.run(ends.line.receive(kNever)).error(), Failure::kInterrupted);
}

}  // namespace
}  // namespace ka
