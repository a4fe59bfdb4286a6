#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "judge/judge.h"

namespace ka::fuzz {

/// One request of a genuine judgement and the worker's reply, ids left out.
struct Exchange {
  std::string role, request;
  Json reply;
};

/// A whole judgement as it went between the judge and the three workers, and what came of it.
struct Transcript {
  std::string name;
  std::string candidate, problem;  ///< files, relative to the repository
  std::string effort, verdict, qualifier;
  std::vector<Exchange> exchanges;
};

/// The judgements that are recorded, without exchanges: what to judge and what must come of it.
std::vector<Transcript> cases();

/// What the judge is asked, to record a case or to replay its transcript.
JudgeRequest request_of(const Transcript& transcript);

/// Reads and writes tests/fuzz/transcripts/NAME.jsonl.
Result<Transcript> read_transcript(const std::string& name);
Status write_transcript(const Transcript& transcript);

/// Judges a case with real workers and keeps every message.
Result<Transcript> record(const Transcript& which, const std::string& python);

}  // namespace ka::fuzz
