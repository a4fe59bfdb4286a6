#include "server/event_feed.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace ka {
namespace {

using namespace std::chrono_literals;

constexpr std::uintmax_t kPiece = std::uintmax_t{4} << 20;

}  // namespace

std::string activity(const RunDirectory& run) {
  if (run.is_live()) return "running";
  return run.has(kQueueFile) ? "queued" : "ended";
}

std::string EventFeed::lines() {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(run_.file("events.jsonl"), error),
                       from = static_cast<std::uintmax_t>(offset_);
  if (error || size <= from) return {};
  std::ifstream file(run_.file("events.jsonl"), std::ios::binary);
  file.seekg(offset_);
  std::string text(std::min(size - from, kPiece), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  std::string out;
  size_t start = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; start = end + 1, end = text.find('\n', start)) {
    if (++line_ <= skip_) continue;
    out += fmt::format("id: {}\ndata: {}\n\n", line_, std::string_view(text).substr(start, end - start));
  }
  offset_ += static_cast<std::streamoff>(start);
  return out;
}

Reply::Piece EventFeed::next() {
  const auto now = std::chrono::steady_clock::now();
  Reply::Piece piece;
  // Whether it ended is asked before what it left is read: nothing can come in between.
  const bool look = now - looked_ > 1s;
  std::string state = state_;
  if (look) looked_ = now, state = is_dir(run_.path()) ? activity(run_) : "ended";
  const std::streamoff before = offset_;
  piece.text = lines();
  if (offset_ == before && state != state_) {
    state_ = state;
    piece.text += fmt::format("event: {}\ndata: {{\"activity\":\"{}\"}}\n\n", state == "ended" ? "end" : "activity", state);
    piece.over = state == "ended";
  } else if (offset_ != before) {
    looked_ = {};
  } else if (now - spoke_ > 10s) {
    piece.text = ": still here\n\n";
  }
  if (!piece.text.empty()) spoke_ = now;
  return piece;
}

}  // namespace ka
