#include "judge/certificate.h"

#include <array>
#include <cmath>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"

namespace ka {
namespace {

constexpr std::string_view kFormat = "kernelagent-certificate";
constexpr int kFormatVersion = 2;

Json field_or_null(const Json& json, std::string_view key) {
  const Json* found = find(json, key);
  return found != nullptr ? *found : Json();
}

Result<Json> file_json(const std::filesystem::path& path) {
  KA_TRY(const std::string digest, sha256_file(path));
  return Json{{"file", path.filename().string()}, {"path", absolute_path(path).string()}, {"sha256", digest}};
}

/// One row of what is compared: the path of the field, how people call it, what another value means.
struct Row {
  std::string_view path, what, meaning;
  bool is_input = false;
};
constexpr std::string_view kJudgedBy = "another build judges; verdict and figures should not depend on it";
constexpr std::string_view kReference = "PyTorch's own error is part of every bound, and may be another now";
constexpr std::string_view kCompiler = "the kernels may compile to other code, so errors may differ in the last digits";
constexpr std::array<Row, 18> kRows = {{
    {"problem/sha256", "the problem's text", "the certificate speaks of another problem", true},
    {"program/sha256", "the program's text", "the certificate speaks of another program", true},
    {"judge/rules", "the judge's rules", "policy, inputs or bounds are others: today's verdict is by today's rules"},
    {"judge/effort", "the effort", "other input sets were tried"},
    {"generator/version", "kernelagent", kJudgedBy},
    {"generator/commit", "kernelagent's commit", kJudgedBy},
    {"generator/binary_sha256", "kernelagent's binary", kJudgedBy},
    {"generator/worker_sha256", "the Python worker", "inputs and errors are made and measured by other code"},
    {"machine/device", "the device", "the program ran elsewhere: its algorithm is compared, its figures need not agree"},
    {"machine/mode", "the mode", "the model was taken in another mode"},
    {"machine/gpu/name", "the GPU", "kernels are compiled for another device, so errors may differ in the last digits"},
    {"machine/gpu/driver", "the driver", kCompiler},
    {"machine/versions/python", "Python", "it should make no difference"},
    {"machine/versions/torch", "torch", kReference},
    {"machine/versions/triton", "triton", kCompiler},
    {"machine/versions/cuda", "CUDA", kCompiler},
    {"machine/sandbox", "the sandbox", "workers are kept from the machine in another way; the figures are not touched by that"},
    {"machine/limits", "the limits of workers", "who holds them to memory and processes; the figures are not touched by that"},
}};

const Json* at(const Json& json, std::string_view path) {
  const Json* found = &json;
  for (const std::string& part : split(path, '/')) {
    found = find(*found, part);
    if (found == nullptr) return nullptr;
  }
  return found;
}

/// A field as people read it: hashes by their first digits, nothing as "none".
std::string shown(const Json* field) {
  if (field == nullptr || field->is_null()) return "none";
  if (!field->is_string()) return compact(*field);
  const std::string text = field->get<std::string>();
  return text.size() == 64 ? text.substr(0, 12) : text;
}

tl::unexpected<Error> not_readable(const std::string& problem, const std::string& where) {
  return fail(Fault::kInput, problem, where, "certificates are written by `kernelagent run` and `verify --certificate`");
}

std::string set_name(const TrialFigures& trial) { return fmt::format("{} (seed {})", trial.distribution, trial.seed); }

/// Equal, or both no numbers.
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

Result<Json> make_certificate(const JudgeRequest& request, const Verdict& verdict, const Issuer& issuer) {
  Json certificate = Json::object();
  certificate["format"] = kFormat;
  certificate["version"] = kFormatVersion;
  certificate["issued"] = utc_timestamp();
  certificate["verdict"] = name(verdict.kind);
  certificate["qualifier"] = verdict.qualifier;
  certificate["reason"] = verdict.reason;
  KA_TRY(certificate["problem"], file_json(request.problem));
  KA_TRY(certificate["program"], file_json(request.candidate));
  certificate["generator"] = issuer.generator;
  certificate["judge"] = Json{
      {"rules", judge_version()}, {"effort", name(request.effort)}, {"numerics", field_or_null(verdict.details, "numerics")}};
  certificate["machine"] = Json{{"device", request.device},
                                {"mode", request.mode},
                                {"gpu", issuer.gpu},
                                {"versions", field_or_null(verdict.details, "versions")},
                                {"sandbox", field_or_null(verdict.details, "sandbox")},
                                {"limits", field_or_null(verdict.details, "limits")}};
  certificate["operators"] = verdict.allowed_operators;
  certificate["launches"] = verdict.launched_kernels;
  certificate["gpu_kernels"] = field_or_null(verdict.details, "gpu_kernels");
  if (const Json* checks = find(verdict.details, "compute_sanitizer")) certificate["compute_sanitizer"] = *checks;
  certificate["notes"] = field_or_null(verdict.details, "notes");
  if (const Json* branches = find(verdict.details, "branches")) certificate["branches"] = *branches;
  certificate["timings"] = field_or_null(verdict.details, "timings");
  certificate["worst_bound_used"] = number_to_json(verdict.worst_bound_used());
  certificate["trials"] = field_or_null(to_json(verdict), "trials");
  certificate["seconds"] = verdict.seconds;
  return certificate;
}

Result<Certified> read_certificate(const Json& certificate, const std::string& where) {
  if (string_or(certificate, "format") != kFormat) return not_readable("this is no certificate", where);
  if (const int64_t version = int_or(certificate, "version"); version != kFormatVersion)
    return fail(Fault::kInput,
                fmt::format("this certificate has version {}, this program reads version {}", version, kFormatVersion), where,
                "judge the program anew, or take the kernelagent that wrote it");
  Certified certified;
  const auto text = [&](std::string_view path) {
    const Json* field = at(certificate, path);
    return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
  };
  for (const char* path : {"problem/path", "problem/sha256", "program/path", "program/sha256", "judge/rules", "judge/effort",
                           "machine/device", "machine/mode", "generator/worker_sha256", "issued"}) {
    if (text(path).empty()) return not_readable(fmt::format("this certificate has no {}", path), where);
  }
  const std::optional<Effort> effort = parse_effort(text("judge/effort"));
  if (!effort) return not_readable(fmt::format("this certificate names no effort but '{}'", text("judge/effort")), where);
  certified.problem = text("problem/path"), certified.program = text("program/path");
  certified.issued = text("issued"), certified.device = text("machine/device"), certified.mode = text("machine/mode");
  certified.effort = *effort;
  const Json verdict = {{"verdict", field_or_null(certificate, "verdict")},
                        {"reason", field_or_null(certificate, "reason")},
                        {"qualifier", field_or_null(certificate, "qualifier")},
                        {"trials", field_or_null(certificate, "trials")},
                        {"allowed_operators", field_or_null(certificate, "operators")},
                        {"launched_kernels", field_or_null(certificate, "launches")},
                        {"seconds", field_or_null(certificate, "seconds")},
                        {"details", Json::object()}};
  Result<Verdict> read = verdict_from_json(verdict);
  if (!read) return not_readable("this certificate is incomplete: " + read.error().message, where);
  certified.verdict = std::move(*read);
  return certified;
}

std::vector<Difference> differences(const Json& before, const Json& now) {
  std::vector<Difference> found;
  for (const Row& row : kRows) {
    const std::string old_text = shown(at(before, row.path)), new_text = shown(at(now, row.path));
    if (old_text == new_text) continue;
    found.push_back({std::string(row.what), old_text, new_text, std::string(row.meaning), row.is_input});
  }
  return found;
}

FigureChanges compare_figures(const Verdict& before, const Verdict& now) {
  FigureChanges changes;
  double furthest = -1;
  const auto find_set = [](const Verdict& verdict, const std::string& set) -> const TrialFigures* {
    for (const TrialFigures& trial : verdict.trials)
      if (set_name(trial) == set) return &trial;
    return nullptr;
  };
  for (const TrialFigures& old_trial : before.trials) {
    const TrialFigures* trial = find_set(now, set_name(old_trial));
    if (trial == nullptr || trial->outputs.size() != old_trial.outputs.size()) {
      changes.other.push_back("only then: " + set_name(old_trial));
      continue;
    }
    for (size_t i = 0; i < trial->outputs.size(); ++i) {
      const OutputFigures &was = old_trial.outputs[i], &is = trial->outputs[i];
      ++changes.compared;
      const bool equal = was.name == is.name && same(was.rms_error, is.rms_error) && same(was.max_error, is.max_error) &&
                         same(was.rms_reference, is.rms_reference) && same(was.rms_allowed, is.rms_allowed) &&
                         same(was.max_allowed, is.max_allowed) && same(was.bound_used, is.bound_used);
      if (equal) continue;
      ++changes.changed;
      const double moved = std::abs(is.bound_used - was.bound_used);
      if (moved <= furthest) continue;
      furthest = moved;
      changes.largest = fmt::format("{} on {}: {:.3g} → {:.3g} of the allowed error", is.name, trial->distribution,
                                    was.bound_used, is.bound_used);
    }
  }
  for (const TrialFigures& trial : now.trials) {
    const TrialFigures* old_trial = find_set(before, set_name(trial));
    if (old_trial == nullptr || old_trial->outputs.size() != trial.outputs.size())
      changes.other.push_back("only now: " + set_name(trial));
  }
  return changes;
}

}  // namespace ka
