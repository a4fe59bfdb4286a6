#include "replies.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/build_info.h"
#include "base/file.h"
#include "fake_pool.h"
#include "ir/graph.h"
#include "judge/certificate.h"
#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/numerics.h"
#include "judge/policy.h"

namespace ka::fuzz {
namespace {

constexpr std::chrono::seconds kPatience{300};  ///< nothing that is played takes a second of processor time

const std::vector<Transcript>& transcripts() {
  static const std::vector<Transcript> kAll = [] {
    std::vector<Transcript> read;
    for (const Transcript& one : cases()) {
      Result<Transcript> transcript = read_transcript(one.name);
      KA_CHECK(transcript.has_value(), "transcripts are recorded: tests/fuzz/README.md says how");
      read.push_back(std::move(*transcript));
    }
    return read;
  }();
  return kAll;
}

/// The results that the reference named when it loaded the problem, with their element types.
std::map<std::string, std::string> result_types(const Transcript& transcript) {
  std::map<std::string, std::string> types;
  for (const Exchange& one : transcript.exchanges) {
    if (one.role != "reference" || one.request != "load") continue;
    const Result<ProblemFacts> facts = read_facts(one.reply);
    KA_CHECK(facts.has_value(), "a recorded reply is genuine");
    for (const auto& [name, type] : facts->results) types[name] = string_or(type, "dtype");
  }
  return types;
}

std::size_t replies_of(const Transcript& transcript, const std::string& role) {
  return static_cast<std::size_t>(std::count_if(transcript.exchanges.begin(), transcript.exchanges.end(),
                                                [&](const Exchange& one) { return one.role == role; }));
}

struct Played {
  Result<Verdict> verdict;
  bool spoilt = false;
  double seconds = 0;
};

Played judge_played(const Transcript& transcript, std::vector<Attack> attacks, Choices& choices, Audit& audit) {
  const auto start = std::chrono::steady_clock::now();
  Loop loop;
  FakePool pool(loop, transcript, std::move(attacks), choices, audit);
  JudgeRequest request = request_of(transcript);
  request.timeout = kPatience;
  Result<Verdict> verdict = loop.run(judge(pool, std::move(request)));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {std::move(verdict), pool.spoilt() > 0, took.count()};
}

std::string fault_of(const Transcript& transcript, const std::string& role, const Played& played, const Audit& audit) {
  if (played.seconds >= static_cast<double>(kPatience.count())) return "it hung";
  if (!played.verdict) return "";
  const Verdict& verdict = *played.verdict;
  const bool was_accepted = transcript.verdict == "accepted";
  if (!played.spoilt && ka::name(verdict.kind) != transcript.verdict) return "nothing was spoilt, and the verdict is another";
  if (verdict.accepted() && !audit.complete()) return "accepted without a measurement";
  if (verdict.accepted() && audit.malformed()) return "accepted on a reply that lacks what the verdict rests on";
  if (verdict.accepted() && audit.convicts()) return "accepted although a delivered figure convicts";
  if (role == "candidate" && verdict.accepted() && !was_accepted) return "the candidate talked itself free";
  if (role == "candidate" && verdict.accepted() && verdict.qualifier != transcript.qualifier)
    return "the candidate changed what is said of the problem";
  if (role == "reference" && verdict.accepted() && !was_accepted) return "a broken reference let a refused candidate pass";
  if (role == "compare" && !verdict.accepted() && was_accepted) {
    if (verdict.kind == VerdictKind::kTimedOut) return "it hung";
    if (audit.malformed()) return "convicted by a reply that lacks what the verdict rests on";
    // Substitutes that were spoilt into passing tighten the bound, which the audit does not follow.
    const bool tightened = verdict.reason.find("of its spread") != std::string::npos;
    if (!audit.convicts() && !tightened) return "convicted although no delivered figure demands it";
  }
  return "";
}

Outcome play_judgement(Choices& choices) {
  // The quick ones come first and more often: they have the same kinds of messages.
  const std::size_t quick = transcripts().size() - 2;
  const Transcript& transcript = transcripts()[choices.below(16) == 15 ? quick + choices.below(2) : choices.below(quick)];
  constexpr std::array<const char*, 4> kRoles = {"candidate", "candidate", "compare", "reference"};
  const std::string role = kRoles[choices.below(kRoles.size())];
  Outcome outcome;
  outcome.story = fmt::format("{}, {}", transcript.name, role);
  std::vector<Attack> attacks;
  const std::size_t wanted = 1 + choices.below(3);
  for (std::size_t i = 0; i < wanted; ++i) {
    const Spoil how = static_cast<Spoil>(choices.below(static_cast<std::size_t>(Spoil::kCount)));
    attacks.push_back({role, choices.below(replies_of(transcript, role)), how});
    outcome.story += fmt::format(", reply {}: {}", attacks.back().number, name(how));
  }
  Audit audit(result_types(transcript));
  const Played played = judge_played(transcript, std::move(attacks), choices, audit);
  outcome.kind = played.verdict ? std::string(ka::name(played.verdict->kind)) : "error";
  outcome.fault = fault_of(transcript, role, played, audit);
  outcome.story +=
      played.verdict ? " → " + outcome.kind + ": " + played.verdict->reason : " → " + to_text(played.verdict.error());
  return outcome;
}

/// Messages that are no replies of a judgement: what a zygote sends, what the tracer sends, a certificate.
const std::vector<Json>& documents() {
  static const std::vector<Json> kAll = [] {
    std::vector<Json> all;
    const auto read = [](const char* file) {
      const std::filesystem::path path = source_dir() / "tests/protocol" / file;
      return parse_json(read_file(path).value(), path.string()).value();
    };
    const Json traces = read("trace.json"), zygote = read("zygote.json");
    for (const Json& trace : traces) {
      if (const Json* reply = find(trace, "reply"); reply != nullptr && find(*reply, "graph") != nullptr)
        all.push_back(*find(*reply, "graph"));
    }
    for (const Json& event : *find(zygote, "zygote_events")) all.push_back(event);
    for (const Exchange& one : transcripts().front().exchanges) all.push_back(one.reply);
    return all;
  }();
  return kAll;
}

Outcome play_document(Choices& choices) {
  const std::size_t number = choices.below(documents().size());
  const Json& genuine = documents()[number];
  const Spoil how = static_cast<Spoil>(choices.below(static_cast<std::size_t>(Spoil::kWrongId)));
  Outcome outcome{"refused", "", fmt::format("document {}, {}", number, name(how))};
  std::string text = how == Spoil::kFlipBits || how == Spoil::kCutShort ? spoil(how, genuine, 1, {}, choices).bytes
                                                                        : spoil_text(how, genuine, choices);
  const Result<Json> json = parse_json(text, "message");
  if (!json) return outcome;
  bool read = false;
  if (const Result<Graph> graph = graph_from_json(*json)) {
    read = true;
    static_cast<void>(print(*graph));
    const Result<Graph> again = graph_from_json(to_json(*graph));
    if (!again) outcome.fault = "a graph that was read does not read back: " + again.error().message;
  }
  read = parse_zygote_event(*json).has_value() || read;
  read = read_facts(*json).has_value() || read;
  read = read_certificate(*json, "message").has_value() || read;
  read = verdict_from_json(*json).has_value() || read;
  static_cast<void>(failure_of(*json));
  static_cast<void>(rule_on_operators(*json, genuine, false, false, 1));
  static_cast<void>(compare_form(*json, genuine, {"cpu", true}));
  static_cast<void>(compare_form(genuine, *json, {"cpu", true}));
  if (read) outcome.kind = "read";
  return outcome;
}

}  // namespace

Outcome play(std::span<const uint8_t> bytes) {
  Choices choices(bytes);
  return choices.below(4) == 3 ? play_document(choices) : play_judgement(choices);
}

Outcome play_unspoilt(const Transcript& transcript) {
  Choices choices({});
  Audit audit(result_types(transcript));
  const Played played = judge_played(transcript, {}, choices, audit);
  Outcome outcome{played.verdict ? std::string(ka::name(played.verdict->kind)) : "error", fault_of(transcript, "", played, audit),
                  transcript.name};
  if (!played.verdict) outcome.story += ": " + to_text(played.verdict.error());
  return outcome;
}

}  // namespace ka::fuzz
