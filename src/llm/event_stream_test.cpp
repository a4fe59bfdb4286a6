#include "llm/event_stream.h"

#include <gtest/gtest.h>

namespace ka {
namespace {

std::string show(const std::vector<ServerEvent>& events) {
  std::string text;
  for (const ServerEvent& event : events) text += "[" + event.name + "|" + event.data + "]";
  return text;
}

/// Feeds a text in pieces of the given size.
std::string parse(std::string_view text, std::size_t piece) {
  ServerEvents stream;
  std::string shown;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto events = stream.feed(text.substr(at, piece));
    if (!events) return "too long";
    shown += show(*events);
  }
  return shown;
}

TEST(ServerEvents, ReadsEventsCutAnywhere) {
  const std::string text =
      "\xEF\xBB\xBF: comment\r\nevent: start\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nid: 7\nretry: 10\ndata:  two spaces\n\n"
      "event: no data\n\ndata\n\rdata: carriage\r\rdata: half an event\n";
  const std::string expected = "[start|{\"a\":\n1}][| two spaces][|][|carriage]";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) ASSERT_EQ(parse(text, piece), expected) << "pieces of " << piece;
}

TEST(ServerEvents, RefusesEventsWithoutEnd) {
  ServerEvents stream(100);
  EXPECT_TRUE(stream.feed("data: " + std::string(80, 'x') + "\n\n"));
  EXPECT_TRUE(stream.feed("data: " + std::string(60, 'x') + "\n"));
  EXPECT_FALSE(stream.feed("data: " + std::string(60, 'x') + "\n"));
}

}  // namespace
}  // namespace ka
