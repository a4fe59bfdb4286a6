#include "run/replay.h"

#include "base/build_info.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "run/index.h"
#include "run/run_directory.h"

namespace ka {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCertificate = "compose_out/certificate.json";

/// The run's folder that a certificate lies in, or nothing: it was written alone.
std::optional<fs::path> run_of(const fs::path& certificate) {
  const fs::path folder = absolute_path(certificate).parent_path();
  if (folder.filename() == "compose_out" && is_file(folder.parent_path() / "run.json")) return folder.parent_path();
  return std::nullopt;
}

/// "changed compose_out/composed_kernel.py, missing plan.txt"
std::string changes_text(const std::vector<FileChange>& changes) {
  std::vector<std::string> said;
  for (const FileChange& change : changes) said.push_back(fmt::format("{} {}", name(change.kind), change.file));
  return join(said, ", ");
}

Status check_files(Replay& opened, const std::optional<fs::path>& run) {
  opened.has_manifest = is_file(opened.manifest);
  if (!opened.has_manifest) return {};
  std::vector<fs::path> present = {opened.certificate};
  if (run) {
    KA_TRY(present, artifacts_of(*run));
  }
  KA_TRY(opened.files, check_manifest(opened.manifest, present));
  return {};
}

/// Reads the certificate; where it cannot be read, says what its manifest knows about that.
Status read_paper(Replay& opened) {
  const std::string where = opened.certificate.string();
  const auto blame = [&](Error error) {
    if (!opened.files.empty()) error.hint = "against the manifest: " + changes_text(opened.files);
    return tl::unexpected<Error>(std::move(error));
  };
  const Result<std::string> text = read_file(opened.certificate);
  if (!text) return blame(text.error());
  Result<Json> json = parse_json(*text, where);
  if (!json) return blame(json.error());
  Result<Certified> certified = read_certificate(*json, where);
  if (!certified) return blame(certified.error());
  opened.paper = std::move(*json);
  opened.certified = std::move(*certified);
  return {};
}

/// A file that a certificate names: where it was, else beside the certificate.
fs::path found_again(const fs::path& was, const fs::path& certificate) {
  const fs::path beside = absolute_path(certificate).parent_path() / was.filename();
  return !is_file(was) && is_file(beside) ? beside : was;
}

Result<Replay> open_certificate(const fs::path& certificate, const fs::path& problem) {
  const std::optional<fs::path> run = run_of(certificate);
  Replay opened;
  opened.certificate = absolute_path(certificate);
  opened.manifest = run ? *run / kRunManifest : fs::path(opened.certificate.string() + std::string(kManifestEnding));
  KA_CHECK_OK(check_files(opened, run));
  KA_CHECK_OK(read_paper(opened));
  const Certified& certified = opened.certified;
  // A run that was moved takes its program along.
  opened.which.candidate = run ? *run / "compose_out/composed_kernel.py" : found_again(certified.program, certificate);
  opened.which.problem = problem.empty() ? found_again(certified.problem, certificate) : absolute_path(problem);
  opened.which.mode = certified.mode;
  if (!is_file(opened.which.candidate))
    return fail(Fault::kInput, "the program that this certificate speaks of is gone", opened.which.candidate.string());
  if (!is_file(opened.which.problem))
    return fail(Fault::kInput, "the problem that this certificate speaks of is gone", opened.which.problem.string(),
                "name it with --problem FILE");
  return opened;
}

Json to_json(const FileChange& change) { return Json{{"file", change.file}, {"is", name(change.kind)}}; }

std::string_view holds_text(const Replay& opened, const Replayed& done) {
  if (done.holds) return "holds";
  return opened.certified.verdict.accepted() ? "no longer holds" : "was no acceptance";
}

std::string verdict_name(const Verdict& verdict) {
  return std::string(name(verdict.kind)) + (verdict.qualifier.empty() ? "" : fmt::format(" ({})", verdict.qualifier));
}

std::string figures_line(const FigureChanges& figures) {
  if (figures.compared == 0) return "none to compare";
  if (figures.changed == 0) return fmt::format("the same {}", figures.compared);
  return fmt::format("{} of {} differ, most {}", figures.changed, figures.compared, figures.largest);
}

}  // namespace

Result<std::optional<Replay>> open_replay(const Config& config, const std::string& what, const fs::path& problem) {
  fs::path certificate;
  if (what.ends_with(".json")) {
    certificate = what;
    if (!is_file(certificate)) return fail(Fault::kInput, "there is no such file", what, "check the path");
  } else if (is_file(what) || what.ends_with(".py")) {
    return std::nullopt;
  } else {
    KA_TRY(const RunDirectory directory, RunDirectory::open(config.runs, what));
    if (!directory.has(kCertificate) && !directory.has(kRunManifest)) return std::nullopt;
    certificate = directory.file(kCertificate);
  }
  for (const char* key : {"mode", "effort"}) {
    if (config.origin.at(key) == "flag")
      return fail(Fault::kInput, fmt::format("a certificate is judged again as it was judged then, with its own {}", key), what,
                  fmt::format("leave --{} away", std::string_view(key) == "mode" ? "eval" : key));
  }
  KA_TRY(Replay opened, open_certificate(certificate, problem));
  return std::optional<Replay>(std::move(opened));
}

Task<Result<Issuer>> issuer(Workshop& workshop) {
  KA_CO_TRY(const Json machine, co_await workshop.machine());
  Issuer made;
  KA_CO_TRY(const std::string binary, sha256_file(exe_path()));
  made.generator = Json{{"version", version()},
                        {"commit", commit()},
                        {"binary_sha256", binary},
                        {"worker_sha256", worker_digest(workshop.config().worker)}};
  if (const Json* devices = find(machine, "devices"); devices != nullptr && devices->is_array() && !devices->empty())
    made.gpu = devices->front();
  co_return made;
}

Task<Result<Replayed>> replay(Workshop& workshop, Replay opened, std::function<void(std::string)> progress) {
  KA_CO_TRY(const Target target, co_await workshop.target());
  JudgeRequest request = judge_request(workshop.config(), target, opened.which);
  request.effort = opened.certified.effort;
  if (const auto& trials = opened.certified.verdict.trials; !trials.empty()) request.seed = trials.front().seed;
  JudgeRequest asked = request;
  request.progress = std::move(progress);
  WorkerPool& pool = workshop.pool();
  Replayed done;
  KA_CO_TRY(done.verdict, co_await judge(pool, std::move(request)));
  KA_CO_TRY(const Issuer here, co_await issuer(workshop));
  KA_CO_TRY(const Json now, make_certificate(asked, done.verdict, here));
  const Verdict& before = opened.certified.verdict;
  done.differences = differences(opened.paper, now);
  done.figures = compare_figures(before, done.verdict);
  done.holds = before.accepted() && done.verdict.accepted() && before.qualifier == done.verdict.qualifier;
  done.intact = opened.has_manifest && opened.files.empty();
  for (const Difference& difference : done.differences) done.intact = done.intact && !difference.is_input;
  co_return done;
}

std::string replay_text(const Replay& opened, const Replayed& done) {
  const Certified& certified = opened.certified;
  std::string text =
      fmt::format("  certificate  {} on {}: {}\n", verdict_name(certified.verdict), certified.issued, holds_text(opened, done));
  if (!opened.has_manifest)
    text += fmt::format("  files        nothing says whether they are as they were: {} is missing\n",
                        opened.manifest.filename().string());
  else if (opened.files.empty())
    text += "  files        as in the manifest\n";
  for (const FileChange& change : opened.files) text += fmt::format("  files        {}: {}\n", name(change.kind), change.file);
  text += fmt::format("  figures      {}\n", figures_line(done.figures));
  for (const std::string& other : done.figures.other) text += fmt::format("  figures      {}\n", other);
  for (const Difference& difference : done.differences)
    text +=
        fmt::format("  differs      {}: {} → {}; {}\n", difference.what, difference.before, difference.now, difference.meaning);
  return text;
}

Json replay_json(const Replay& opened, const Replayed& done) {
  Json json = Json::object();
  json["certificate"] = opened.certificate.string();
  json["issued"] = opened.certified.issued;
  json["certified"] = Json{{"verdict", name(opened.certified.verdict.kind)}, {"qualifier", opened.certified.verdict.qualifier}};
  json["holds"] = done.holds;
  json["intact"] = done.intact;
  json["manifest"] = opened.has_manifest ? Json(opened.manifest.string()) : Json();
  json["files"] = Json::array();
  for (const FileChange& change : opened.files) json["files"].push_back(to_json(change));
  json["figures"] = Json{{"compared", done.figures.compared},
                         {"changed", done.figures.changed},
                         {"largest", done.figures.largest},
                         {"other", done.figures.other}};
  json["differences"] = Json::array();
  for (const Difference& difference : done.differences)
    json["differences"].push_back(
        Json{{"what", difference.what}, {"before", difference.before}, {"now", difference.now}, {"meaning", difference.meaning}});
  return json;
}

Task<Status> issue_certificate(Workshop& workshop, Case which, Verdict verdict, fs::path path) {
  KA_CO_TRY(const Target target, co_await workshop.target());
  KA_CO_TRY(const Issuer here, co_await issuer(workshop));
  KA_CO_TRY(const Json paper, make_certificate(judge_request(workshop.config(), target, which), verdict, here));
  KA_CO_CHECK_OK(write_file_atomic(path, pretty(paper)));
  const std::vector<fs::path> files = {path, which.candidate, which.problem};
  co_return write_manifest(path.string() + std::string(kManifestEnding), files);
}

}  // namespace ka
