#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace ka {

/// Writes generated source line by line, indentation kept by scopes:
///
///     SourceWriter out;
///     {
///       auto body = out.block("def {}(x):", name);
///       out.line("return x + {}", bias);
///     }
class SourceWriter {
 public:
  /// Indents until it goes out of scope.
  class [[nodiscard]] Indent {
   public:
    explicit Indent(SourceWriter& writer) : writer_(&writer) { ++writer_->depth_; }
    Indent(Indent&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)) {}
    Indent& operator=(Indent&&) = delete;
    ~Indent() { close(); }
    /// Ends the indentation before the scope does.
    void close() {
      if (auto* writer = std::exchange(writer_, nullptr)) --writer->depth_;
    }

   private:
    SourceWriter* writer_;
  };

  explicit SourceWriter(int width = 4) : width_(width) {}

  /// Formats and writes one line.
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    raw(fmt::format(format, std::forward<Args>(args)...));
  }
  /// Writes a line, then indents what follows while the returned scope lives.
  template <class... Args>
  Indent block(fmt::format_string<Args...> format, Args&&... args) {
    raw(fmt::format(format, std::forward<Args>(args)...));
    return Indent(*this);
  }
  /// Indents what follows while the returned scope lives.
  Indent indent() { return Indent(*this); }
  /// Writes text as it is, braces included; each of its lines is indented, empty ones stay empty.
  void raw(std::string_view text);
  /// Ends the text with this many empty lines, counting those already there; writes none at the start.
  void blank(int lines = 1);

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  int width_;
  int depth_ = 0;
};

}  // namespace ka
