#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "run/events.h"

namespace ka {

/// How a stream can be drawn on.
struct TerminalStyle {
  bool live = false;    ///< a terminal: the current step is redrawn in place
  bool colour = false;  ///< NO_COLOR and TERM=dumb turn it off
  int width = 100;
};
TerminalStyle detect_style(std::FILE* stream);

/// Draws a run's events for people: in place on a terminal, plain lines in a pipe. Prints nothing that the events do not say.
class Terminal : public Listener {
 public:
  Terminal(std::FILE* stream, TerminalStyle style) : stream_(stream), style_(style) {}
  ~Terminal() override;

  void hear(const RunEvent& event, const std::string& time) override;
  /// Redraws the moving line; called a few times a second while a run goes on.
  void tick();
  /// Takes the moving line away.
  void rest();

 private:
  void draw(const RunStarted& event);
  void draw(const PhaseStarted& event);
  void draw(const PhaseFinished& event);
  void draw(const ProblemWritten& event);
  void draw(const AnswerChecked& event);
  void draw(const Progressed& event);
  void draw(const SubgraphPlanned& event);
  void draw(const CutMade& event);
  void draw(const CandidateJudged& event);
  void draw(const CandidateTimed& event);
  void draw(const SubgraphTuned& event);
  void draw(const KernelChosen& event);
  void draw(const FusionDecided& event);
  void draw(const SubgraphFailed& event);
  void draw(const Warned& event);
  void draw(const ProgramJudged& event);
  void draw(const RunFinished& event);

  enum class Mark { kPlain, kGood, kBad, kNote };
  void line(Mark mark, std::string_view phase, std::string_view text, std::string_view right = {});
  void detail(std::string_view text);
  void end_planning();
  void print(const std::string& text);
  void erase();
  std::string paint(const char* code, std::string_view text) const;

  std::FILE* stream_;
  TerminalStyle style_;
  std::string phase_, doing_, run_, problem_;
  std::chrono::steady_clock::time_point phase_began_{};
  std::vector<SubgraphPlanned> subgraphs_;
  std::vector<CutMade> cuts_;
  ProgramJudged verdict_;
  size_t frame_ = 0, id_width_ = 0;
  bool drawn_ = false;
  bool blank_due_ = false;  ///< an empty line before whatever comes next
};

/// Says how much of the allowed error was used: "exact", "12 % of the bound", "3.4 times the bound".
std::string share_of_bound(double bound_used);

/// Says a duration as people do: "12 ms", "3.4 s", "2 min 05 s".
std::string duration_text(double seconds);

}  // namespace ka
