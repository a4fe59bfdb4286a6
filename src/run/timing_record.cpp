#include "run/timing_record.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "run/manifest.h"
#include "run/replay.h"

namespace ka {
namespace {

Result<Json> described(const std::filesystem::path& file) {
  KA_TRY(const std::string digest, sha256_file(file));
  return Json{{"path", file.string()}, {"sha256", digest}};
}

}  // namespace

Task<Status> record_times(Workshop& workshop, RunDirectory directory, Case which, BenchTimes times) {
  KA_CO_CHECK_OK(directory.lock());
  KA_CO_TRY(const Issuer here, co_await issuer(workshop));
  KA_CO_TRY(const Json machine, co_await workshop.machine());
  Json record = Json::object();
  record["format"] = "kernelagent-bench";
  record["version"] = 1;
  record["measured"] = utc_timestamp();
  KA_CO_TRY(record["problem"], described(which.problem));
  KA_CO_TRY(record["program"], described(which.candidate));
  if (const std::filesystem::path certificate = directory.file("compose_out/certificate.json"); is_file(certificate)) {
    KA_CO_TRY(record["certificate"], described(certificate));
  }
  record["generator"] = here.generator;
  record["machine"] = Json{{"mode", which.mode},
                           {"gpu", here.gpu},
                           {"versions", machine.at("versions")},
                           {"sandbox", workshop.pool().sandbox_level()}};
  record["times"] = to_json(times);
  KA_CO_CHECK_OK(directory.write(kTimingRecord, pretty(record)));
  if (!directory.has(kRunManifest)) co_return Status();
  co_return list_in_manifest(directory.file(kRunManifest), directory.file(kTimingRecord));
}

}  // namespace ka
