#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace ka {
namespace {

constexpr size_t kListed = 16;  // subgraphs, and cuts, that are listed; plan.txt has all
constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr const char* kBold = "1";
constexpr const char* kDim = "2";
constexpr const char* kRed = "31";
constexpr const char* kGreen = "32";
constexpr const char* kYellow = "33";

/// Columns that UTF-8 text takes; every character we print is one column wide.
size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, size_t width) {
  const size_t have = columns(text);
  return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

std::string cut_to(std::string_view text, size_t width) {
  if (columns(text) <= width) return std::string(text);
  size_t kept = 0, end = 0;
  while (end < text.size() && kept + 1 < width) {
    ++end;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    ++kept;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

std::string share_of_bound(double bound_used) {
  if (bound_used == 0) return "exact";
  if (!std::isfinite(bound_used)) return "beyond any bound";
  if (bound_used < 0.001) return "under 0.1 % of the allowed error";
  if (bound_used <= 1) return fmt::format("{:.{}f} % of the allowed error", bound_used * 100, bound_used < 0.1 ? 1 : 0);
  return fmt::format("{:.3g} times the allowed error", bound_used);
}

std::string duration_text(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::lround(seconds));
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

TerminalStyle detect_style(std::FILE* stream) {
  TerminalStyle style;
  const char* term = std::getenv("TERM");
  const char* plain = std::getenv("NO_COLOR");
  style.live = isatty(fileno(stream)) == 1 && term != nullptr && std::string_view(term) != "dumb";
  style.colour = style.live && (plain == nullptr || *plain == '\0');
  winsize size{};
  if (style.live && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  return style;
}

Terminal::~Terminal() { erase(); }

std::string Terminal::paint(const char* code, std::string_view text) const {
  return style_.colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

void Terminal::erase() {
  if (!drawn_) return;
  std::fputs("\r\x1b[2K", stream_);
  std::fflush(stream_);
  drawn_ = false;
}

void Terminal::rest() {
  phase_.clear();
  erase();
}

void Terminal::print(const std::string& text) {
  erase();
  if (std::exchange(blank_due_, false)) std::fputs("\n", stream_);
  std::fputs((text + "\n").c_str(), stream_);
  std::fflush(stream_);
}

void Terminal::tick() {
  if (!style_.live || phase_.empty()) return;
  erase();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - phase_began_).count();
  const std::string text = cut_to(fmt::format("{:<8} {}  {}", phase_, doing_, duration_text(seconds)),
                                  static_cast<size_t>(std::max(style_.width - 5, 20)));
  std::fputs(fmt::format("  {} {}", paint(kYellow, kFrames[frame_++ % std::size(kFrames)]), text).c_str(), stream_);
  std::fflush(stream_);
  drawn_ = true;
}

void Terminal::line(Mark mark, std::string_view phase, std::string_view text, std::string_view right) {
  const char* sign = "  ";
  const char* colour = kDim;
  if (mark == Mark::kGood) sign = "✓ ", colour = kGreen;
  if (mark == Mark::kBad) sign = "✗ ", colour = kRed;
  if (mark == Mark::kNote) sign = "! ", colour = kYellow;
  std::string out = fmt::format("  {}{} {}", paint(colour, sign), paint(kBold, padded(phase, 8)), text);
  if (!right.empty()) {
    const size_t used = 4 + 9 + columns(text);
    const size_t edge = std::min<size_t>(static_cast<size_t>(style_.width), 100);
    const size_t gap = used + columns(right) + 2 < edge ? edge - used - columns(right) : 2;
    out += std::string(gap, ' ') + paint(kDim, right);
  }
  print(out);
}

void Terminal::detail(std::string_view text) { print(std::string(15, ' ') + std::string(text)); }

void Terminal::hear(const RunEvent& event, const std::string&) {
  if (!std::holds_alternative<SubgraphPlanned>(event) && !std::holds_alternative<CutMade>(event)) end_planning();
  std::visit([this](const auto& kind) { draw(kind); }, event);
}

void Terminal::draw(const RunStarted& event) {
  run_ = event.directory, problem_ = event.problem;
  print(fmt::format("{} {} · {}{}", paint(kBold, "kernelagent"), event.version, event.resumed ? "going on with " : "",
                    event.problem));
  print(fmt::format("  on {}: {}", event.platform, event.platform_note));
  print(fmt::format("  in {}", event.directory));
  blank_due_ = true;
}

void Terminal::draw(const PhaseStarted& event) {
  phase_ = event.phase;
  doing_.clear();
  phase_began_ = std::chrono::steady_clock::now();
  tick();
}

void Terminal::draw(const Progressed& event) {
  if (event.phase == phase_) doing_ = event.text;
  tick();
}

void Terminal::draw(const PhaseFinished& event) {
  phase_.clear();
  line(Mark::kGood, event.phase, event.summary, event.reused ? "done before" : duration_text(event.seconds));
}

void Terminal::draw(const ProblemWritten& event) {
  print(fmt::format("  {} was written by {}, from your words:", event.path, event.author));
  for (const std::string& text : split_lines(event.text)) print(text.empty() ? "" : "    " + text);
  print("");
}

void Terminal::draw(const AnswerChecked& event) {
  if (event.fault.empty()) return;  // the phase's end tells
  line(Mark::kNote, event.phase, fmt::format("answer {} of dialogue {}: {}", event.round, event.seed, event.fault));
}

void Terminal::draw(const SubgraphPlanned& event) {
  subgraphs_.push_back(event);
  id_width_ = std::max(id_width_, columns(event.id));
}
void Terminal::draw(const CutMade& event) { cuts_.push_back(event); }

void Terminal::end_planning() {
  if (subgraphs_.empty()) return;
  size_t title_width = 0;
  for (const SubgraphPlanned& subgraph : subgraphs_)
    title_width = std::min<size_t>(std::max(title_width, columns(subgraph.title)), 34);
  for (size_t i = 0; i < subgraphs_.size() && i < kListed; ++i) {
    const SubgraphPlanned& s = subgraphs_[i];
    const std::string times = s.count > 1 ? fmt::format("  used {} times", s.count) : "";
    detail(fmt::format("{}  {}  {} → {}{}", padded(s.id, id_width_), padded(cut_to(s.title, 34), title_width), s.inputs,
                       s.outputs, times));
  }
  if (subgraphs_.size() > kListed) detail(fmt::format("… and {} more in plan.txt", subgraphs_.size() - kListed));
  for (size_t i = 0; i < cuts_.size() && i < kListed; ++i) {
    const CutMade& cut = cuts_[i];
    const std::string where =
        cut.producer == cut.consumer ? "two launches in " + cut.producer : fmt::format("cut {} | {}", cut.producer, cut.consumer);
    detail(paint(kDim, fmt::format("{}: {}", where, cut.reason)));
  }
  if (cuts_.size() > kListed) detail(fmt::format("… and {} more cuts in plan.txt", cuts_.size() - kListed));
  subgraphs_.clear();
  cuts_.clear();
}

void Terminal::draw(const CandidateJudged& event) {
  if (event.verdict == "accepted") return;  // KernelChosen tells
  line(Mark::kNote, "write",
       fmt::format("{}: {}'s candidate {} is {}: {}", event.subgraph, event.author, event.number, event.verdict, event.reason),
       duration_text(event.seconds));
}

void Terminal::draw(const CandidateTimed&) {}  // SubgraphTuned tells

void Terminal::draw(const SubgraphTuned& event) {
  std::string text = padded(event.subgraph, id_width_) + "  ";
  if (event.how == "remembered") {
    text += fmt::format("schedule known from {}", event.source);
  } else if (event.how == "alone") {
    text += fmt::format("the only one accepted of {}", event.judged);
  } else {
    text += fmt::format("fastest of {}", event.timed);
    if (event.milliseconds > 0 && event.first_ms > event.milliseconds)
      text += fmt::format(", {:.2f} times as fast as the first choice", event.first_ms / event.milliseconds);
  }
  line(Mark::kPlain, "tune", text, event.seconds > 0 ? duration_text(event.seconds) : "");
}

void Terminal::draw(const KernelChosen& event) {
  std::string text = fmt::format("{}  written by {}", padded(event.subgraph, id_width_), event.author);
  if (event.how == "judged") text += fmt::format(", accepted: {}", share_of_bound(event.bound_used));
  if (event.how == "unjudged") text += ", to be judged in the program";
  if (event.how == "cached") text += ", accepted in an earlier run";
  if (event.how == "kept") text += ", accepted before";
  line(Mark::kPlain, "write", text, event.milliseconds > 0 ? fmt::format("kernel {:.3g} ms", event.milliseconds) : "");
}

void Terminal::draw(const FusionDecided& event) {
  std::string parts = event.parts;
  for (size_t comma = 0; (comma = parts.find(',', comma)) != std::string::npos;) parts.replace(comma, 1, " + ");
  line(event.taken ? Mark::kGood : Mark::kPlain, "fuse",
       fmt::format("{}  {}", parts, event.taken ? "one kernel: " + event.subgraph : "stay apart: " + event.reason));
}

void Terminal::draw(const SubgraphFailed& event) {
  line(Mark::kBad, "write", fmt::format("{}: {}", event.subgraph, event.reason));
}

void Terminal::draw(const Warned& event) { line(Mark::kNote, "note", event.message); }

void Terminal::draw(const ProgramJudged& event) {
  verdict_ = event;
  const bool good = event.verdict == "accepted";
  phase_.clear();
  std::string text = event.verdict + (event.qualifier.empty() ? "" : ", " + event.qualifier);
  text += good ? fmt::format(" on {} input sets, {}", event.trials, share_of_bound(event.bound_used)) : ": " + event.reason;
  line(good ? Mark::kGood : Mark::kBad, "judge", text, duration_text(event.seconds));
}

void Terminal::draw(const RunFinished& event) {
  phase_.clear();
  blank_due_ = true;
  if (event.status == "accepted") {
    const std::string qualifier = verdict_.qualifier.empty() ? "" : fmt::format(" ({})", verdict_.qualifier);
    print(paint(kGreen, fmt::format("Accepted{}: the Triton program computes what {} computes, in {}.", qualifier, problem_,
                                    duration_text(event.seconds))));
    print(fmt::format("  error        rms {:.2g} against float64; PyTorch's own {:.2g}; {}", verdict_.rms_error,
                      verdict_.rms_reference, share_of_bound(verdict_.bound_used)));
  } else if (event.status == "stopped") {
    print(event.message);
  } else {
    const char* head = event.status == "interrupted" ? "Interrupted" : event.status == "not_verified" ? "Not verified" : "Failed";
    print(paint(event.status == "interrupted" ? kYellow : kRed, fmt::format("{}: {}", head, event.message)) +
          (event.where.empty() ? "" : fmt::format(" ({})", event.where)));
    if (!event.hint.empty()) print("  what to do   " + event.hint);
  }
  if (!event.program.empty()) print("  program      " + event.program);
  if (!event.certificate.empty()) print("  certificate  " + event.certificate);
  print("  everything   " + run_);
}

}  // namespace ka
