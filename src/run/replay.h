#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "judge/certificate.h"
#include "run/judgement.h"
#include "run/manifest.h"

namespace ka {

/// A certificate that is to be judged again, with what it certified and what its manifest says of the files.
struct Replay {
  Case which;
  std::filesystem::path certificate, manifest;
  Json paper;           ///< the certificate as it stands
  Certified certified;  ///< what it says
  bool has_manifest = false;
  std::vector<FileChange> files;  ///< how the files differ from the manifest
};

/// Opens what `verify` names as a certificate to replay: a path to one (it ends in .json), or a run that has one. Nothing where `what` is
/// neither. The manifest is looked at before the certificate, so that an error about a damaged one can say that it was changed.
Result<std::optional<Replay>> open_replay(const Config& config, const std::string& what, const std::filesystem::path& problem);

/// What came of a replay.
struct Replayed {
  Verdict verdict;      ///< today's
  bool holds = false;   ///< accepted then and now, with the same qualifier
  bool intact = false;  ///< every file is as the manifest and the certificate have it
  std::vector<Difference> differences;
  FigureChanges figures;
};

/// Judges again with the certificate's own effort and mode, and compares.
Task<Result<Replayed>> replay(Workshop& workshop, Replay opened, std::function<void(std::string)> progress);

/// Prints what the replay found, after the verdict itself; and the same as JSON.
std::string replay_text(const Replay& opened, const Replayed& done);
Json replay_json(const Replay& opened, const Replayed& done);

/// Says who judges here: hashes of this binary and of the worker package, the GPU.
Task<Result<Issuer>> issuer(Workshop& workshop);

/// Writes a case's certificate to a file and the manifest of certificate, program and problem beside it.
Task<Status> issue_certificate(Workshop& workshop, Case which, Verdict verdict, std::filesystem::path path);

}  // namespace ka
