#include "judge/certificate.h"

#include "base/clock.h"
#include "base/digest.h"

namespace ka {
namespace {

constexpr int kFormatVersion = 1;

Json field_or_null(const Json& json, std::string_view key) {
  const Json* found = find(json, key);
  return found != nullptr ? *found : Json();
}

}  // namespace

Result<Json> make_certificate(const JudgeRequest& request, const Verdict& verdict) {
  KA_TRY(const std::string problem, sha256_file(request.problem));
  KA_TRY(const std::string program, sha256_file(request.candidate));
  const Json whole = to_json(verdict);
  Json certificate = Json::object();
  certificate["format"] = "kernelagent-certificate";
  certificate["version"] = kFormatVersion;
  certificate["issued"] = utc_timestamp();
  certificate["verdict"] = name(verdict.kind);
  certificate["qualifier"] = verdict.qualifier;
  certificate["reason"] = verdict.reason;
  certificate["problem"] = Json{{"file", request.problem.filename().string()}, {"sha256", problem}};
  certificate["program"] = Json{{"file", request.candidate.filename().string()}, {"sha256", program}};
  certificate["judge"] = Json{
      {"rules", judge_version()}, {"effort", name(request.effort)}, {"numerics", field_or_null(verdict.details, "numerics")}};
  certificate["machine"] = Json{{"device", request.device},
                                {"mode", request.mode},
                                {"versions", field_or_null(verdict.details, "versions")},
                                {"sandbox", field_or_null(verdict.details, "sandbox")}};
  certificate["operators"] = verdict.allowed_operators;
  certificate["launches"] = verdict.launched_kernels;
  certificate["notes"] = field_or_null(verdict.details, "notes");
  certificate["worst_bound_used"] = number_to_json(verdict.worst_bound_used());
  certificate["trials"] = field_or_null(whole, "trials");
  certificate["seconds"] = verdict.seconds;
  return certificate;
}

Result<std::vector<std::string>> changes_since(const Json& certificate, const JudgeRequest& request, const Json& versions) {
  if (string_or(certificate, "format") != "kernelagent-certificate")
    return fail(Fault::kInput, "this is not a certificate", {}, "certificates are written as compose_out/certificate.json");
  KA_TRY(const std::string problem, sha256_file(request.problem));
  KA_TRY(const std::string program, sha256_file(request.candidate));
  std::vector<std::string> changes;
  const auto hash_of = [&](std::string_view part) {
    const Json* found = find(certificate, part);
    return found != nullptr ? string_or(*found, "sha256") : "";
  };
  if (hash_of("problem") != problem) changes.emplace_back("the problem's text");
  if (hash_of("program") != program) changes.emplace_back("the program's text");
  const Json judge = field_or_null(certificate, "judge");
  if (string_or(judge, "rules") != judge_version())
    changes.push_back(fmt::format("the judge's rules {} → {}", string_or(judge, "rules"), judge_version()));
  const Json machine = field_or_null(certificate, "machine"), before = field_or_null(machine, "versions");
  if (string_or(machine, "device") != request.device)
    changes.push_back(fmt::format("the device {} → {}", string_or(machine, "device"), request.device));
  if (versions.is_object() && before.is_object()) {
    for (const auto& [what, now] : versions.items()) {
      if (field_or_null(before, what) != now)
        changes.push_back(fmt::format("{} {} → {}", what, compact(field_or_null(before, what)), compact(now)));
    }
  }
  return changes;
}

}  // namespace ka
