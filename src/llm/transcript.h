#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>

#include "llm/provider.h"

namespace ka {

/// One reply of a transcript file, a JSON line: as `--record` writes it ({"digest", "purpose", "model", "reply": {…}}), or written by hand
/// ({"text": "…"}, with "purpose", "finish", "delay_s" if wanted, or {"error": "…"} for a call that fails).
struct TranscriptEntry {
  std::string digest;   ///< of the request it answers; empty: of any
  std::string purpose;  ///< with a digest: preferred for this purpose; without: only for purposes that begin like this
  ModelReply reply;
  std::string error;  ///< instead of the reply
  double delay_s = 0;
};

/// Replies to be given again, in the order of the file.
class Transcript {
 public:
  /// Reads a file; the error names the line.
  static Result<Transcript> read(const std::filesystem::path& file);
  /// Takes the next reply that fits: same digest and purpose, else same digest, else an entry without digest for this purpose.
  std::optional<TranscriptEntry> take(const std::string& digest, const std::string& purpose);
  std::size_t left() const { return entries_.size(); }

 private:
  std::deque<TranscriptEntry> entries_;
};

/// The line that `--record` appends.
std::string transcript_line(const ModelRequest& request, const std::string& model, const ModelReply& reply);

}  // namespace ka
